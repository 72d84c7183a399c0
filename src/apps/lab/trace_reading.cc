#include "apps/lab/trace_reading.h"

#include <algorithm>
#include <map>

#include "apps/lab/refusal.h"
#include "base/units.h"
#include "trace/write.h"

namespace starling::lab {
namespace {

const std::map<std::string, Quantity> kQuantities{{"count", Quantity::kCount},
                                                  {"rate", Quantity::kRate},
                                                  {"gauge", Quantity::kGauge},
                                                  {"counter", Quantity::kCounter}};
const std::map<std::string, Aggregate> kAggregates{
    {"count", Aggregate::kCount}, {"sum", Aggregate::kSum}, {"mean", Aggregate::kMean}};
const std::map<std::string, TimeUnit> kTimeUnits{{"s", TimeUnit::kSeconds},
                                                 {"ms", TimeUnit::kMilliseconds},
                                                 {"us", TimeUnit::kMicroseconds},
                                                 {"ns", TimeUnit::kNanoseconds}};

bool takes_step(const TraceFormat& format) {
  return std::find(format.options.begin(), format.options.end(), "step") != format.options.end();
}

std::optional<Duration> step_of(const ReadingArguments& arguments) {
  if (arguments.step.empty()) return std::nullopt;
  return value_or_fail(parse_duration(arguments.step));
}

template <typename Enum>
std::vector<std::string> words_of(const std::map<std::string, Enum>& words) {
  std::vector<std::string> keys;
  for (const auto& [word, meaning] : words) keys.push_back(word);
  return keys;
}

}  // namespace

void add_form_option(CLI::App& command, std::string& form) {
  command.add_option("--form", form, "wide or long; default: wide if it is well filled")
      ->check(CLI::IsMember({"wide", "long"}));
}

const char* write_clean(const std::string& path, const std::string& form, const CleanTrace& trace) {
  const TraceForm chosen = form.empty()     ? usual_form(trace.series)
                           : form == "wide" ? TraceForm::kWide
                                            : TraceForm::kLong;
  const Status written =
      write_trace(path, trace.series, {.form = chosen, .has_calendar = trace.has_calendar});
  if (!written) refuse(written.error().message);
  return chosen == TraceForm::kWide ? "wide" : "long";
}

void add_reading_options(CLI::App& command, ReadingArguments& arguments) {
  CleanOptions& clean = arguments.clean;
  const std::string reading = "Reading";
  command.add_option("--format", arguments.format, "A name of `trace list`; default: detected")
      ->group(reading);
  command.add_option("--value", arguments.value, "The column to read")->group(reading);
  command.add_option("--group", arguments.group, "The column that names the workload")
      ->group(reading);
  command.add_option("--aggregate", arguments.aggregate, "Events per step: count, sum or mean")
      ->check(CLI::IsMember(words_of(kAggregates)))
      ->group(reading);
  command
      .add_option("--segments", arguments.path_segments,
                  "Segments of a request's path that name the workload")
      ->group(reading);
  command.add_option("--paths", arguments.paths_max, "The busiest paths; the rest is \"(other)\"")
      ->group(reading);

  const std::string cleaning = "Cleaning";
  command.add_option("--step", arguments.step, "Time between points; default: detected, events 1m")
      ->group(cleaning);
  command.add_option("--quantity", arguments.quantity, "count, rate, gauge or counter")
      ->check(CLI::IsMember(words_of(kQuantities)))
      ->group(cleaning);
  command.add_option("--unit", clean.value_unit, "What the values are in: %, share, ms, s …")
      ->group(cleaning);
  command.add_option("--time-unit", arguments.time_unit, "What numeric times count: s, ms, us, ns")
      ->check(CLI::IsMember(words_of(kTimeUnits)))
      ->group(cleaning);
  command.add_option("--time-zone", clean.time_zone, "Of local times: Europe/Berlin; default: UTC")
      ->group(cleaning);
  command.add_flag("--events", clean.is_events, "Rows are events: no row is zero, not missing")
      ->group(cleaning);
  command
      .add_flag("--allow-negative", clean.allow_negative,
                "Keep counts and rates below zero (gauges always keep them, but for those in a "
                "unit such as % or ms)")
      ->group(cleaning);
  command.add_option("--stuck", clean.stuck_points, "Equal values that make a sensor stuck")
      ->check(CLI::Range(2, 1'000'000))
      ->capture_default_str()
      ->group(cleaning);
  command.add_flag("--mask-stuck", clean.mask_stuck, "Make stuck values missing")->group(cleaning);
  command
      .add_option("--outlier-window", clean.hampel.half_window,
                  "Points on each side that an outlier is judged by")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str()
      ->group(cleaning);
  command
      .add_option("--outlier-threshold", clean.hampel.threshold,
                  "Deviations from the median that make an outlier")
      ->check(CLI::Range(0.1, 1000.0))
      ->capture_default_str()
      ->group(cleaning);
  command.add_flag("--drop-outliers", clean.drop_outliers, "Make outliers missing")
      ->group(cleaning);
  add_limit_options(command, arguments.limits);
}

TraceFormat format_of(const ReadingArguments& arguments) {
  if (arguments.format.empty()) {
    return value_or_fail(detect_format(arguments.files, limits_of(arguments.limits)));
  }
  return value_or_fail(format_named(arguments.format));
}

ReadRawOptions reading_options(const ReadingArguments& arguments, const TraceFormat& format) {
  ReadRawOptions options{.format = format.name,
                         .value = arguments.value,
                         .group = arguments.group,
                         .path_segments = arguments.path_segments,
                         .paths_max = arguments.paths_max,
                         .limits = limits_of(arguments.limits)};
  if (!arguments.aggregate.empty()) options.aggregate = kAggregates.at(arguments.aggregate);
  if (takes_step(format)) options.step = step_of(arguments);
  return options;
}

CleanTrace read_clean(const ReadingArguments& arguments, const TraceFormat& format) {
  RawTrace raw = value_or_fail(read_raw(arguments.files, reading_options(arguments, format)));
  CleanOptions options = arguments.clean;
  options.points_max = limits_of(arguments.limits).points_max;
  if (!takes_step(format)) options.step = step_of(arguments);
  if (!arguments.quantity.empty()) options.quantity = kQuantities.at(arguments.quantity);
  if (!arguments.time_unit.empty()) options.time_unit = kTimeUnits.at(arguments.time_unit);
  return value_or_fail(clean(std::move(raw), options));
}

CleanTrace read_clean(const ReadingArguments& arguments) {
  return read_clean(arguments, format_of(arguments));
}

}  // namespace starling::lab
