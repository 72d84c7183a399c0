#include "sim/sim_model.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>

namespace starling {
namespace {

constexpr std::size_t kHistoryPoints = 360;  // decision intervals that a forecaster sees

}  // namespace

SimModel::SimModel(const ScenarioModel& spec, const Scenario& scenario, ModelRun run, Rng rng)
    : spec_(spec),
      policy_(std::move(run.policy)),
      arrivals_(scenario.arrivals, spec.demand, scenario.trace_interval, rng.split(1)),
      queue_(spec.service_time, scenario.routing, seconds(spec.slo.latency), spec.queue_limit,
             spec.concurrency, rng.split(2)),
      interval_(scenario.decision_interval) {
  outcome_.name = spec.name;
  outcome_.concurrency = spec.concurrency;
}

void SimModel::run_until(double t) {
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
  observation_.service = {spec_.service_time.mean_s(), spec_.service_time.scv()};
  rates_.push_back(observation_.arrival_rate);
  present_.push_back(1);
}

void SimModel::decide(const Forecast* forecast) {
  observation_.forecast = forecast;
  allocation_ =
      policy_->decide(observation_, {spec_.slo.latency, spec_.slo.percentile, spec_.replicas.min,
                                     spec_.replicas.max, spec_.priority});
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
  return static_cast<int>(std::ceil(seconds(spec_.cold_start + interval_) / seconds(interval_))) +
         1;
}

bool SimModel::add(double t, double start_s, Capacity& capacity) {
  const auto node = capacity.take(spec_.resources);
  if (!node) return false;
  held_[queue_.add_replica(t + start_s)] = {*node, t};
  return true;
}

bool SimModel::add_from_terminating(double t) {
  const auto last = std::find_if(terminating_.rbegin(), terminating_.rend(),
                                 [](const Terminating& replica) { return replica.reusable; });
  if (last == terminating_.rend()) return false;
  held_[queue_.add_replica(t + seconds(spec_.warm_start))] = last->held;
  terminating_.erase(std::next(last).base());
  return true;
}

double SimModel::remove(double t) {
  const auto removed = queue_.remove_replica(t);
  const auto held = held_.find(removed.replica);
  assert(held != held_.end());
  const double until = std::max(t + seconds(spec_.release), removed.finished_at);
  terminating_.push_back({held->second, until, removed.was_ready});
  held_.erase(held);
  return until;
}

void SimModel::free_terminated(double t, Capacity& capacity) {
  std::erase_if(terminating_, [&](const Terminating& replica) {
    if (replica.until > t) return false;
    charge(replica.held, replica.until, capacity);
    capacity.give_back(replica.held.node, spec_.resources);
    return true;
  });
}

void SimModel::charge(const Held& held, double until, const Capacity& capacity) {
  outcome_.replica_s += until - held.since;
  outcome_.cost +=
      (until - held.since) / 3600 * capacity.price_per_hour(held.node, spec_.resources);
}

ModelOutcome SimModel::finish(double end, const Capacity& capacity) {
  run_until(std::numeric_limits<double>::infinity());
  queue_.drop_waiting();
  for (const auto& [number, held] : held_) charge(held, end, capacity);
  for (const auto& replica : terminating_)
    charge(replica.held, std::min(replica.until, end), capacity);
  outcome_.totals = queue_.totals();
  return std::move(outcome_);
}

}  // namespace starling
