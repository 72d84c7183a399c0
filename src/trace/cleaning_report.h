// What cleaning did to a trace: every step by name, with counts and examples; none is silent.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace starling {

/// What one step did to one workload.
struct Touched {
  static constexpr std::size_t kExamplesMax = 3;

  std::int64_t points = 0;
  std::vector<std::string> examples;  // at most kExamplesMax

  /// Counts one point; `describe()` gives its example, and is called only for the first few.
  template <typename Describe>
  void add(Describe describe) {
    ++points;
    if (examples.size() < kExamplesMax) examples.push_back(describe());
  }
};

/// What one step did to the trace.
struct CleaningStep {
  std::string name = {};       // "duplicate times"
  std::string action = {};     // what it did, or would do on demand: "summed"
  std::int64_t points = 0;     // rows or points touched
  std::int64_t workloads = 0;  // in which there was at least one
  std::vector<std::string> examples = {};

  /// Adds what the step did to one workload.
  void add(const std::string& workload, const Touched& touched);
};

/// The steps in the order in which they ran, also those that found nothing.
struct CleaningReport {
  std::vector<CleaningStep> steps;
  std::int64_t rows_read = 0;
  std::int64_t rows_skipped = 0;
  std::int64_t points = 0;   // of the clean series, missing ones included
  std::int64_t missing = 0;  // of these

  /// The step of that name; it must be there.
  const CleaningStep& step(const std::string& name) const;
};

}  // namespace starling
