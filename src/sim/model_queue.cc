#include "sim/model_queue.h"

#include <algorithm>
#include <bit>
#include <cassert>
#include <cmath>

#include "policy/admission_limit.h"

namespace starling {

std::size_t LatencyCounts::bucket(double seconds) {
  constexpr int kBias = 1023;
  const auto bits = std::bit_cast<std::uint64_t>(std::max(seconds, 0.0));
  const auto fine = static_cast<std::int64_t>(bits >> (52 - kSubBits));
  const std::int64_t index = fine - (static_cast<std::int64_t>(kBias + kOctaveMin) << kSubBits);
  return static_cast<std::size_t>(std::clamp<std::int64_t>(index, 0, kBuckets - 1));
}

double LatencyCounts::lower_bound(std::size_t bucket) {
  const double within = static_cast<double>(bucket & ((1 << kSubBits) - 1)) / (1 << kSubBits);
  return std::ldexp(1 + within, kOctaveMin + static_cast<int>(bucket >> kSubBits));
}

void LatencyCounts::merge(const LatencyCounts& other) {
  for (std::size_t i = 0; i < kBuckets; ++i) counts_[i] += other.counts_[i];
}

LatencyCounts LatencyCounts::since(const LatencyCounts& earlier) const {
  LatencyCounts later;
  for (std::size_t i = 0; i < kBuckets; ++i)
    later.counts_[i] = counts_[i] - std::min(counts_[i], earlier.counts_[i]);
  return later;
}

double LatencyCounts::quantile(double q) const {
  std::uint64_t total = 0;
  for (const auto count : counts_) total += count;
  if (total == 0) return 0;
  const double rank = std::clamp(q, 0.0, 1.0) * static_cast<double>(total);
  double below = 0;
  for (std::size_t i = 0; i < kBuckets; ++i) {
    const auto here = static_cast<double>(counts_[i]);
    if (here > 0 && below + here >= rank) {
      const double within = std::clamp((rank - below) / here, 0.0, 1.0);
      return lower_bound(i) + within * (lower_bound(i + 1) - lower_bound(i));
    }
    below += here;
  }
  return lower_bound(kBuckets);
}

ModelQueue::ModelQueue(const Distribution& service, const std::optional<Distribution>& routing,
                       double slo_s, int queue_limit, int concurrency, Rng rng, Batching batch,
                       bool may_fail)
    : service_(service),
      slo_s_(slo_s),
      queue_limit_(static_cast<std::size_t>(queue_limit)),
      concurrency_(concurrency),
      rng_(rng),
      batch_(batch),
      may_fail_(may_fail) {
  if (routing) routing_.emplace(*routing);
}

void ModelQueue::arrive(double t) {
  ++totals_.arrived;
  if (!waiting_.empty()) advance(t);
  if (waiting_.empty() && !slots_.empty() && slots_.front().free_at <= t) {
    start(t, t);
  } else if (waiting_.size() >= queue_limit_) {
    ++totals_.dropped;
  } else if (admission_ && !admits(t)) {
    ++totals_.rejected;
  } else {
    waiting_.push_back(t);
  }
}

void ModelQueue::control_admission(const ServiceTime& service) {
  admission_ = service;
  may_wait_.clear();
  const double longest = 1 + batch_.marginal * (batch_.max - 1);
  admission_->mean_s *= longest;
  admission_->occupancy_s *= longest;
}

bool ModelQueue::admits(double t) {
  for (auto known = static_cast<int>(may_wait_.size()); known <= replicas(); ++known) {
    const int together = concurrency_ * batch_.max;
    const auto limit = admission_limit(known, together, *admission_, from_seconds(slo_s_));
    may_wait_.push_back(static_cast<std::size_t>(limit - std::int64_t{known} * together));
  }
  return waiting_.size() < may_wait_[static_cast<std::size_t>(ready(t))];
}

inline double ModelQueue::leave_queue(double t) {
  const double arrived_at = waiting_.front();
  window_waited_s_ += t - std::max(front_since(), window_begin_);
  ++totals_.waited;
  waiting_.pop_front();
  if (!again_since_.empty()) [[unlikely]]
    again_since_.pop_front();
  return arrived_at;
}

void ModelQueue::advance(double t) {
  while (!waiting_.empty() && !slots_.empty() && slots_.front().free_at <= t) {
    const double begins = std::max(front_since(), slots_.front().free_at);
    if (batch_.max > 1) [[unlikely]] {
      start_batch(begins);
    } else {
      start(leave_queue(begins), begins);
    }
  }
}

void ModelQueue::replace_first(Slot moved) {
  const std::size_t count = slots_.size();
  std::size_t at = 0;
  for (std::size_t child = 1; child < count; child = 2 * at + 1) {
    if (child + 1 < count && slots_[child + 1].free_at < slots_[child].free_at) ++child;
    if (slots_[child].free_at >= moved.free_at) break;
    slots_[at] = slots_[child];
    at = child;
  }
  slots_[at] = moved;
}

inline double ModelQueue::serve(double arrived_at, double t, double service_s) {
  double latency_s = t - arrived_at + service_s;
  if (routing_) latency_s += (*routing_)(rng_) + (*routing_)(rng_);
  ++totals_.served;
  totals_.met_slo += latency_s <= slo_s_ ? 1 : 0;
  totals_.wait_sum_s += t - arrived_at;
  totals_.latency_sum_s += latency_s;
  totals_.latencies.add(latency_s);
  return latency_s;
}

inline void ModelQueue::occupy(double t, double service_s, int shared) {
  totals_.busy_s += service_s;
  totals_.busy_square_s2 += service_s * service_s;
  window_started_s_ += service_s;
  replace_first({t + service_s, slots_.front().replica, shared});
}

inline double ModelQueue::draw_service_s(double t, double work) {
  const double alone_s = service_(rng_) * work;
  if (!cpu_) [[likely]]
    return alone_s;
  const int replica = slots_.front().replica;
  const auto others = std::count_if(slots_.begin(), slots_.end(), [&](const Slot& slot) {
    return slot.replica == replica && slot.free_at > t;
  });
  return cpu_->serve(replica, alone_s, static_cast<int>(others) + 1);
}

void ModelQueue::start(double arrived_at, double t) {
  const double service_s = draw_service_s(t);
  const double latency_s = serve(arrived_at, t, service_s);
  if (may_fail_) [[unlikely]]
    remember(arrived_at, t, service_s, latency_s, true);
  occupy(t, service_s, 0);
}

void ModelQueue::start_batch(double t) {
  std::size_t size = again_since_.empty() ? 1 : again_since_.size();
  while (size < waiting_.size() && waiting_[size] <= t) ++size;
  size = std::min(size, static_cast<std::size_t>(batch_.max));
  const int shared = static_cast<int>(size) - 1;
  const double service_s = draw_service_s(t, 1 + batch_.marginal * shared);
  for (int i = 0; i <= shared; ++i) {
    const double arrived_at = leave_queue(t);
    const double latency_s = serve(arrived_at, t, service_s);
    if (may_fail_) remember(arrived_at, t, service_s, latency_s, i == 0);
  }
  window_shared_s_ += shared * service_s;
  occupy(t, service_s, shared);
}

void ModelQueue::remember(double arrived_at, double t, double service_s, double latency_s,
                          bool first) {
  auto& of_replica = in_service_[slots_.front().replica];
  std::erase_if(of_replica, [&](const InService& other) { return other.finished_at <= t; });
  of_replica.push_back({arrived_at, t, t + service_s, latency_s, first});
}

void ModelQueue::take_back(const InService& request, double t) {
  const double service_s = request.finished_at - request.started_at;
  ++totals_.retried;
  --totals_.served;
  totals_.met_slo -= request.latency_s <= slo_s_ ? 1 : 0;
  totals_.wait_sum_s -= request.started_at - request.arrived_at;
  totals_.latency_sum_s -= request.latency_s;
  totals_.latencies.remove(request.latency_s);
  if (!request.first) return;
  const double spent_s = t - request.started_at;
  totals_.busy_s -= service_s - spent_s;
  totals_.busy_square_s2 -= service_s * service_s - spent_s * spent_s;
}

int ModelQueue::add_replica(double ready_at) {
  const int number = next_number_++;
  replicas_.push_back({number, ready_at});
  for (int i = 0; i < concurrency_; ++i) {
    slots_.push_back({ready_at, number});
    std::push_heap(slots_.begin(), slots_.end(),
                   [](const Slot& a, const Slot& b) { return a.free_at > b.free_at; });
  }
  return number;
}

ModelQueue::Removed ModelQueue::next_to_go(double t) const {
  const auto finished_at = [&](const Replica& replica) {
    double last = t;
    for (const auto& slot : slots_) {
      if (slot.replica == replica.number) last = std::max(last, slot.free_at);
    }
    return last;
  };
  const auto newest =
      std::max_element(replicas_.begin(), replicas_.end(),
                       [](const Replica& a, const Replica& b) { return a.ready_at < b.ready_at; });
  if (newest->ready_at > t) return {newest->number, false, t};
  const auto idlest = std::min_element(
      replicas_.begin(), replicas_.end(),
      [&](const Replica& a, const Replica& b) { return finished_at(a) < finished_at(b); });
  return {idlest->number, true, finished_at(*idlest)};
}

ModelQueue::Removed ModelQueue::remove_replica(double t) {
  const Removed removed = next_to_go(t);
  erase(std::find_if(replicas_.begin(), replicas_.end(),
                     [&](const Replica& replica) { return replica.number == removed.replica; }),
        t);
  return removed;
}

void ModelQueue::erase(std::vector<Replica>::iterator replica, double t) {
  const int number = replica->number;
  if (replica->ready_at <= t) {
    for (const auto& slot : slots_) {
      // What it still has in service is finished outside the slots that are counted from now on.
      const double left_s = slot.replica == number ? std::max(0.0, slot.free_at - t) : 0;
      carried_busy_s_ -= left_s;
      carried_shared_s_ -= slot.shared * left_s;
    }
  }
  replicas_.erase(replica);
  if (cpu_) cpu_->forget(number);
  std::erase_if(slots_, [&](const Slot& slot) { return slot.replica == number; });
  std::make_heap(slots_.begin(), slots_.end(),
                 [](const Slot& a, const Slot& b) { return a.free_at > b.free_at; });
}

void ModelQueue::fail_replica(int number, double t) {
  assert(may_fail_);
  const auto replica = std::find_if(replicas_.begin(), replicas_.end(),
                                    [&](const Replica& known) { return known.number == number; });
  if (replica != replicas_.end()) erase(replica, t);
  auto lost = in_service_.extract(number);
  if (lost.empty()) return;
  auto& requests = lost.mapped();
  std::erase_if(requests, [&](const InService& request) { return request.finished_at <= t; });
  std::stable_sort(requests.begin(), requests.end(), [](const InService& a, const InService& b) {
    return a.arrived_at > b.arrived_at;
  });
  for (const auto& request : requests) {
    take_back(request, t);
    waiting_.push_front(request.arrived_at);
    again_since_.push_front(t);
  }
  advance(t);
}

void ModelQueue::drop_waiting() {
  totals_.dropped += waiting_.size();
  waiting_.clear();
  again_since_.clear();
}

int ModelQueue::ready(double t) const {
  return static_cast<int>(
      std::count_if(replicas_.begin(), replicas_.end(),
                    [&](const Replica& replica) { return replica.ready_at <= t; }));
}

double ModelQueue::ready_at(int replica) const {
  const auto at = std::find_if(replicas_.begin(), replicas_.end(),
                               [&](const Replica& known) { return known.number == replica; });
  return at->ready_at;
}

QueueWindow ModelQueue::observe(double t) {
  const double length_s = t - window_begin_;
  QueueWindow window;
  window.arrived = totals_.arrived - window_arrived_;
  const auto missed = static_cast<std::int64_t>(totals_.dropped + totals_.rejected +
                                                totals_.served - totals_.met_slo);
  window.missed = static_cast<std::uint64_t>(std::max<std::int64_t>(0, missed - window_missed_));
  double waited_s = window_waited_s_;
  for (std::size_t i = 0; i < waiting_.size(); ++i) {
    const double since = i < again_since_.size() ? again_since_[i] : waiting_[i];
    waited_s += t - std::max(since, window_begin_);
  }
  double unfinished_s = 0;
  double shared_s = 0;
  for (const auto& slot : slots_) {
    // A slot that is free later is busy, unless its replica is only starting.
    if (slot.free_at <= t || ready_at(slot.replica) > t) continue;
    unfinished_s += slot.free_at - t;
    shared_s += slot.shared * (slot.free_at - t);
  }
  const double busy_s = std::max(0.0, carried_busy_s_ + window_started_s_ - unfinished_s);
  double slot_s = 0;
  for (const auto& replica : replicas_) {
    slot_s += concurrency_ * std::max(0.0, t - std::max(replica.ready_at, window_begin_));
  }
  if (length_s > 0) {
    window.waiting = waited_s / length_s;
    window.in_service =
        (busy_s + std::max(0.0, carried_shared_s_ + window_shared_s_ - shared_s)) / length_s;
  }
  window.utilization = slot_s > 0 ? std::min(1.0, busy_s / slot_s) : 0;

  window_begin_ = t;
  window_arrived_ = totals_.arrived;
  window_missed_ = missed;
  window_waited_s_ = 0;
  window_started_s_ = 0;
  carried_busy_s_ = unfinished_s;
  window_shared_s_ = 0;
  carried_shared_s_ = shared_s;
  return window;
}

}  // namespace starling
