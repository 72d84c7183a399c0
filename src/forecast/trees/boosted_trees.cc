// Implements forecast/trees/boosted_trees.h.
#include "forecast/trees/boosted_trees.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "forecast/baselines.h"
#include "forecast/empirical.h"
#include "forecast/history_window.h"
#include "forecast/trees/booster.h"

namespace starling {
namespace {

constexpr std::size_t kWindowMax = 2048;
constexpr std::size_t kKnownMin = 36;
constexpr std::size_t kLags = 12;
constexpr std::size_t kRowsMax = 6000;  // bounds the time of a fit
constexpr std::size_t kErrorsMin = 12;
constexpr float kMissing = std::numeric_limits<float>::quiet_NaN();

/// The past in units of its spread, gaps filled with the last known value.
struct Scaled {
  std::vector<double> filled;
  std::vector<std::uint8_t> present;
  std::vector<double> sums;  // of the first i filled values
  double spread = 1;
  std::size_t season = 0;
  std::size_t first = 0;  // known point

  double mean(std::size_t i, std::size_t width) const {
    const std::size_t from = i + 1 >= width ? i + 1 - width : 0;
    return (sums[i + 1] - sums[from]) / static_cast<double>(i + 1 - from);
  }
};

Scaled scaled(const MaskedWindow& window, int season) {
  Scaled past{.filled = {}, .present = window.present, .sums = {0}};
  const bool seasonal = season > 1 && window.size() >= 2 * static_cast<std::size_t>(season);
  past.season = seasonal ? static_cast<std::size_t>(season) : 0;
  past.spread = window_scale(window, 0).spread;
  while (!window.present[past.first]) ++past.first;
  double last = window.values[past.first];
  for (std::size_t i = 0; i < window.size(); ++i) {
    if (window.present[i]) last = window.values[i];
    past.filled.push_back(last / past.spread);
    past.sums.push_back(past.sums.back() + past.filled.back());
  }
  return past;
}

/// What the trees see of point i when asked `ahead` ≥ 1 steps on; all relative to the last value.
void append_features(const Scaled& past, std::size_t i, std::size_t ahead,
                     std::vector<float>& row) {
  const auto relative = [&](double x) { return static_cast<float>(x - past.filled[i]); };
  for (std::size_t lag = 1; lag <= kLags; ++lag) {
    row.push_back(i >= lag ? relative(past.filled[i - lag]) : kMissing);
  }
  for (const std::size_t width : {6, 12, 48}) row.push_back(relative(past.mean(i, width)));
  row.push_back(static_cast<float>(ahead));
  row.push_back(static_cast<float>(past.filled[i]));
  const std::size_t season = past.season;
  const std::size_t target = i + ahead;
  const bool reaches = season > 0 && target >= season && target - season <= i;
  row.push_back(reaches ? relative(past.filled[target - season]) : kMissing);
  row.push_back(season > 0 ? static_cast<float>(target % season) : kMissing);
}

/// Examples with outcomes in [begin, end): every step ahead from every `stride`-th point.
TreeExamples examples(const Scaled& past, std::size_t begin, std::size_t end, std::size_t horizon) {
  TreeExamples made;
  const std::size_t origins = end > begin ? end - begin : 0;
  const std::size_t stride = std::max<std::size_t>(1, origins * horizon / kRowsMax);
  for (std::size_t i = begin; i + 1 < end; i += stride) {
    for (std::size_t ahead = 1; ahead <= horizon && i + ahead < end; ++ahead) {
      if (!past.present[i + ahead]) continue;
      append_features(past, i, ahead, made.features);
      made.targets.push_back(static_cast<float>(past.filled[i + ahead] - past.filled[i]));
      made.ahead.push_back(ahead);
    }
  }
  return made;
}

class BoostedTrees final : public Forecaster {
 public:
  BoostedTrees() : short_past_(*make_forecaster("ses")) {}
  std::string name() const override { return "gbt"; }

  Result<std::vector<Forecast>> forecast(std::span<const HistoryView> histories,
                                         int horizon) const override {
    if (auto valid = check_horizon(horizon); !valid) return fail(valid.error());
    std::vector<Forecast> forecasts;
    for (std::size_t i = 0; i < histories.size(); ++i) {
      const auto window = known_window(histories[i], kWindowMax, i);
      if (!window) return fail(window.error());
      auto one = forecast_one(histories[i], *window, static_cast<std::size_t>(horizon));
      if (!one) return fail(one.error());
      forecasts.push_back(std::move(*one));
    }
    return forecasts;
  }

 private:
  Result<Forecast> forecast_one(const HistoryView& history, const MaskedWindow& window,
                                std::size_t horizon) const {
    if (window.known < static_cast<int>(kKnownMin)) {
      auto smoothed = short_past_->forecast({&history, 1}, static_cast<int>(horizon));
      if (!smoothed) return fail(smoothed.error());
      return smoothed->front();
    }
    const Scaled past = scaled(window, history.season);
    const std::size_t learned = window.size() - (window.size() - past.first) / 4;
    const auto held_back = examples(past, learned - 1, window.size(), horizon);
    auto errors =
        held_back_errors(examples(past, past.first, learned, horizon), held_back, horizon);
    if (!errors) return fail(errors.error());
    TreeExamples asked;
    for (std::size_t ahead = 1; ahead <= horizon; ++ahead) {
      append_features(past, window.size() - 1, ahead, asked.features);
    }
    const auto points =
        boosted_predictions(examples(past, past.first, window.size(), horizon), asked, horizon);
    if (!points) return fail(points.error());
    Forecast forecast = forecast_after(history, name());
    for (std::size_t h = 0; h < horizon; ++h) {
      for (double& e : (*errors)[h]) e *= past.spread;
      const double point = (past.filled.back() + static_cast<double>((*points)[h])) * past.spread;
      forecast.steps.push_back(empirical_quantiles(point, std::move((*errors)[h])));
    }
    return forecast;
  }

  /// Errors by steps ahead; a step with few of them has those of the steps before it as well.
  static Result<std::vector<std::vector<double>>> held_back_errors(const TreeExamples& learned,
                                                                   const TreeExamples& held_back,
                                                                   std::size_t horizon) {
    std::vector<std::vector<double>> errors(horizon);
    if (!learned.targets.empty() && !held_back.targets.empty()) {
      const auto said = boosted_predictions(learned, held_back, held_back.targets.size());
      if (!said) return fail(said.error());
      for (std::size_t k = 0; k < said->size(); ++k) {
        errors[held_back.ahead[k] - 1].push_back(held_back.targets[k] - (*said)[k]);
      }
    }
    for (std::size_t h = 1; h < horizon; ++h) {
      if (errors[h].size() >= kErrorsMin) continue;
      errors[h].insert(errors[h].end(), errors[h - 1].begin(), errors[h - 1].end());
    }
    return errors;
  }

  std::unique_ptr<Forecaster> short_past_;
};

}  // namespace

Result<std::unique_ptr<Forecaster>> make_boosted_trees() {
  if (!has_boosted_trees()) {
    return fail(ErrorCode::kUnavailable,
                "gbt is not built in: install libxgboost-dev, configure and build again");
  }
  return std::make_unique<BoostedTrees>();
}

}  // namespace starling
