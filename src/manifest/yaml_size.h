// Keeps a malformed YAML text from filling the memory.
#pragma once

#include <string>

#include "base/result.h"

namespace starling {

/// Walks the text without keeping anything. Errors: kTooLarge when it has more than `parts_max`
/// scalars, sequences and mappings. yaml-cpp 0.7 makes endlessly many of some short malformed texts
/// ("a]b: c }"). Throws YAML::Exception where the text is no YAML.
Status check_yaml_size(const std::string& text, const std::string& file, int parts_max);

}  // namespace starling
