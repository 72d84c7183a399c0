#include "trace/clean_values.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>

#include "trace/timestamp.h"

namespace starling {
namespace {

struct UnitWord {
  std::string_view word;
  std::string_view unit;
};
constexpr std::array<UnitWord, 14> kUnitWords{{{"percent", "%"},
                                               {"pct", "%"},
                                               {"%", "%"},
                                               {"share", "share"},
                                               {"ratio", "share"},
                                               {"fraction", "share"},
                                               {"us", "us"},
                                               {"microseconds", "us"},
                                               {"ms", "ms"},
                                               {"millis", "ms"},
                                               {"milliseconds", "ms"},
                                               {"s", "s"},
                                               {"sec", "s"},
                                               {"seconds", "s"}}};

struct UnitSize {
  std::string_view unit;
  std::string_view dimension;
  double size;
};
constexpr std::array<UnitSize, 5> kUnitSizes{{{"%", "share", 0.01},
                                              {"share", "share", 1},
                                              {"us", "time", 1e-6},
                                              {"ms", "time", 1e-3},
                                              {"s", "time", 1}}};

constexpr std::array<std::string_view, 19> kUnsignedUnits{
    "%",     "share",  "us",  "ms",  "s",        "B",    "kB",  "KB",   "MB",      "GB",
    "bytes", "tokens", "cpu", "gpu", "replicas", "GPUs", "CPU", "kB/s", "requests"};

const UnitSize* find_unit(std::string_view unit) {
  const auto found = std::find_if(kUnitSizes.begin(), kUnitSizes.end(),
                                  [&](const UnitSize& one) { return one.unit == unit; });
  return found == kUnitSizes.end() ? nullptr : &*found;
}

}  // namespace

bool may_be_negative(Quantity quantity, std::string_view unit) {
  return quantity == Quantity::kGauge &&
         std::find(kUnsignedUnits.begin(), kUnsignedUnits.end(), unit) == kUnsignedUnits.end();
}

Touched mask_impossible(Samples& samples, bool negative_allowed, bool has_calendar) {
  Touched touched;
  for (std::size_t i = 0; i < samples.values.size(); ++i) {
    double& value = samples.values[i];
    if (!std::isinf(value) && (negative_allowed || !(value < 0))) continue;
    touched.add([&] {
      const TimePoint time{Duration{samples.times_us[i]}};
      return fmt::format("{} at {}", value, timestamp_text(time, has_calendar));
    });
    value = kMissing;
  }
  return touched;
}

std::optional<std::string> unit_in_name(std::string_view name) {
  std::size_t begin = name.size();
  while (begin > 0 &&
         (std::isalpha(static_cast<unsigned char>(name[begin - 1])) || name[begin - 1] == '%')) {
    --begin;
  }
  if (begin == 0) return std::nullopt;  // a name of one word names the thing
  std::string word(name.substr(begin));
  std::transform(word.begin(), word.end(), word.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  for (const UnitWord& known : kUnitWords) {
    if (word == known.word) return std::string(known.unit);
  }
  return std::nullopt;
}

std::optional<std::string> unit_by_magnitude(const RawTrace& trace) {
  if (trace.unit != "%") return std::nullopt;
  constexpr std::int64_t kKnownMin = 20;
  std::int64_t known = 0;
  bool between = false;  // a value that is neither 0 nor 1
  for (const Samples& samples : trace.workloads) {
    for (const double value : samples.values) {
      if (std::isnan(value)) continue;
      if (value > 1) return std::nullopt;
      ++known;
      between = between || (value > 0 && value < 1);
    }
  }
  if (known < kKnownMin || !between) return std::nullopt;
  return "share";
}

std::optional<double> unit_factor(std::string_view from, std::string_view to) {
  const UnitSize* source = find_unit(from);
  const UnitSize* target = find_unit(to);
  if (source == nullptr || target == nullptr || source->dimension != target->dimension) {
    return std::nullopt;
  }
  return source->size / target->size;
}

Touched scale_values(Samples& samples, double factor) {
  Touched touched;
  for (double& value : samples.values) {
    if (std::isnan(value)) continue;
    touched.add([&] { return fmt::format("{} became {}", value, value * factor); });
    value *= factor;
  }
  return touched;
}

}  // namespace starling
