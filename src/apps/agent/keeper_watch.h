// A node that another agent made on its machine ends when nobody looks after it any more.
#pragma once

#include <filesystem>

#include "base/clock.h"

namespace starling::agent {

/// Returns once nobody has kept the file for `patience`, see provider/keeper.h; looks `every` so
/// often.
void wait_until_forsaken(const std::filesystem::path& file, Duration patience = 60s,
                         Duration every = 1s);

}  // namespace starling::agent
