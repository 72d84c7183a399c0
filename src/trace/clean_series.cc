#include "trace/clean_series.h"

#include <algorithm>
#include <map>
#include <optional>
#include <tuple>
#include <utility>

#include "base/units.h"
#include "trace/clean_counter.h"
#include "trace/clean_step.h"
#include "trace/clean_stuck.h"
#include "trace/timestamp.h"

namespace starling {
namespace {

std::string step_names(const std::map<Duration, std::int64_t>& workloads_by_step) {
  std::string text;
  constexpr std::size_t kShown = 3;
  std::size_t shown = 0;
  for (const auto& [step, workloads] : workloads_by_step) {
    if (shown++ == kShown) return text + ", …";
    text += fmt::format("{}{}", text.empty() ? "" : ", ", format_duration(step));
    if (workloads_by_step.size() > 1) text += fmt::format(" ({} workloads)", workloads);
  }
  return text;
}

/// The step that most rows are apart from the one before, over all workloads; the smallest of
/// equals.
std::optional<Duration> usual_step(const std::vector<std::optional<DetectedStep>>& detected) {
  std::map<Duration, std::int64_t> distances;
  for (const auto& one : detected) {
    if (one) distances[one->step] += one->distances;
  }
  const auto most =
      std::max_element(distances.begin(), distances.end(),
                       [](const auto& a, const auto& b) { return a.second < b.second; });
  if (most == distances.end()) return std::nullopt;
  return most->first;
}

/// A workload of few rows cannot tell its step from its gaps: it takes the usual one where its own
/// is a multiple of it.
Duration step_of(const std::optional<DetectedStep>& detected, Duration usual) {
  constexpr std::int64_t kDistancesMin = 10;
  if (!detected) return usual;
  const bool few = detected->distances < kDistancesMin;
  return few && detected->step % usual == Duration{0} ? usual : detected->step;
}

/// The step of each workload.
Result<std::vector<Duration>> find_steps(const RawTrace& trace, const CleanOptions& options,
                                         CleaningReport& into) {
  const std::size_t workloads = trace.workloads.size();
  auto stated = options.step ? options.step : trace.step;
  if (!stated && options.is_events) stated = 1min;
  CleaningStep report{.name = "step"};
  std::map<Duration, std::int64_t> by_step;
  std::vector<Duration> steps;
  if (stated && *stated <= Duration{0}) {
    return fail(ErrorCode::kInvalid, "a step must be longer than 0s");
  }
  if (options.is_events) {
    report.action = fmt::format("events in steps of {}", format_duration(*stated));
    into.steps.push_back(std::move(report));
    return std::vector<Duration>(workloads, *stated);
  }
  std::vector<std::optional<DetectedStep>> detected;
  detected.reserve(workloads);
  for (const Samples& samples : trace.workloads) detected.push_back(detect_step(samples.times_us));
  const auto usual = stated ? stated : usual_step(detected);
  if (!usual) {
    return fail(ErrorCode::kInvalid,
                "no workload has two rows of different times, so the step is unknown: state it "
                "(--step 1m)");
  }
  for (std::size_t i = 0; i < workloads; ++i) {
    steps.push_back(stated ? *stated : step_of(detected[i], *usual));
    ++by_step[steps.back()];
    if (!detected[i] || detected[i]->step != steps.back()) continue;
    Touched unfitting;
    if (const std::int64_t count = detected[i]->distances - detected[i]->fitting; count > 0) {
      unfitting.add([&] {
        return fmt::format("{} of {} distances are no multiple of {}", count,
                           detected[i]->distances, format_duration(detected[i]->step));
      });
      unfitting.points = count;
    }
    report.add(trace.workloads[i].workload, unfitting);
  }
  report.action = fmt::format("{}, {}", step_names(by_step),
                              options.step ? "as asked"
                              : stated     ? "stated by the format"
                                           : "detected");
  into.steps.push_back(std::move(report));
  return steps;
}

/// The steps that work on series: one workload after the other, so that its rows are freed before
/// the next one's series grows.
class SeriesCleaner {
 public:
  SeriesCleaner(const CleanOptions& options, const RawTrace& trace)
      : options_(options), quantity_(trace.quantity), has_calendar_(trace.has_calendar) {
    if (options.is_events) std::tie(from_, to_) = time_span(trace);
    shared_.action = options.is_events ? "events are counted" : merge_action(quantity_);
    gaps_.action = options.is_events ? "no event is zero, within the span of the trace"
                   : trace.step && quantity_ == Quantity::kCount
                       ? "missing, never zero; a step without events was read as 0"
                       : "missing, never zero";
    resets_.action =
        quantity_ == Quantity::kCounter ? "the new reading is the count" : "no counter";
    across_.action = quantity_ == Quantity::kCounter ? "missing" : "no counter";
    stuck_.action = options.mask_stuck ? "made missing" : "kept; --mask-stuck makes them missing";
    outliers_.action =
        options.drop_outliers ? "made missing" : "kept; --drop-outliers makes them missing";
  }

  Result<Series> run(Samples samples, Duration step) {
    const std::string workload = samples.workload;
    auto gridded = lay_on_grid(std::move(samples), {.step = step,
                                                    .quantity = quantity_,
                                                    .has_calendar = has_calendar_,
                                                    .points_max = options_.points_max,
                                                    .is_events = options_.is_events,
                                                    .from = from_,
                                                    .to = to_});
    if (!gridded) return fail(gridded.error());
    gridded->gaps.points = gridded->empty;
    shared_.add(workload, gridded->shared);
    gaps_.add(workload, gridded->gaps);
    Series series = std::move(gridded->series);
    if (quantity_ == Quantity::kCounter) {
      CounterCounts counts = counts_of_counter(std::move(series), has_calendar_);
      resets_.add(workload, counts.resets);
      across_.add(workload, counts.across);
      series = std::move(counts.counts);
    }
    stuck_.add(workload, find_stuck(series, {.points_min = options_.stuck_points,
                                             .mask = options_.mask_stuck,
                                             .has_calendar = has_calendar_}));
    outliers_.add(workload, flag_outliers(series));
    return series;
  }

  void report(CleaningReport& into) && {
    for (CleaningStep* step : {&shared_, &gaps_, &resets_, &across_, &stuck_, &outliers_}) {
      into.steps.push_back(std::move(*step));
    }
  }

 private:
  Touched flag_outliers(Series& series) const {
    Touched touched;
    const auto flags = hampel_outliers(series, options_.hampel);
    for (std::size_t i = 0; i < flags.size(); ++i) {
      if (!flags[i]) continue;
      touched.add([&] {
        const TimePoint time = series.start + static_cast<std::int64_t>(i) * series.step;
        return fmt::format("{} at {}", series.values[i], timestamp_text(time, has_calendar_));
      });
      if (!options_.drop_outliers) continue;
      series.values[i] = 0;
      series.present[i] = 0;
    }
    return touched;
  }

  const CleanOptions& options_;
  Quantity quantity_;
  bool has_calendar_;
  TimePoint from_{};
  TimePoint to_{};
  CleaningStep shared_{.name = "rows within one step"};
  CleaningStep gaps_{.name = "gaps"};
  CleaningStep resets_{.name = "counter resets"};
  CleaningStep across_{.name = "counts across gaps"};
  CleaningStep stuck_{.name = "stuck sensors"};
  CleaningStep outliers_{.name = "outliers"};
};

}  // namespace

Result<CleanTrace> clean_series(RawTrace trace, const CleanOptions& options,
                                CleaningReport report) {
  const auto steps = find_steps(trace, options, report);
  if (!steps) return fail(steps.error());
  CleanTrace result;
  result.unit = trace.unit;
  result.has_calendar = trace.has_calendar;
  result.quantity = trace.quantity == Quantity::kCounter ? Quantity::kCount : trace.quantity;
  result.series.reserve(trace.workloads.size());
  SeriesCleaner cleaner(options, trace);
  for (std::size_t i = 0; i < trace.workloads.size(); ++i) {
    auto series = cleaner.run(std::exchange(trace.workloads[i], {}), (*steps)[i]);
    if (!series) return fail(series.error());
    report.points += static_cast<std::int64_t>(series->size());
    report.missing += std::count(series->present.begin(), series->present.end(), 0);
    if (report.points > options.points_max) {
      return fail(ErrorCode::kTooLarge,
                  "more than {} points, gaps included: state a longer step, read fewer workloads "
                  "at a time, or raise --max-points of `starling trace`",
                  options.points_max);
    }
    result.series.push_back(std::move(*series));
  }
  std::move(cleaner).report(report);
  result.report = std::move(report);
  return result;
}

}  // namespace starling
