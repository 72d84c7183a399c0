// The weights that come with the program.
#pragma once

#include <filesystem>

namespace starling {

/// Where the shipped forecaster is, whatever the working folder: beside the programs when
/// installed, in models/ of the source tree otherwise. Where it is neither, the place of an
/// installed one, which a reader's error then names.
std::filesystem::path shipped_forecaster();

}  // namespace starling
