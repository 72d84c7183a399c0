#include "trace/write_grid.h"

#include <algorithm>

namespace starling {

std::optional<CommonGrid> common_grid(const std::vector<Series>& series) {
  if (series.empty()) return std::nullopt;
  CommonGrid grid{.start = series[0].start, .step = series[0].step, .rows = 0, .offsets = {}};
  for (const Series& one : series) grid.start = std::min(grid.start, one.start);
  grid.offsets.reserve(series.size());
  for (const Series& one : series) {
    if (one.step != grid.step || (one.start - grid.start) % grid.step != Duration{0}) {
      return std::nullopt;
    }
    grid.offsets.push_back((one.start - grid.start) / grid.step);
    grid.rows = std::max(grid.rows, grid.offsets.back() + static_cast<std::int64_t>(one.size()));
  }
  return grid;
}

}  // namespace starling
