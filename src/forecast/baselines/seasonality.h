// Whether a window repeats itself season by season.
#pragma once

#include <cstddef>

#include "feature/window.h"

namespace starling {

/// The test of the theta method (Assimakopoulos & Nikolopoulos 2000): the autocorrelation at the
/// lag of a season is significant at 90 %, with Bartlett's variance. `season` must be below the
/// window's length. Costs season × length multiplications.
bool is_seasonal(const MaskedWindow& window, std::size_t season);

}  // namespace starling
