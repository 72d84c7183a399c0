#include "trace/clean_times.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "trace/timestamp.h"

namespace starling {
namespace {

constexpr std::int64_t kYear1990Us = 631'152'000'000'000;
constexpr std::int64_t kYear2100Us = 4'102'444'800'000'000;

std::int64_t divisor_of(TimeUnit unit) {
  switch (unit) {
    case TimeUnit::kSeconds:
      return 1;
    case TimeUnit::kMilliseconds:
      return 1'000;
    case TimeUnit::kMicroseconds:
      return 1'000'000;
    case TimeUnit::kNanoseconds:
      return 1'000'000'000;
  }
  return 1;
}

std::string text(std::int64_t time_us, bool has_calendar) {
  return timestamp_text(TimePoint{Duration{time_us}}, has_calendar);
}

template <typename T>
void permute(std::vector<T>& values, const std::vector<std::uint32_t>& order) {
  std::vector<T> sorted;
  sorted.reserve(values.size());
  for (const std::uint32_t index : order) sorted.push_back(values[index]);
  values = std::move(sorted);
}

}  // namespace

const char* time_unit_name(TimeUnit unit) {
  switch (unit) {
    case TimeUnit::kSeconds:
      return "s";
    case TimeUnit::kMilliseconds:
      return "ms";
    case TimeUnit::kMicroseconds:
      return "us";
    case TimeUnit::kNanoseconds:
      return "ns";
  }
  return "";
}

std::optional<TimeUnit> detect_time_unit(const RawTrace& trace) {
  std::vector<std::int64_t> firsts;
  for (const Samples& samples : trace.workloads) {
    if (!samples.times_us.empty()) firsts.push_back(samples.times_us.front());
  }
  if (firsts.empty()) return std::nullopt;
  const auto middle = firsts.begin() + static_cast<std::ptrdiff_t>(firsts.size() / 2);
  std::nth_element(firsts.begin(), middle, firsts.end());
  if (*middle < kYear2100Us) return std::nullopt;
  for (const TimeUnit unit :
       {TimeUnit::kMilliseconds, TimeUnit::kMicroseconds, TimeUnit::kNanoseconds}) {
    const std::int64_t time_us = *middle / divisor_of(unit);
    if (time_us >= kYear1990Us && time_us < kYear2100Us) return unit;
  }
  return std::nullopt;
}

Touched rescale_times(Samples& samples, TimeUnit unit) {
  Touched touched;
  const std::int64_t divisor = divisor_of(unit);
  if (divisor == 1) return touched;
  for (std::int64_t& time_us : samples.times_us) {
    touched.add([&] {
      return fmt::format("{:.0f} is {}", static_cast<double>(time_us) * 1e-6,
                         text(time_us / divisor, time_us / divisor >= kYear1990Us));
    });
    time_us /= divisor;
  }
  return touched;
}

Touched sort_by_time(Samples& samples, bool has_calendar) {
  Touched touched;
  const auto& times = samples.times_us;
  for (std::size_t i = 1; i < times.size(); ++i) {
    if (times[i] >= times[i - 1]) continue;
    touched.add([&] {
      return fmt::format("{} after {}", text(times[i], has_calendar),
                         text(times[i - 1], has_calendar));
    });
  }
  if (touched.points == 0) return touched;
  std::vector<std::uint32_t> order(times.size());
  std::iota(order.begin(), order.end(), 0U);
  std::stable_sort(order.begin(), order.end(),
                   [&](std::uint32_t a, std::uint32_t b) { return times[a] < times[b]; });
  permute(samples.values, order);
  permute(samples.times_us, order);
  return touched;
}

const char* merge_action(Quantity quantity) {
  if (quantity == Quantity::kCount) return "summed";
  return quantity == Quantity::kCounter ? "highest reading taken" : "averaged";
}

std::pair<TimePoint, TimePoint> time_span(const RawTrace& trace) {
  TimePoint from = TimePoint::max();
  TimePoint to = TimePoint::min();
  for (const Samples& samples : trace.workloads) {
    for (const std::int64_t time_us : samples.times_us) {
      from = std::min(from, TimePoint{Duration{time_us}});
      to = std::max(to, TimePoint{Duration{time_us}});
    }
  }
  return {from, to};
}

double merged(std::vector<double>& values, Quantity quantity) {
  if (values.empty()) return kMissing;
  if (values.size() == 1) return values.front();
  std::sort(values.begin(), values.end());  // so that sums round alike in any order
  if (quantity == Quantity::kCounter) return values.back();
  const double sum = std::accumulate(values.begin(), values.end(), 0.0);
  return quantity == Quantity::kCount ? sum : sum / static_cast<double>(values.size());
}

Touched merge_duplicates(Samples& samples, Quantity quantity, bool has_calendar) {
  Touched touched;
  auto& times = samples.times_us;
  auto& values = samples.values;
  if (std::adjacent_find(times.begin(), times.end()) == times.end()) return touched;
  std::vector<double> group;
  std::size_t kept = 0;
  for (std::size_t begin = 0; begin < times.size();) {
    std::size_t end = begin;
    group.clear();
    for (; end < times.size() && times[end] == times[begin]; ++end) {
      if (!std::isnan(values[end])) group.push_back(values[end]);
    }
    const double value = merged(group, quantity);
    if (end - begin > 1) {
      touched.add([&] {
        return fmt::format(
            "{} rows at {}: {}", end - begin, text(times[begin], has_calendar),
            fmt::join(group.begin(), group.begin() + std::min<std::ptrdiff_t>(4, std::ssize(group)),
                      ", "));
      });
      touched.points += static_cast<std::int64_t>(end - begin) - 2;  // rows that went
    }
    times[kept] = times[begin];
    values[kept++] = value;
    begin = end;
  }
  times.resize(kept);
  values.resize(kept);
  return touched;
}

}  // namespace starling
