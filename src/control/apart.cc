#include "control/apart.h"

namespace starling {

KeptApart kept_apart(const std::map<std::string, StoredSpec>& specs) {
  KeptApart apart;
  for (const auto& [model, stored] : specs) {
    for (const auto& other : stored.spec.anti_affinity) {
      apart[model].insert(other);
      apart[other].insert(model);
    }
  }
  return apart;
}

const std::set<std::string>& apart_from(const KeptApart& apart, const std::string& model) {
  static const std::set<std::string> nobody;
  const auto found = apart.find(model);
  return found == apart.end() ? nobody : found->second;
}

}  // namespace starling
