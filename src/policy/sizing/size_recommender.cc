#include "policy/sizing/size_recommender.h"

#include <algorithm>
#include <cmath>

#include "base/units.h"

namespace starling {
namespace {

constexpr double kMillisMost = 1e9;  // more than any machine has, and exact as an integer
constexpr double kBytesMost = 9e15;

std::int64_t whole(double amount, double most) {
  return static_cast<std::int64_t>(std::ceil(std::min(amount, most)));
}

/// Whole MiB, as people write it.
std::int64_t whole_mebibytes(double bytes) {
  return static_cast<std::int64_t>(
             std::ceil(std::min(bytes, kBytesMost) / static_cast<double>(kMiB))) *
         kMiB;
}

}  // namespace

bool SizeRecommender::observe(const UsageSample& sample) {
  if (!(sample.cpu_cores >= 0) || !(sample.memory_bytes >= 0)) return false;
  cpu_.add(sample.cpu_cores, 1, sample.time);
  memory_.add(sample.memory_bytes, 1, sample.time);
  first_ = samples_ == 0 ? sample.time : std::min(first_, sample.time);
  last_ = samples_ == 0 ? sample.time : std::max(last_, sample.time);
  if (samples_++ == 0) window_ = sample.time;
  if (sample.time - window_ >= kPeakWindow) {
    const bool next = sample.time - window_ < 2 * kPeakWindow;
    peak_before_ = next ? peak_ : 0;
    peak_ = 0;
    window_ = sample.time;
  }
  peak_ = std::max(peak_, sample.memory_bytes);
  return true;
}

void SizeRecommender::out_of_memory(double limit_bytes, TimePoint time) {
  if (!(limit_bytes >= 0)) return;
  const double needs = std::max(limit_bytes * kKillRatio, limit_bytes + kKillBytes);
  if (time - killed_ >= kKillMemory) killed_needs_ = 0;
  killed_needs_ = std::max(killed_needs_, needs);
  killed_ = std::max(killed_, time);
}

UsageRecord SizeRecommender::record() const {
  return {cpu_.state(last_), memory_.state(last_), samples_, first_, last_,
          memory_peak(),     killed_needs_,        killed_};
}

void SizeRecommender::take_over(const UsageRecord& record) {
  if (record.killed > killed_) {
    killed_needs_ = std::max(killed_needs_, record.killed_needs);
    killed_ = record.killed;
  }
  if (record.samples <= samples_) return;
  cpu_.restore(record.cpu);
  memory_.restore(record.memory);
  first_ = samples_ > 0 ? std::min(first_, record.first) : record.first;
  last_ = samples_ > 0 ? std::max(last_, record.last) : record.last;
  if (samples_ == 0) window_ = record.last;
  peak_ = std::max(peak_, record.memory_peak);
  samples_ = record.samples;
}

SizeFloor SizeRecommender::floor(TimePoint now) const {
  SizeFloor floor;
  floor.seen = last_ - first_;
  floor.trusted = samples_ >= kSamplesMin && floor.seen >= history_;
  if (samples_ > 0) {
    floor.cpu_p95 = cpu_.quantile(kPercentile);
    floor.memory_p95 = memory_.quantile(kPercentile);
    const auto with = [&](double factor) {
      return Resources{whole(1000 * floor.cpu_p95 * factor, kMillisMost),
                       whole_mebibytes(std::max(floor.memory_p95 * factor, memory_peak()))};
    };
    const double widened = 1 + seconds(history_) / std::max(1.0, seconds(floor.seen));
    floor.size = with(1 + kMargin);
    floor.lower_to = with((1 + kMargin) * widened);
  }
  if (killed_needs_ > 0 && now - killed_ < kKillMemory) {
    const std::int64_t needs = whole_mebibytes(killed_needs_);
    floor.memory_killed = needs > floor.size.memory_bytes;
    floor.size.memory_bytes = std::max(floor.size.memory_bytes, needs);
    floor.lower_to.memory_bytes = std::max(floor.lower_to.memory_bytes, needs);
  }
  return floor;
}

}  // namespace starling
