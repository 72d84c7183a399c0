// A policy as manifests and replays name it, with a target of its own where one is given.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace starling {

/// "hpa", or "hpa@0.5" for one that keeps half of the concurrency in use.
struct PolicyChoice {
  std::string policy;
  std::optional<double> target;  // none: the policy's usual one
};

/// Errors: a target for a policy that has none, one that is no number or out of its range. Whether
/// there is a policy of a name without a target is left to who reads it.
Result<PolicyChoice> read_policy_choice(const std::string& text);

/// The policy without its target.
inline std::string_view bare_policy(std::string_view text) {
  return text.substr(0, text.find('@'));
}

}  // namespace starling
