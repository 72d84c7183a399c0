// The names that a shell may offer for the values of starling's commands.
#pragma once

#include <string>
#include <vector>

#include "apps/cli/commands.h"
#include "apps/cli/completion.h"

namespace starling::cli {

/// Of kinds and policies, and what the fleet of these words has: a completion that nobody answers
/// within a second offers nothing, and says nothing.
ValueNames fleet_names(const std::vector<std::string>& words);

}  // namespace starling::cli
