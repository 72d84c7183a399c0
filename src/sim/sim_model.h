// One model's side of the simulation: its queue, its replicas' places and what its policy knows.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "policy/policy.h"
#include "sim/arrivals.h"
#include "sim/capacity.h"
#include "sim/model_queue.h"
#include "sim/request_sim.h"
#include "sim/sim_sizing.h"

namespace starling {

/// Moves from decision to decision: `run_until`, `observe`, `decide`, `resize`, then `add` and
/// `remove`.
class SimModel {
 public:
  SimModel(const ScenarioModel& spec, const Scenario& scenario, ModelRun run, Rng rng);

  void run_until(double t, Capacity& capacity);
  void observe(double t);
  void decide(const Forecast* forecast);
  /// Gives replicas the size that was decided, as far as their nodes have room.
  void resize(double t, Capacity& capacity);
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

  /// One that is ready at once.
  bool add_ready(double t, Capacity& capacity) { return add(t, 0, capacity); }
  bool start(double t, Capacity& capacity) { return add(t, cold_start_s(), capacity); }
  bool add_from_terminating(double t, const Capacity& capacity);
  /// Both return when the replica's room is free. A sold one can't be taken back from terminating:
  /// its room is promised.
  double remove(double t) { return terminate(t, true); }
  double sell(double t) { return terminate(t, false); }
  /// Whether one of `size` may take the place of the replica that it would sell next.
  bool makes_room_for(const Resources& size, double t, const Capacity& capacity) const;
  void free_terminated(double t, Capacity& capacity);
  void count_action() { ++outcome_.scale_actions; }
  ModelOutcome finish(double end, Capacity& capacity);
  const ScenarioModel& spec() const { return spec_; }
  /// Of the replicas that start next.
  const Resources& size() const { return sizing_ ? sizing_->size() : spec_.resources; }
  void record(std::size_t model, double t, TimelineRecorder& recorder) const {
    recorder.record(model, t, ready_cores(t), observation_, allocation_, queue_.totals());
  }

 private:
  struct Held {
    std::size_t node;
    double since;  // it has this size
    double ready_at;
    double lost_at;  // by a failure or with its node; infinite if never
    Resources size;
  };
  struct Terminating {
    int number;
    Held held;
    double until;
    double finished_at;  // its last request
    bool reusable;
  };

  bool add(double t, double start_s, Capacity& capacity);
  double terminate(double t, bool reusable);
  void hold(int number, const Held& held);
  void run_queue_until(double t);
  /// When the next replica is lost; infinite if never.
  double next_loss() const;
  void lose(double t, Capacity& capacity);
  double cold_start_s();
  double warm_start_s();
  double lost_at(std::size_t node, double t, double ready_at, const Capacity& capacity);
  /// Of the ready replicas, cores each in the mean; of the next one where none is ready.
  double ready_cores(double t) const;
  void observe_use(double t);
  void charge(const Held& held, double until, const Capacity& capacity);

  const ScenarioModel& spec_;
  std::unique_ptr<Policy> policy_;
  ArrivalStream arrivals_;
  ModelQueue queue_;
  Duration interval_;
  std::optional<Sampler> cold_start_, warm_start_;
  Rng starts_rng_, failures_rng_;
  std::vector<double> pending_;  // arrivals drawn, from pending_next_ on not yet happened
  std::size_t pending_next_ = 0;
  bool exhausted_ = false;
  std::map<int, Held> held_;  // by the queue's replica number
  std::vector<Terminating> terminating_;
  std::optional<SimSizing> sizing_;
  double began_ = 0;   // requests, up to the last decision …
  double used_s_ = 0;  // … and the CPU seconds that they used
  std::vector<double> rates_;
  std::vector<std::uint8_t> present_;
  Observation observation_;
  Allocation allocation_;
  ModelOutcome outcome_;
};

}  // namespace starling
