// Implements apps/cli/label_selector.h.
#include "apps/cli/label_selector.h"

#include <algorithm>
#include <sstream>

namespace starling::cli {

Result<LabelSelector> LabelSelector::parse(const std::string& text) {
  LabelSelector selector;
  std::stringstream parts(text);
  for (std::string part; std::getline(parts, part, ',');) {
    const auto equals = part.find('=');
    const bool unequal = equals != std::string::npos && equals > 0 && part[equals - 1] == '!';
    const std::string key =
        equals == std::string::npos ? "" : part.substr(0, equals - (unequal ? 1 : 0));
    if (key.empty()) {
      return fail(ErrorCode::kInvalid,
                  "'{}' selects nothing: expected KEY=VALUE or KEY!=VALUE, such as tenant=demo",
                  part);
    }
    selector.requirements_.push_back({key, part.substr(equals + 1), !unequal});
  }
  if (selector.requirements_.empty())
    return fail(ErrorCode::kInvalid, "a selector is expected, such as tenant=demo");
  return selector;
}

bool LabelSelector::selects(const nlohmann::json& model) const {
  const nlohmann::json& labels = model.at("manifest").at("metadata").at("labels");
  return std::all_of(requirements_.begin(), requirements_.end(), [&](const Requirement& required) {
    const auto found = labels.find(required.key);
    const bool same = found != labels.end() && *found == required.value;
    return same == required.equal;
  });
}

}  // namespace starling::cli
