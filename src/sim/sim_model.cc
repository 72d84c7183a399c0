#include "sim/sim_model.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>

#include "policy/market/demand_outlook.h"

namespace starling {
namespace {

constexpr double kNever = std::numeric_limits<double>::infinity();
constexpr std::size_t kHistoryPoints = 360;  // decision intervals that a forecaster sees

double cores(const Resources& size) { return static_cast<double>(size.cpu_millis) / 1000; }

}  // namespace

SimModel::SimModel(const ScenarioModel& spec, const Scenario& scenario, ModelRun run, Rng rng)
    : spec_(spec),
      policy_(std::move(run.policy)),
      arrivals_(scenario.arrivals, spec.demand, scenario.trace_interval, rng.split(1),
                scenario.arrivals_scv),
      queue_(spec.service_time, scenario.routing, seconds(spec.slo.latency), spec.queue_limit,
             spec.concurrency, rng.split(2), spec.batch,
             spec.mean_time_between_failures > 0s || !scenario.evictions.empty()),
      interval_(scenario.decision_interval),
      starts_rng_(rng.split(3)),
      failures_rng_(rng.split(4)) {
  if (spec.cold_start_law) cold_start_.emplace(*spec.cold_start_law);
  if (spec.warm_start_law) warm_start_.emplace(*spec.warm_start_law);
  outcome_.name = spec.name;
  outcome_.concurrency = spec.concurrency;
  outcome_.admission = spec.admission;
  if (spec.cpu_s_per_request > 0) {
    queue_.share_cpu({spec.cpu_s_per_request, spec.service_time.mean_s(), cores(spec.resources)});
    if (spec.sizing.mode == SizingMode::kAuto && run.sizes) sizing_.emplace(spec, scenario.nodes);
  }
  outcome_.sized = sizing_.has_value();
  if (spec.admission == Admission::kReject)
    queue_.control_admission(service_on(spec, cores(spec.resources)));
}

void SimModel::run_until(double t, Capacity& capacity) {
  for (double loss = next_loss(); loss <= t; loss = next_loss()) {
    run_queue_until(loss);
    lose(loss, capacity);
  }
  run_queue_until(t);
}

double SimModel::next_loss() const {
  double first = kNever;
  for (const auto& [number, held] : held_) first = std::min(first, held.lost_at);
  for (const auto& replica : terminating_) {
    if (replica.held.lost_at < replica.until) first = std::min(first, replica.held.lost_at);
  }
  return first;
}

void SimModel::lose(double t, Capacity& capacity) {
  const auto lost = [&](int number, const Held& held) {
    queue_.fail_replica(number, t);
    charge(held, t, capacity);
    capacity.give_back(held.node, held.size);
    ++outcome_.replicas_lost;
  };
  std::erase_if(held_, [&](const auto& entry) {
    if (entry.second.lost_at > t) return false;
    lost(entry.first, entry.second);
    return true;
  });
  std::erase_if(terminating_, [&](const Terminating& replica) {
    if (replica.held.lost_at > t || replica.held.lost_at >= replica.until) return false;
    lost(replica.number, replica.held);
    return true;
  });
}

void SimModel::run_queue_until(double t) {
  while (true) {
    while (pending_next_ < pending_.size() && pending_[pending_next_] <= t)
      queue_.arrive(pending_[pending_next_++]);
    if (pending_next_ < pending_.size() || exhausted_ || arrivals_.covered_s() > t) break;
    pending_.clear();
    pending_next_ = 0;
    exhausted_ = !arrivals_.next(pending_);
  }
  queue_.advance(t);
}

void SimModel::observe(double t) {
  const QueueWindow window = queue_.observe(t);
  observation_.now = TimePoint{} + from_seconds(t);
  observation_.arrival_rate = static_cast<double>(window.arrived) / seconds(interval_);
  observation_.missed_rate = static_cast<double>(window.missed) / seconds(interval_);
  observation_.in_flight = window.in_service + window.waiting;
  observation_.queued = window.waiting;
  observation_.utilization = window.utilization;
  observation_.ready = queue_.ready(t);
  observation_.starting = queue_.starting(t);
  observation_.concurrency = spec_.concurrency;
  observation_.cold_start = spec_.cold_start;
  observation_.interval = interval_;
  observation_.release = spec_.release;
  observation_.queue_limit = spec_.queue_limit;
  observation_.service = service_on(spec_, cores(sizing_ ? sizing_->decided() : spec_.resources));
  if (sizing_) observation_.size = sizing_->observed(ready_cores(t));
  rates_.push_back(observation_.arrival_rate);
  present_.push_back(1);
}

double SimModel::ready_cores(double t) const {
  double sum = 0;
  int ready = 0;
  for (const auto& [number, held] : held_) {
    if (held.ready_at > t) continue;
    sum += cores(held.size);
    ++ready;
  }
  return ready > 0 ? sum / ready : cores(size());
}

void SimModel::decide(const Forecast* forecast) {
  observation_.forecast = forecast;
  const Objective objective{spec_.slo.latency, spec_.slo.percentile, spec_.replicas.min,
                            spec_.replicas.max, spec_.priority};
  allocation_ = policy_->decide(observation_, objective);
  if (!sizing_) return;
  const double t = seconds(observation_.now - TimePoint{});
  observe_use(t);
  const Resources before = size();
  sizing_->decide(observation_, objective, allocation_);
  if (size() == before) return;
  ++outcome_.size_changes;
  if (spec_.admission == Admission::kReject)
    queue_.control_admission(service_on(spec_, cores(size())));
}

void SimModel::observe_use(double t) {
  for (const auto& [number, held] : held_) {
    const double its_s = queue_.cpu()->take_used(number);
    if (held.ready_at > t - seconds(interval_)) continue;
    sizing_->observe(observation_.now, std::min(its_s / seconds(interval_), cores(held.size)));
  }
  // One whose replica failed began twice: both times it used the CPU.
  const double began = static_cast<double>(queue_.totals().served + queue_.totals().retried);
  sizing_->observe_requests(queue_.cpu()->used_s() - used_s_, began - began_);
  used_s_ = queue_.cpu()->used_s();
  began_ = began;
}

void SimModel::resize(double t, Capacity& capacity) {
  if (!sizing_) return;
  for (auto& [number, held] : held_) {
    if (held.size == size() || !capacity.resize(held.node, held.size, size())) continue;
    charge(held, t, capacity);
    held.since = t;
    held.size = size();
    queue_.cpu()->set_cores(number, cores(held.size));
  }
}

HistoryView SimModel::history(double t) const {
  const std::size_t count = std::min(rates_.size(), kHistoryPoints);
  HistoryView view;
  view.values = std::span(rates_).last(count);
  view.present = std::span(present_).last(count);
  view.step = interval_;
  view.start = TimePoint{} + from_seconds(t) - interval_ * static_cast<std::int64_t>(count);
  return view;
}

int SimModel::horizon() const {
  const Duration reach = DemandOutlook::reach_of(spec_.cold_start, interval_);
  return static_cast<int>((reach + interval_ - Duration(1)) / interval_);
}

double SimModel::cold_start_s() {
  return cold_start_ ? (*cold_start_)(starts_rng_) : seconds(spec_.cold_start);
}

double SimModel::warm_start_s() {
  return warm_start_ ? (*warm_start_)(starts_rng_) : seconds(spec_.warm_start);
}

double SimModel::lost_at(std::size_t node, double t, double ready_at, const Capacity& capacity) {
  const double fails_at =
      spec_.mean_time_between_failures > 0s
          ? ready_at + failures_rng_.exponential(seconds(spec_.mean_time_between_failures))
          : kNever;
  return std::min(fails_at, capacity.stops_at(node, t));
}

bool SimModel::add(double t, double start_s, Capacity& capacity) {
  const auto node = capacity.take(size(), t);
  if (!node) return false;
  const double ready_at = t + start_s;
  hold(queue_.add_replica(ready_at),
       {*node, t, ready_at, lost_at(*node, t, ready_at, capacity), size()});
  return true;
}

void SimModel::hold(int number, const Held& held) {
  held_[number] = held;
  if (queue_.cpu() != nullptr) queue_.cpu()->set_cores(number, cores(held.size));
}

bool SimModel::add_from_terminating(double t, const Capacity& capacity) {
  const auto last =
      std::find_if(terminating_.rbegin(), terminating_.rend(), [&](const Terminating& replica) {
        return replica.reusable && capacity.open(replica.held.node, t);
      });
  if (last == terminating_.rend()) return false;
  // It has its slots to itself again when the requests from before are done.
  const double ready_at = std::max(t + warm_start_s(), last->finished_at);
  Held held = last->held;
  held.ready_at = ready_at;
  held.lost_at = lost_at(held.node, t, ready_at, capacity);
  hold(queue_.add_replica(ready_at), held);
  terminating_.erase(std::next(last).base());
  return true;
}

double SimModel::terminate(double t, bool reusable) {
  const auto removed = queue_.remove_replica(t);
  const auto held = held_.find(removed.replica);
  assert(held != held_.end());
  const double until = std::max(t + seconds(spec_.release), removed.finished_at);
  terminating_.push_back(
      {removed.replica, held->second, until, removed.finished_at, removed.was_ready && reusable});
  held_.erase(held);
  return until;
}

bool SimModel::makes_room_for(const Resources& size, double t, const Capacity& capacity) const {
  const Held& held = held_.at(queue_.next_to_go(t).replica);
  return capacity.replaceable(held.node, held.size, size, t);
}

void SimModel::free_terminated(double t, Capacity& capacity) {
  std::erase_if(terminating_, [&](const Terminating& replica) {
    if (replica.until > t) return false;
    charge(replica.held, replica.until, capacity);
    capacity.give_back(replica.held.node, replica.held.size);
    return true;
  });
}

void SimModel::charge(const Held& held, double until, const Capacity& capacity) {
  outcome_.replica_s += until - held.since;
  outcome_.core_s += (until - held.since) * cores(held.size);
  outcome_.cost += (until - held.since) / 3600 * capacity.price_per_hour(held.node, held.size);
}

ModelOutcome SimModel::finish(double end, Capacity& capacity) {
  run_until(end, capacity);
  run_queue_until(kNever);
  queue_.drop_waiting();
  for (const auto& [number, held] : held_) charge(held, end, capacity);
  for (const auto& replica : terminating_)
    charge(replica.held, std::min(replica.until, end), capacity);
  outcome_.totals = queue_.totals();
  return std::move(outcome_);
}

}  // namespace starling
