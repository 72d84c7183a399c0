// The weights that come with Starling: models/policy.json, compiled in.
#pragma once

#include <memory>

#include "policy/learned/policy_net.h"

namespace starling {

/// Always there: a test reads what is compiled in.
std::shared_ptr<const PolicyNet> shipped_policy_net();

}  // namespace starling
