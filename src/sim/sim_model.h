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
/// `remove`. Times `t` are seconds from the trace's start and never go back. Replicas take their
/// room from the capacity that is passed, and one model is always passed the same.
class SimModel {
 public:
  /// `spec` and `scenario` are the scenario's own, and `spec` must outlive the model. The streams
  /// of `rng` are its arrivals', service times', starts' and failures'.
  SimModel(const ScenarioModel& spec, const Scenario& scenario, ModelRun run, Rng rng);

  /// Arrivals, service and losses of replicas up to `t`.
  void run_until(double t, Capacity& capacity);
  /// Makes the observation of the interval that ends at `t`.
  void observe(double t);
  /// Asks the policy, and where sizes are decided the sizer, by the last observation. `forecast`
  /// may be null, and is read in the call only.
  void decide(const Forecast* forecast);
  /// Gives replicas the size that was decided, as far as their nodes have room.
  void resize(double t, Capacity& capacity);
  /// Requests a second in each of the last decision intervals up to `t`: what a forecaster is
  /// given. Valid until the next `observe`.
  HistoryView history(double t) const;
  /// Decision intervals that a forecast has to reach.
  int horizon() const;

  /// Replicas that the last decision wants.
  int wish() const { return allocation_.replicas; }
  /// What each of them is worth by the last decision, for the exchange of capacity.
  const ReplicaValues& values() const { return allocation_.values; }
  /// Replicas that are ready or starting.
  int have() const { return queue_.replicas(); }
  /// Offered load per replica if it had one more: who is granted the next one.
  double need() const {
    const double rate = std::max(allocation_.planned_rate, observation_.arrival_rate);
    return rate * observation_.service.mean_s / observation_.concurrency / (have() + 1);
  }

  /// Adds a replica that is ready at once; false where no node has room.
  bool add_ready(double t, Capacity& capacity) { return add(t, 0, capacity); }
  /// The same with one that is ready after a cold start.
  bool start(double t, Capacity& capacity) { return add(t, cold_start_s(), capacity); }
  /// Takes the terminating replica back that was removed last, in the warm start and in the room
  /// that it still has; false where there is none on an open node.
  bool add_from_terminating(double t, const Capacity& capacity);
  /// Takes a replica out, which finishes what it serves; there is one. Both return when its room is
  /// free. A sold one can't be taken back from terminating: its room is promised.
  double remove(double t) { return terminate(t, true); }
  double sell(double t) { return terminate(t, false); }
  /// Whether one of `size` may take the place of the replica that it would sell next.
  bool makes_room_for(const Resources& size, double t, const Capacity& capacity) const;
  /// Gives back the room of what has terminated by `t`, and charges for it.
  void free_terminated(double t, Capacity& capacity);
  /// This decision started or stopped replicas.
  void count_action() { ++outcome_.scale_actions; }
  /// Runs to the trace's end, lets the queue finish with what is left and charges for all replicas
  /// until `end`. Nothing may be called afterwards.
  ModelOutcome finish(double end, Capacity& capacity);
  /// As the scenario has it.
  const ScenarioModel& spec() const { return spec_; }
  /// Of the replicas that start next.
  const Resources& size() const { return sizing_ ? sizing_->size() : spec_.resources; }
  /// Adds the last decision to a timeline, as the scenario's model number `model`.
  void record(std::size_t model, double t, TimelineRecorder& recorder) const {
    recorder.record(model, t, ready_cores(t), observation_, allocation_, queue_.totals());
  }

 private:
  /// A replica's place; times in seconds.
  struct Held {
    std::size_t node;  // its place in Scenario::nodes
    double since;      // it has this size
    double ready_at;
    double lost_at;  // by a failure or with its node; infinite if never
    Resources size;
  };
  /// One that was taken out and still holds its room; times in seconds.
  struct Terminating {
    int number;  // the queue's
    Held held;
    double until;        // its room is free
    double finished_at;  // its last request
    bool reusable;       // add_from_terminating may take it back
  };

  bool add(double t, double start_s, Capacity& capacity);
  double terminate(double t, bool reusable);
  void hold(int number, const Held& held);
  /// As run_until(), but for losses of replicas.
  void run_queue_until(double t);
  /// When the next replica is lost; infinite if never.
  double next_loss() const;
  /// Loses every replica that is lost at `t` or before.
  void lose(double t, Capacity& capacity);
  /// How long the next start takes, drawn where it varies.
  double cold_start_s();
  double warm_start_s();
  /// When a replica that starts at `t` on the node is lost; infinite if never.
  double lost_at(std::size_t node, double t, double ready_at, const Capacity& capacity);
  /// Of the ready replicas, cores each in the mean; of the next one where none is ready.
  double ready_cores(double t) const;
  /// Tells the sizer what CPU replicas and requests used since the last decision.
  void observe_use(double t);
  /// Adds what a replica held since Held::since to the outcome.
  void charge(const Held& held, double until, const Capacity& capacity);

  const ScenarioModel& spec_;
  std::unique_ptr<Policy> policy_;
  ArrivalStream arrivals_;                          // the trace's requests, an interval at a time
  ModelQueue queue_;                                // what waits and what is served
  Duration interval_;                               // between decisions
  std::optional<Sampler> cold_start_, warm_start_;  // in seconds; none: always the spec's
  Rng starts_rng_, failures_rng_;                   // how long starts take, when replicas fail
  /// Seconds at which requests arrive, as far as drawn; from pending_next_ on not yet happened.
  std::vector<double> pending_;
  std::size_t pending_next_ = 0;
  bool exhausted_ = false;                // the trace has no more arrivals to draw
  std::map<int, Held> held_;              // ready and starting, by the queue's replica number
  std::vector<Terminating> terminating_;  // in the order in which they were taken out
  std::optional<SimSizing> sizing_;       // where the replicas' size is decided
  double began_ = 0;                      // requests, up to the last decision …
  double used_s_ = 0;                     // … and the CPU seconds that they used
  std::vector<double> rates_;             // requests a second, of every decision interval so far
  std::vector<std::uint8_t> present_;     // 1 for each of them: none is missing
  Observation observation_;               // the last one, which decisions go by
  Allocation allocation_;                 // the last decision
  ModelOutcome outcome_;                  // so far, but for the queue's totals
};

}  // namespace starling
