// Implements forecast/online/drift.h.
#include "forecast/online/drift.h"

#include <algorithm>
#include <cmath>

namespace starling {

bool DriftDetector::add(double loss) {
  if (!std::isfinite(loss) || loss < 0) return false;
  ++count_;
  const double part =
      1 / static_cast<double>(std::min<std::int64_t>(count_, std::max(1, options_.memory)));
  const double relative = usual_ + loss > 0 ? loss / (loss + usual_) : 0.5;
  // Before anything is usual the first losses would all be half of something unknown.
  if (count_ > 1) {
    const double steps = static_cast<double>(std::min<std::int64_t>(count_ - 1, options_.memory));
    mean_ += (relative - mean_) / steps;
  }
  usual_ += (loss - usual_) * part;
  if (count_ <= options_.warm_up) return false;
  excess_ = std::max(0.0, excess_ + relative - mean_ - options_.tolerance);
  if (excess_ <= options_.threshold) return false;
  *this = DriftDetector(options_);
  return true;
}

}  // namespace starling
