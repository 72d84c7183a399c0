// Implements apps/cli/label_selector.h.
#include "apps/cli/label_selector.h"

#include <algorithm>
#include <sstream>

namespace starling::cli {

Result<LabelSelector> LabelSelector::parse(const std::string& text) {
  LabelSelector selector;
  std::stringstream parts(text + ',');
  for (std::string part; std::getline(parts, part, ',');) {
    const auto key_end = part.find_first_of("!=");
    const auto sign_end =
        key_end == std::string::npos ? key_end : part.find_first_not_of("!=", key_end);
    const std::string key = part.substr(0, key_end);
    const std::string sign =
        key_end == std::string::npos ? "" : part.substr(key_end, sign_end - key_end);
    const std::string value = sign_end == std::string::npos ? "" : part.substr(sign_end);
    const bool known = sign == "=" || sign == "==" || sign == "!=";
    if (key.empty() || !known || part.find(' ') != std::string::npos) {
      return fail(ErrorCode::kInvalid,
                  "'{}' selects nothing: expected KEY=VALUE or KEY!=VALUE without blanks, such as "
                  "tenant=demo,tier!=gold",
                  part);
    }
    selector.requirements_.push_back({key, value, sign != "!="});
  }
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
