// The specs of all models as an agent last heard of them, and what follows from them alone.
#pragma once

#include <cstddef>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "control/apart.h"

namespace starling {

class SpecBook {
 public:
  /// All of them, in place of those before.
  void set(std::vector<StoredSpec> specs);
  /// Whether any were heard of yet: before it, a model that is not here may all the same exist.
  bool known() const { return known_; }

  const std::map<std::string, StoredSpec>& all() const { return specs_; }
  /// Null for an unknown model.
  const StoredSpec* find(const std::string& model) const;
  const StoredSpec& at(const std::string& model) const { return specs_.at(model); }
  bool contains(const std::string& model) const { return specs_.contains(model); }
  std::size_t size() const { return specs_.size(); }
  /// Models that this one may share no node with, whichever of both specs says so.
  const std::set<std::string>& apart(const std::string& model) const {
    return apart_from(apart_, model);
  }
  /// Models whose gateways reject what would miss the SLO.
  const std::set<std::string>& rejecting() const { return rejecting_; }

 private:
  std::map<std::string, StoredSpec> specs_;
  KeptApart apart_;
  std::set<std::string> rejecting_;
  bool known_ = false;
};

}  // namespace starling
