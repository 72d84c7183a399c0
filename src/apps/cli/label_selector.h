// Which models a command is about, by their labels: of what kubectl's -l takes, = (or ==) and !=.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "base/result.h"

namespace starling::cli {

class LabelSelector {
 public:
  /// "tenant=demo,tier!=gold": all of it must hold. A model without the label has no value of it.
  /// Errors: a part is neither KEY=VALUE nor KEY!=VALUE, or has blanks.
  static Result<LabelSelector> parse(const std::string& text);
  /// `model`: as the API lists it.
  bool selects(const nlohmann::json& model) const;

 private:
  struct Requirement {
    std::string key, value;
    bool equal = true;
  };
  std::vector<Requirement> requirements_;
};

}  // namespace starling::cli
