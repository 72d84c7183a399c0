// The mean over runs with several seeds, and how sure it is.
#pragma once

#include <vector>

namespace starling {

/// Mean over seeds with the half width of its 95 % interval (Student's t), 0 below two seeds.
struct SeedMean {
  double mean = 0;
  double half_width = 0;
  int seeds = 0;
};
SeedMean seed_mean(const std::vector<double>& values);

}  // namespace starling
