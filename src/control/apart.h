// Which models may not share a node.
#pragma once

#include <map>
#include <set>
#include <string>

#include "control/ports.h"

namespace starling {

/// For each model those that it is kept apart from, whichever of both specs says so. A model that
/// keeps apart from nobody has no entry.
using KeptApart = std::map<std::string, std::set<std::string>>;

KeptApart kept_apart(const std::map<std::string, StoredSpec>& specs);
/// Those that `model` is kept apart from.
const std::set<std::string>& apart_from(const KeptApart& apart, const std::string& model);

}  // namespace starling
