#include "sim/arrivals.h"

#include <algorithm>
#include <cmath>

namespace starling {

ArrivalStream::ArrivalStream(Arrivals law, std::vector<double> demand, Duration interval, Rng rng,
                             double scv)
    : law_(law),
      demand_(std::move(demand)),
      interval_s_(seconds(interval)),
      rng_(rng),
      scv_(scv),
      gap_({Distribution::Law::kExponential, 0, 1, 1, {}}) {
  // The gap in which the trace begins is length-biased, for gamma gaps a gamma of shape + 1, and
  // begins anywhere in it (Cox, Renewal Theory, 1962, §5): so the mean is right from the start.
  if (law == Arrivals::kBursty) due_ = rng_.uniform() * rng_.gamma(1 / scv + 1, scv);
}

void ArrivalStream::add_bursty(double begin, double demand, std::vector<double>& arrivals) {
  for (; due_ < demand; due_ += rng_.gamma(1 / scv_, scv_))
    arrivals.push_back(begin + due_ / demand * interval_s_);
  due_ -= demand;
}

std::int64_t ArrivalStream::whole_count() {
  const double before = std::floor(cumulated_ + 0.5);
  cumulated_ += demand_[index_];
  return static_cast<std::int64_t>(std::floor(cumulated_ + 0.5) - before);
}

bool ArrivalStream::next(std::vector<double>& arrivals) {
  if (index_ >= demand_.size()) {
    arrivals.insert(arrivals.end(), over_.begin(), over_.end());
    over_.clear();
    return false;
  }
  const double begin = covered_s();
  const double end = begin + interval_s_;
  if (law_ == Arrivals::kPoisson) {
    const double mean_gap = demand_[index_] > 0 ? interval_s_ / demand_[index_] : 0;
    if (mean_gap > 0) {
      for (double t = begin + mean_gap * gap_(rng_); t < end; t += mean_gap * gap_(rng_))
        arrivals.push_back(t);
    }
    ++index_;
    return true;
  }

  if (law_ == Arrivals::kBursty) {
    add_bursty(begin, demand_[index_++], arrivals);
    return true;
  }

  const std::int64_t count = whole_count();
  const double mean_gap = count > 0 ? interval_s_ / static_cast<double>(count) : 0;
  const std::size_t first = over_.size();
  double t = begin;
  for (std::int64_t i = 0; i < count; ++i) {
    if (law_ == Arrivals::kEven) t = begin + (static_cast<double>(i) + 0.5) * mean_gap;
    over_.push_back(t);
    if (law_ == Arrivals::kCounted) t += mean_gap * gap_(rng_);
  }
  std::inplace_merge(over_.begin(), over_.begin() + static_cast<std::ptrdiff_t>(first),
                     over_.end());
  const auto beyond = std::lower_bound(over_.begin(), over_.end(), end);
  arrivals.insert(arrivals.end(), over_.begin(), beyond);
  over_.erase(over_.begin(), beyond);
  ++index_;
  return true;
}

}  // namespace starling
