// Implements forecast/baselines.h.
#include "forecast/baselines.h"

#include <fmt/ranges.h>

#include <array>
#include <utility>

#include "base/nearest.h"
#include "forecast/baselines/baseline.h"

namespace starling {
namespace {

using Maker = std::unique_ptr<Forecaster> (*)();
constexpr std::array<std::pair<const char*, Maker>, 8> kBaselines{{
    {"naive", make_naive},
    {"seasonal-naive", make_seasonal_naive},
    {"moving-average", make_moving_average},
    {"fast-up-slow-down", make_fast_up_slow_down},
    {"ses", make_ses},
    {"holt-winters", make_holt_winters},
    {"theta", make_theta},
    {"ar", make_autoregression},
}};

}  // namespace

const std::vector<std::string>& baseline_names() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> all;
    for (const auto& [name, make] : kBaselines) all.emplace_back(name);
    return all;
  }();
  return names;
}

Result<std::unique_ptr<Forecaster>> make_forecaster(const std::string& name) {
  for (const auto& [known, make] : kBaselines) {
    if (name == known) return make();
  }
  return fail(ErrorCode::kInvalid, "no forecaster '{}'{}; there are {}", name,
              did_you_mean(name, baseline_names()), fmt::join(baseline_names(), ", "));
}

}  // namespace starling
