// Implements apps/lab/trace_features_cases.h.
#include "apps/lab/trace_features_cases.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "feature/category.h"
#include "feature/feature_set.h"
#include "feature/target_statistics.h"
#include "feature/window.h"
#include "forecast/smoothing.h"

namespace starling::lab {
namespace {

constexpr std::size_t kPointsMin = 48;
constexpr std::size_t kSmoothingWindow = 512;  // as the baseline of that name
constexpr double kRatioMin = 0.01, kRatioMax = 100;

/// One row before it is known which table it goes to.
struct Moment {
  std::size_t workload = 0;
  const Series* series = nullptr;
  std::size_t origin = 0;
  bool is_test = false;
};

SeriesView view_of(const Series& series) {
  return {.values = series.values,
          .present = series.present,
          .start = series.start,
          .step = series.step};
}

std::size_t points_of(const std::vector<Series>& workloads) {
  std::size_t points = 0;
  for (const Series& series : workloads) points += series.size();
  return points;
}

/// Origins every `stride` steps: those whose target lies in the first part, then those that lie
/// beyond it. Origins between the two would learn from what the others are scored by.
std::vector<Moment> moments_of(const Series& series, std::size_t workload, std::size_t stride,
                               const StudyOptions& options) {
  const auto split =
      static_cast<std::size_t>(options.train_share * static_cast<double>(series.size()));
  const auto horizon = static_cast<std::size_t>(options.horizon);
  std::vector<Moment> moments;
  for (std::size_t origin = kPointsMin / 4; origin + horizon <= series.size(); origin += stride) {
    if (origin < split && origin + horizon > split) continue;
    moments.push_back({workload, &series, origin, origin >= split});
  }
  return moments;
}

std::optional<double> last_known(const Series& series, std::size_t origin) {
  const SeriesView view = view_of(series);
  while (origin-- > 0) {
    if (view.known(origin)) return series.values[origin];
  }
  return std::nullopt;
}

double day_before(const Moment& moment, int horizon, double otherwise) {
  const Series& series = *moment.series;
  const auto day = static_cast<std::size_t>(std::llround(86'400 / seconds(series.step)));
  if (day == 0) return otherwise;
  const auto ahead = static_cast<std::size_t>(horizon) - 1;
  const std::size_t back = (ahead / day + 1) * day - ahead;
  if (moment.origin < back) return otherwise;
  const std::size_t i = moment.origin - back;
  return view_of(series).known(i) ? series.values[i] : otherwise;
}

double smoothed(const Moment& moment, double otherwise) {
  const Series& series = *moment.series;
  const MaskedWindow window = last_window(std::span(series.values).first(moment.origin),
                                          std::span(series.present).first(moment.origin),
                                          std::min(moment.origin, kSmoothingWindow));
  return window.known > 0 ? smooth(window).level() : otherwise;
}

void add_baselines(StudyCases& cases, const Moment& moment, double naive, int horizon) {
  const std::size_t target = moment.origin + static_cast<std::size_t>(horizon) - 1;
  cases.workload_of.push_back(moment.workload);
  cases.actual.push_back(moment.series->values[target]);
  cases.naive.push_back(naive);
  cases.seasonal_naive.push_back(day_before(moment, horizon, naive));
  cases.ses.push_back(smoothed(moment, naive));
}

void add_statistics(FeatureTable& table, const std::string& name,
                    const std::vector<std::size_t>& categories) {
  constexpr double kPriorWeight = 10;  // a category counts as much as all of them after ten rows
  table.names.push_back(name);
  table.columns.push_back(ordered_target_statistics({.categories = categories,
                                                     .targets = table.target,
                                                     .made_at = table.made_at,
                                                     .known_at = table.known_at},
                                                    kPriorWeight));
}

/// Columns about all workloads: how a workload's target has been so far, and at this hour of the
/// day.
void add_categories(FeatureTable& table, const std::vector<Moment>& moments) {
  constexpr std::size_t kNamesMax = 1000;  // the rest counts as one
  std::vector<std::string> names;
  for (const Moment& moment : moments) names.push_back(moment.series->workload);
  const Vocabulary vocabulary(names, kNamesMax);
  std::vector<std::size_t> workloads, hours;
  for (std::size_t row = 0; row < moments.size(); ++row) {
    const TimePoint target = table.known_at[row] - 1us;
    const auto hour = std::chrono::floor<std::chrono::hours>(target.time_since_epoch()).count();
    workloads.push_back(vocabulary.ordinal(names[row]));
    hours.push_back(workloads.back() * 24 + static_cast<std::size_t>((hour % 24 + 24) % 24));
  }
  add_statistics(table, "workload_so_far", workloads);
  add_statistics(table, "workload_at_hour_so_far", hours);
}

StudyCases split(const FeatureTable& table, const std::vector<Moment>& moments, int horizon) {
  StudyCases cases;
  std::vector<std::size_t> train, test;
  for (const std::size_t row : table.rows_with_target()) {
    const Moment& moment = moments[row];
    if (!moment.is_test) {
      train.push_back(row);
      cases.train_workload_of.push_back(moment.workload);
    } else if (const auto naive = last_known(*moment.series, moment.origin)) {
      test.push_back(row);
      add_baselines(cases, moment, *naive, horizon);
    }
  }
  cases.train = table.select(train);
  cases.test = table.select(test);
  return cases;
}

}  // namespace

Result<StudyCases> make_study_cases(const std::vector<Series>& workloads,
                                    const StudyOptions& options) {
  const std::size_t stride = points_of(workloads) / options.rows_max + 1;
  const FeatureSpec spec{.horizon = options.horizon};
  FeatureTable table;
  std::vector<Moment> moments;
  std::size_t count = 0;
  for (const Series& series : workloads) {
    if (series.size() < kPointsMin) continue;
    const auto own = moments_of(series, count++, stride, options);
    std::vector<std::size_t> origins;
    for (const Moment& moment : own) origins.push_back(moment.origin);
    table.append(feature_table(view_of(series), origins, spec));
    moments.insert(moments.end(), own.begin(), own.end());
  }
  if (count == 0) {
    return fail(ErrorCode::kInvalid,
                "none of {} workloads has the {} points that judging features needs; give longer "
                "traces or a shorter --step",
                workloads.size(), kPointsMin);
  }
  add_categories(table, moments);
  StudyCases cases = split(table, moments, options.horizon);
  cases.workloads = count;
  if (cases.train.rows() == 0 || cases.test.rows() == 0) {
    return fail(ErrorCode::kInvalid,
                "too few known values {} steps ahead: {} rows to learn from, {} to score by; give "
                "longer traces or a shorter --horizon",
                options.horizon, cases.train.rows(), cases.test.rows());
  }
  return cases;
}

double relative_error(const StudyCases& cases, const std::vector<double>& forecasts) {
  struct Sums {
    double rows = 0, error = 0, naive = 0;
  };
  std::vector<Sums> by_workload(cases.workloads);
  for (std::size_t row = 0; row < forecasts.size(); ++row) {
    Sums& sums = by_workload[cases.workload_of[row]];
    sums.rows += 1;
    sums.error += std::abs(forecasts[row] - cases.actual[row]);
    sums.naive += std::abs(cases.naive[row] - cases.actual[row]);
  }
  double logs = 0, rows = 0;
  for (const Sums& sums : by_workload) {
    if (!(sums.naive > 0)) continue;
    logs += sums.rows * std::log(std::clamp(sums.error / sums.naive, kRatioMin, kRatioMax));
    rows += sums.rows;
  }
  return rows > 0 ? std::exp(logs / rows) : 1;
}

}  // namespace starling::lab
