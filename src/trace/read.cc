#include "trace/read.h"

#include <algorithm>
#include <cmath>
#include <unordered_map>
#include <utility>

#include "trace/grid.h"
#include "trace/import.h"
#include "trace/timestamp.h"

namespace starling {
namespace {

bool takes_step(const TraceFormat& format) {
  return std::find(format.options.begin(), format.options.end(), "step") != format.options.end();
}

Result<RawTrace> read_strictly(const std::string& path, const ReadOptions& options) {
  ReadRawOptions raw;
  raw.limits.points_max = options.points_max;
  raw.strict = StrictRows{.allow_same_time = options.averaged != nullptr,
                          .allow_negative = !options.is_demand};
  if (options.step) {
    const auto format = detect_format({path}, raw.limits);
    if (!format) return fail(format.error());
    if (takes_step(*format)) raw.step = options.step;
  }
  return read_raw({path}, raw);
}

/// Counters grow for ever, and no forecaster or simulator takes infinity.
Status check_values(const RawTrace& trace, const std::string& path) {
  if (trace.quantity == Quantity::kCounter) {
    return fail(ErrorCode::kInvalid,
                "{}: counters, whose values only grow; make counts of them first: starling trace "
                "import {} --out counts.csv",
                path, path);
  }
  for (const Samples& samples : trace.workloads) {
    for (std::size_t i = 0; i < samples.values.size(); ++i) {
      if (!std::isinf(samples.values[i])) continue;
      return fail(ErrorCode::kInvalid, "{}: workload '{}' at {}: {} is not a finite number", path,
                  samples.workload,
                  timestamp_text(TimePoint{Duration{samples.times_us[i]}}, trace.has_calendar),
                  samples.values[i]);
    }
  }
  return {};
}

/// The step that most workloads have: it stands in for workloads of a single row.
std::optional<Duration> most_common_step(const std::vector<std::optional<Duration>>& steps) {
  std::unordered_map<std::int64_t, int> counts;
  std::optional<Duration> best;
  for (const auto& step : steps) {
    if (!step) continue;
    const int count = ++counts[step->count()];
    if (!best || count > counts[best->count()]) best = step;
  }
  return best;
}

/// The step of each workload.
Result<std::vector<Duration>> steps_of(const RawTrace& trace, const std::string& path,
                                       const ReadOptions& options) {
  const auto stated = options.step ? options.step : trace.step;
  if (stated) return std::vector<Duration>(trace.workloads.size(), *stated);
  std::vector<std::optional<Duration>> own;
  own.reserve(trace.workloads.size());
  for (const Samples& samples : trace.workloads) own.push_back(common_step(samples.times_us));
  const auto usual = most_common_step(own);
  if (!usual) {
    return fail(ErrorCode::kInvalid,
                "{}: one row a workload only, so its step is unknown: state the step", path);
  }
  std::vector<Duration> steps;
  steps.reserve(own.size());
  for (const auto& step : own) steps.push_back(step.value_or(*usual));
  return steps;
}

/// Rows that went into a step with others.
Touched shared_steps(const Grid& grid, bool has_calendar) {
  Touched touched;
  for (std::size_t i = 1; i < grid.slots.size(); ++i) {
    if (grid.slots[i] != grid.slots[i - 1]) continue;
    touched.add([&] {
      return fmt::format("another row in the step at {}",
                         timestamp_text(grid.start + grid.slots[i] * grid.step, has_calendar));
    });
  }
  return touched;
}

}  // namespace

Result<std::vector<Series>> read_trace(const std::string& path, const ReadOptions& options) {
  if (options.step && *options.step <= Duration{0}) {
    return fail(ErrorCode::kInvalid, "a step must be longer than 0s");
  }
  auto trace = read_strictly(path, options);
  if (!trace) return fail(trace.error());
  if (Status status = check_values(*trace, path); !status) return fail(status.error());
  const auto steps = steps_of(*trace, path, options);
  if (!steps) return fail(steps.error());
  if (options.averaged != nullptr) {
    *options.averaged = {.name = "rows within one step", .action = "averaged"};
  }
  std::vector<Series> result;
  result.reserve(trace->workloads.size());
  std::int64_t points = 0;
  for (std::size_t i = 0; i < trace->workloads.size(); ++i) {
    Samples samples = std::exchange(trace->workloads[i], {});
    const auto grid = make_grid(samples.times_us, (*steps)[i], options.averaged != nullptr);
    if (!grid) {
      return fail(ErrorCode::kInvalid, "{}, workload '{}': {}", path, samples.workload,
                  grid.error().message);
    }
    points += std::min(grid->size(), options.points_max + 1);
    if (points > options.points_max) {
      return fail(ErrorCode::kTooLarge,
                  "{}: more than {} points, gaps included; read a shorter or coarser file", path,
                  options.points_max);
    }
    if (options.averaged != nullptr) {
      options.averaged->add(samples.workload, shared_steps(*grid, trace->has_calendar));
    }
    result.push_back(lay_out(*grid, std::move(samples)));
  }
  return result;
}

}  // namespace starling
