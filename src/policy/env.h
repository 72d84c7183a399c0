// The contract between a learner and what it learns in: many copies of one decision problem.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace starling {

/// What one step of all copies brought, an element or a row a copy.
struct EnvStep {
  std::vector<float> observations;  // size × observation_size, row-major
  std::vector<float> cost;    // replica time held, 1 = what the queueing model needs on average
  std::vector<float> missed;  // SLO misses, 1 = what the constraint allows on average
  std::vector<float> churn;   // replicas started or stopped, over those the model needs
  std::vector<std::uint8_t> done;      // the episode's time is over and a new one has begun
  std::vector<std::int32_t> workload;  // which one the step was of, below workloads()
};

/// A constrained Markov decision process, stepped for `size()` copies at once. Deterministic: the
/// same seed and actions give the same steps.
class Env {
 public:
  virtual ~Env() = default;
  virtual int size() const = 0;
  virtual int observation_size() const = 0;
  virtual int action_size() const = 0;
  /// How many problems the copies draw from, each with a constraint of its own.
  virtual int workloads() const { return 1; }
  /// Begins an episode in every copy.
  virtual void reset(std::uint64_t seed, EnvStep& step) = 0;
  /// `actions`: size × action_size in [−1, 1], row-major.
  virtual void step(std::span<const float> actions, EnvStep& step) = 0;
};

}  // namespace starling
