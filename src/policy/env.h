// The contract between a learner and what it learns in: a vector of environments.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace starling {

/// What one step of all environments brought, an element or a row each.
struct EnvStep {
  std::vector<float> observations;  // size × observation_size, row-major
  std::vector<float> cost;    // replica time held, 1 = what the queueing model needs on average
  std::vector<float> missed;  // SLO misses, 1 = what the constraint allows on average
  std::vector<float> churn;   // replicas started or stopped, over those the model needs
  std::vector<std::uint8_t> done;      // the episode's time is over and a new one has begun
  std::vector<std::int32_t> workload;  // which one the step was of, below workloads()
};

/// A constrained Markov decision process, in size() environments that are stepped at once (num_envs
/// of the field's vectorised environments). Deterministic: the same seed and actions give the same
/// steps. One thread at a time.
class Env {
 public:
  virtual ~Env() = default;
  /// How many environments.
  virtual int size() const = 0;
  /// How many numbers one environment shows, and takes.
  virtual int observation_size() const = 0;
  virtual int action_size() const = 0;
  /// How many problems the environments draw from, each with a constraint of its own.
  virtual int workloads() const { return 1; }
  /// Begins an episode in every environment; `step` has its first observations, and rewards of
  /// zero.
  virtual void reset(std::uint64_t seed, EnvStep& step) = 0;
  /// `actions`: size × action_size in [−1, 1], row-major. Where an episode ends, `step` has the
  /// rewards of its last step and the first observations of the next one.
  virtual void step(std::span<const float> actions, EnvStep& step) = 0;
};

}  // namespace starling
