#include "sim/request_sim.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>
#include <map>

#include "policy/market/exchange.h"
#include "sim/arrivals.h"
#include "sim/capacity.h"

namespace starling {
namespace {

constexpr std::size_t kHistoryPoints = 360;  // decision intervals that a forecaster sees

/// One model's side of the simulation: its queue, its replicas' places and what its policy knows.
class SimModel {
 public:
  SimModel(const ScenarioModel& spec, const Scenario& scenario, ModelRun run, Rng rng)
      : spec_(spec),
        policy_(std::move(run.policy)),
        arrivals_(scenario.arrivals, spec.demand, scenario.trace_interval, rng.split(1)),
        queue_(spec.service_time, scenario.routing, seconds(spec.slo.latency), spec.queue_limit,
               spec.concurrency, rng.split(2)),
        interval_(scenario.decision_interval) {
    outcome_.name = spec.name;
    outcome_.concurrency = spec.concurrency;
  }

  void run_until(double t);
  void observe(double t);
  void decide(const Forecast* forecast);
  HistoryView history(double t) const;
  int horizon() const;

  int wish() const { return allocation_.replicas; }
  const ReplicaValues& values() const { return allocation_.values; }
  int have() const { return queue_.replicas(); }
  /// Offered load per replica if it had one more: who is granted the next one.
  double need() const {
    const double rate = std::max(allocation_.planned_rate, observation_.arrival_rate);
    return rate * observation_.service.mean_s / observation_.concurrency / (have() + 1);
  }

  bool add(double t, double start_s, Capacity& capacity);
  bool add_from_terminating(double t);
  /// Returns when its room is free.
  double remove(double t);
  void free_terminated(double t, Capacity& capacity);
  void count_action() { ++outcome_.scale_actions; }
  ModelOutcome finish(double end, const Capacity& capacity);
  const ScenarioModel& spec() const { return spec_; }
  void record(std::size_t model, double t, TimelineRecorder& recorder) const {
    recorder.record(model, t, observation_, allocation_, queue_.totals());
  }

 private:
  struct Held {
    std::size_t node;
    double since;
  };
  struct Terminating {
    Held held;
    double until;
    bool reusable;
  };

  void charge(const Held& held, double until, const Capacity& capacity);

  const ScenarioModel& spec_;
  std::unique_ptr<Policy> policy_;
  ArrivalStream arrivals_;
  ModelQueue queue_;
  Duration interval_;
  std::vector<double> pending_;  // arrivals drawn, from pending_next_ on not yet happened
  std::size_t pending_next_ = 0;
  bool exhausted_ = false;
  std::map<int, Held> held_;  // by the queue's replica number
  std::vector<Terminating> terminating_;
  std::vector<double> rates_;
  std::vector<std::uint8_t> present_;
  Observation observation_;
  Allocation allocation_;
  ModelOutcome outcome_;
};

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

Result<std::vector<Forecast>> forecast_all(const std::vector<SimModel>& models,
                                           const Forecaster* forecaster, double t) {
  if (forecaster == nullptr) return std::vector<Forecast>{};
  std::vector<HistoryView> histories;
  int horizon = 1;
  for (const auto& model : models) {
    histories.push_back(model.history(t));
    horizon = std::max(horizon, model.horizon());
  }
  return forecaster->forecast(histories, horizon);
}

/// Makes the models follow their wishes as far as there is room.
void follow_wishes(std::vector<SimModel>& models, Capacity& capacity, double t) {
  for (auto& model : models) {
    while (model.have() > model.wish()) model.remove(t);
    // Without a release time an idle replica's room is free at once.
    model.free_terminated(t, capacity);
    while (model.have() < model.wish() && model.add_from_terminating(t)) {
    }
  }
  std::vector<bool> refused(models.size(), false);
  while (true) {
    std::size_t neediest = models.size();
    for (std::size_t i = 0; i < models.size(); ++i) {
      if (refused[i] || models[i].have() >= models[i].wish()) continue;
      if (neediest == models.size() || models[i].need() > models[neediest].need()) neediest = i;
    }
    if (neediest == models.size()) break;
    auto& model = models[neediest];
    refused[neediest] = !model.add(t, seconds(model.spec().cold_start), capacity);
  }
}

/// How one capacity is shared: by wishes while these fit, by value while they do not.
class Sharing {
 public:
  explicit Sharing(const Scenario& scenario) {
    for (const auto& node : scenario.nodes) cpu_millis_ += node.cpu_millis;
  }

  void apply(std::vector<SimModel>& models, Capacity& capacity, double t) {
    std::vector<int> before;
    for (auto& model : models) {
      before.push_back(model.have());
      model.free_terminated(t, capacity);
    }
    if (by_value(models, t)) {
      trade(models, capacity, t);
    } else {
      promised_.clear();
      follow_wishes(models, capacity, t);
    }
    for (std::size_t i = 0; i < models.size(); ++i) {
      if (models[i].have() != before[i]) models[i].count_action();
    }
  }

 private:
  /// A capacity that was short may be short again before a start would have helped: spare room is
  /// handed out ahead for so long.
  static constexpr double kShortMemoryS = 1800;

  /// A replica that was sold and whose room the buyer gets once it is free.
  struct Promise {
    std::size_t buyer;
    double due;
  };

  bool by_value(const std::vector<SimModel>& models, double t) {
    std::int64_t wished_millis = 0;
    bool valued = true;
    for (const auto& model : models) {
      wished_millis += model.wish() * model.spec().resources.cpu_millis;
      valued = valued && !model.values().gains.empty();
    }
    if (wished_millis > cpu_millis_) short_until_ = t + kShortMemoryS;
    return valued && t < short_until_;
  }

  void trade(std::vector<SimModel>& models, Capacity& capacity, double t) {
    const auto start = [&](std::size_t buyer) {
      SimModel& model = models[buyer];
      return model.add_from_terminating(t) ||
             model.add(t, seconds(model.spec().cold_start), capacity);
    };
    std::erase_if(promised_, [&](const Promise& promise) {
      return promise.due <= t && (start(promise.buyer) || promise.due + kPatienceS <= t);
    });
    std::vector<Trader> traders;
    for (const auto& model : models) {
      traders.push_back(
          {model.values(), model.have(), 0, model.spec().replicas.min, model.spec().replicas.max});
    }
    for (const Promise& promise : promised_) ++traders[promise.buyer].promised;
    starling::trade(traders, {start, [&](std::size_t seller, std::size_t buyer) {
                                promised_.push_back({buyer, models[seller].remove(t)});
                                return true;
                              }});
    for (auto& model : models) model.free_terminated(t, capacity);
    std::erase_if(promised_,
                  [&](const Promise& promise) { return promise.due <= t && start(promise.buyer); });
  }

  static constexpr double kPatienceS = 60;  // for room that somebody else took
  std::int64_t cpu_millis_ = 0;
  double short_until_ = -1;
  std::vector<Promise> promised_;
};

}  // namespace

Result<std::vector<ModelOutcome>> simulate(const Scenario& scenario, std::vector<ModelRun> runs,
                                           const Forecaster* forecaster, std::uint64_t seed,
                                           const SimulationWatch& watch) {
  assert(runs.size() == scenario.models.size());
  const Rng root(seed);
  Capacity capacity(scenario.nodes);
  Sharing sharing(scenario);
  std::vector<SimModel> models;
  models.reserve(runs.size());
  std::size_t intervals = 0;
  for (std::size_t i = 0; i < runs.size(); ++i) {
    const auto& spec = scenario.models[i];
    const int initial = runs[i].initial;
    intervals = std::max(intervals, spec.demand.size());
    models.emplace_back(spec, scenario, std::move(runs[i]), root.split(i));
    for (int n = 0; n < initial && models.back().add(0, 0, capacity); ++n) {
    }
  }

  TimelineRecorder recorder(watch.timeline, models.size());
  const double end = static_cast<double>(intervals) * seconds(scenario.trace_interval);
  const double step = seconds(scenario.decision_interval);
  for (std::uint64_t k = 1; static_cast<double>(k) * step < end; ++k) {
    const double t = static_cast<double>(k) * step;
    for (auto& model : models) {
      model.run_until(t);
      model.observe(t);
    }
    const auto forecasts = forecast_all(models, forecaster, t);
    if (!forecasts) return fail(forecasts.error());
    for (std::size_t i = 0; i < models.size(); ++i) {
      models[i].decide(forecasts->empty() ? nullptr : &(*forecasts)[i]);
      models[i].record(i, t, recorder);
    }
    sharing.apply(models, capacity, t);
    if (watch.progress) watch.progress(t / end);
  }

  std::vector<ModelOutcome> outcomes;
  for (auto& model : models) outcomes.push_back(model.finish(end, capacity));
  return outcomes;
}

}  // namespace starling
