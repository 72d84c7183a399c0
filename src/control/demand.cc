#include "control/demand.h"

#include <algorithm>

namespace starling {
namespace {

constexpr int kLatencySecondsKept = 120;  // histograms are the bulk of the memory
constexpr auto kServiceSeconds = static_cast<std::size_t>(Demand::kServiceWindow.count());
constexpr std::uint64_t kServiceSamplesMin = 5;
// No request is served in less, and none varies by more: what is told beyond is a mistake.
constexpr double kServiceMeanMin_s = 1e-9;
constexpr double kServiceScvMax = 1e6;

std::int64_t second_of(TimePoint t) {
  return std::chrono::floor<std::chrono::seconds>(t.time_since_epoch()).count();
}

std::int64_t width_of(Duration step) {
  return std::max<std::int64_t>(1, std::chrono::floor<std::chrono::seconds>(step).count());
}

/// How far a series with steps of so many seconds reaches back by minutes.
Duration reach_of(std::int64_t width) {
  if (width >= 60) return DemandMinutes::kMinutesKept * 1min;
  return width >= 10 ? 25h : 0h;
}

}  // namespace

Demand::Second* Demand::place(std::int64_t second) {
  if (seconds_.empty()) first_ = second;
  const std::int64_t last = first_ + static_cast<std::int64_t>(seconds_.size()) - 1;
  // The first to report may be ahead of the others, by its clock or on its way here.
  if (second < first_) widen(second, second + 1);
  if (second < first_) return nullptr;
  // A gap longer than the window (or a clock that jumped) starts the record anew.
  if (second > last + kSecondsKept) {
    while (!seconds_.empty()) retire_oldest();
    first_ = second;
  }
  while (first_ + static_cast<std::int64_t>(seconds_.size()) <= second) seconds_.emplace_back();
  while (seconds_.size() > kSecondsKept) retire_oldest();
  const auto index = static_cast<std::size_t>(second - first_);
  if (index >= kLatencySecondsKept) seconds_[index - kLatencySecondsKept].latency = {};
  return &seconds_[index];
}

void Demand::retire_oldest() {
  const Second& oldest = seconds_.front();
  if (const auto arrivals = oldest.arrivals_known()) {
    minutes_.add(first_ / 60, static_cast<double>(*arrivals), 1);
  }
  seconds_.pop_front();
  ++first_;
}

void Demand::remember_minute(TimePoint time, std::uint64_t arrivals, int known_seconds) {
  minutes_.add(second_of(time) / 60, static_cast<double>(arrivals), known_seconds);
}

void Demand::remember(TimePoint time, std::uint64_t arrivals) {
  if (Second* s = place(second_of(time)); s != nullptr && !s->known) s->remembered = arrivals;
}

DemandPast Demand::past() const {
  DemandPast past{.first_minute = minutes_.first(),
                  .minutes = minutes_.all(),
                  .first_second = first_,
                  .seconds = {}};
  past.seconds.reserve(seconds_.size());
  for (const Second& s : seconds_) {
    const auto arrivals = s.arrivals_known();
    past.seconds.push_back(arrivals ? static_cast<std::int64_t>(*arrivals) : DemandPast::kUnknown);
  }
  return past;
}

/// Places for the seconds [first, last) as well as those that there are, as far as so many are
/// kept.
void Demand::widen(std::int64_t first, std::int64_t last) {
  if (first == last) return;
  const bool none = seconds_.empty();
  const std::int64_t own_last = first_ + static_cast<std::int64_t>(seconds_.size());
  const std::int64_t end = none ? last : std::max(last, own_last);
  const std::int64_t begin = std::max(none ? first : std::min(first, first_), end - kSecondsKept);
  while (!seconds_.empty() && first_ < begin) retire_oldest();
  if (seconds_.empty()) first_ = begin;
  for (; first_ > begin; --first_) seconds_.emplace_front();
  while (first_ + static_cast<std::int64_t>(seconds_.size()) < end) seconds_.emplace_back();
}

void Demand::take_over(const DemandPast& past) {
  widen(past.first_second, past.first_second + static_cast<std::int64_t>(past.seconds.size()));
  // What is older than the seconds that are kept here goes by minutes, each by who knows more of
  // it. No second may be in both, so a minute that reaches into them counts only where it holds
  // nothing but older ones.
  DemandMinutes older;
  const std::int64_t end = past.first_second <= first_ ? first_ / 60 + 1 : first_ / 60;
  for (std::size_t i = 0; i < past.minutes.size(); ++i) {
    const std::int64_t minute = past.first_minute + static_cast<std::int64_t>(i);
    const DemandMinutes::Minute& of = past.minutes[i];
    if (minute < end || seconds_.empty()) older.add(minute, of.arrivals, of.known_seconds);
  }
  for (std::size_t i = 0; i < past.seconds.size(); ++i) {
    const std::int64_t second = past.first_second + static_cast<std::int64_t>(i);
    const std::int64_t arrivals = past.seconds[i];
    if (arrivals < 0) continue;
    if (second < first_) {
      older.add(second / 60, static_cast<double>(arrivals), 1);
    } else if (Second& own = seconds_[static_cast<std::size_t>(second - first_)];
               !own.arrivals_known()) {
      own.remembered = static_cast<std::uint64_t>(arrivals);
    }
  }
  minutes_.take_over(older.first(), older.all());
}

void Demand::add(TimePoint time, const TrafficSample& sample) {
  Second* placed = place(second_of(time));
  if (placed == nullptr) return;
  Second& s = *placed;
  s.known = true;
  s.arrivals += sample.arrivals;
  s.completed += sample.completed;
  s.failed += sample.failed;
  s.rejected += sample.rejected;
  s.within_slo += sample.within_slo;
  s.in_flight += sample.in_flight;
  s.queued += sample.queued;
  s.service_sum_s += sample.service_sum_s;
  s.service_square_sum += sample.service_square_sum;
  s.service_count += sample.service_count;
  s.latency.merge(sample.latency);
}

template <typename Visit>
int Demand::over(TimePoint now, Duration window, Visit visit) const {
  const std::int64_t end = second_of(now);
  const std::int64_t begin = end - std::max<std::int64_t>(1, second_of(TimePoint{window}));
  int known = 0;
  for (std::int64_t t = std::max(begin, first_); t < end; ++t) {
    const auto index = static_cast<std::size_t>(t - first_);
    if (index >= seconds_.size()) break;
    if (!seconds_[index].known) continue;
    ++known;
    visit(seconds_[index]);
  }
  return known;
}

std::optional<std::uint64_t> Demand::arrivals_in(TimePoint second) const {
  std::optional<std::uint64_t> arrivals;
  over(second + 1s, 1s, [&](const Second& s) { arrivals = s.arrivals; });
  return arrivals;
}

double Demand::arrival_rate(TimePoint now, Duration window) const {
  double sum = 0;
  const int known =
      over(now, window, [&](const Second& s) { sum += static_cast<double>(s.arrivals); });
  return known == 0 ? 0 : sum / known;
}

double Demand::in_flight(TimePoint now, Duration window) const {
  double sum = 0;
  const int known = over(now, window, [&](const Second& s) { sum += s.in_flight; });
  return known == 0 ? 0 : sum / known;
}

double Demand::queued(TimePoint now, Duration window) const {
  double sum = 0;
  const int known = over(now, window, [&](const Second& s) { sum += s.queued; });
  return known == 0 ? 0 : sum / known;
}

double Demand::busy(TimePoint now, Duration window) const {
  double sum = 0;
  const int known = over(now, window, [&](const Second& s) { sum += s.service_sum_s; });
  return known == 0 ? 0 : sum / known;
}

ServiceTime Demand::service_time(ServiceTime fallback) const {
  double sum = 0, squares = 0;
  std::uint64_t count = 0;
  const std::size_t from =
      seconds_.size() > kServiceSeconds ? seconds_.size() - kServiceSeconds : 0;
  for (std::size_t i = from; i < seconds_.size(); ++i) {
    sum += seconds_[i].service_sum_s;
    squares += seconds_[i].service_square_sum;
    count += seconds_[i].service_count;
  }
  const double mean = count == 0 ? 0 : sum / static_cast<double>(count);
  if (count < kServiceSamplesMin || mean < kServiceMeanMin_s) return fallback;
  const double variance = std::max(0.0, squares / static_cast<double>(count) - mean * mean);
  return {mean, std::min(kServiceScvMax, variance / (mean * mean))};
}

LatencyHistogram Demand::latency(TimePoint now, Duration window) const {
  LatencyHistogram all;
  over(now, window, [&](const Second& s) { all.merge(s.latency); });
  return all;
}

Demand::Counts Demand::counts(TimePoint now, Duration window) const {
  Counts c;
  over(now, window, [&](const Second& s) {
    c.arrivals += s.arrivals;
    c.completed += s.completed;
    c.failed += s.failed;
    c.rejected += s.rejected;
    c.within_slo += s.within_slo;
  });
  return c;
}

TimePoint Demand::series_end(TimePoint now, Duration step) {
  const std::int64_t width = width_of(step);
  return TimePoint{std::chrono::seconds(second_of(now) / width * width)};
}

std::optional<double> Demand::mean_rate(std::int64_t begin, std::int64_t end) const {
  double sum = 0;
  int known = 0;
  const std::int64_t first = seconds_.empty() ? end : first_;
  // A step shorter than a minute is a part of one, and has its mean.
  if (begin < first && (end <= first || end - begin >= 60)) {
    for (std::int64_t minute = begin / 60; minute * 60 < std::min(end, first); ++minute) {
      const DemandMinutes::Minute of = minutes_.at(minute);
      sum += of.arrivals;
      known += of.known_seconds;
    }
  }
  for (std::int64_t t = std::max(begin, first); t < end; ++t) {
    const auto index = static_cast<std::size_t>(t - first);
    if (index >= seconds_.size()) break;
    const auto arrivals = seconds_[index].arrivals_known();
    if (!arrivals) continue;
    sum += static_cast<double>(*arrivals);
    ++known;
  }
  return known > 0 ? std::optional(sum / known) : std::nullopt;
}

Series Demand::series(TimePoint now, Duration step) const {
  return series(now, step, reach_of(width_of(step)));
}

Series Demand::series(TimePoint now, Duration step, Duration reach) const {
  Series series;
  const std::int64_t width = width_of(step);
  series.step = std::chrono::seconds(width);
  if (seconds_.empty() && minutes_.empty()) return series;
  const std::int64_t end = second_of(series_end(now, step));
  std::int64_t oldest = seconds_.empty() ? end : first_;
  if (!minutes_.empty() && reach > Duration::zero()) {
    const std::int64_t reach_s = std::chrono::floor<std::chrono::seconds>(reach).count();
    oldest = std::min(oldest, std::max(minutes_.first() * 60, end - reach_s));
  }
  const std::int64_t begin = (oldest + width - 1) / width * width;
  series.start = TimePoint{std::chrono::seconds(begin)};
  for (std::int64_t t = begin; t + width <= end; t += width) {
    const std::optional<double> rate = mean_rate(t, t + width);
    series.values.push_back(rate.value_or(0));
    series.present.push_back(rate.has_value());
  }
  return series;
}

}  // namespace starling
