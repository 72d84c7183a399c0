// Where the rows of a format go: appended as they are, or gathered per step.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "trace/import.h"

namespace starling {

/// Times from 1990 on are dates; smaller ones count from the trace's start.
inline constexpr std::int64_t kCalendarFromUs = 631'152'000'000'000;

/// Rows that were not taken, by reason, in order of first appearance.
class SkipLog {
 public:
  /// `where` is "file:line"; of `text` the beginning is kept, for the first few of each reason.
  void add(std::string_view reason, std::string_view where, std::string_view text,
           std::int64_t count = 1);
  const std::vector<Skipped>& skipped() const { return skipped_; }

 private:
  std::vector<Skipped> skipped_;
};

/// Takes samples and makes workloads of them, within the limits.
class Collector {
 public:
  explicit Collector(const ReadRawLimits& limits) : limits_(limits) {}
  virtual ~Collector() = default;

  /// Errors: more workloads or points than allowed (kTooLarge); in a strict read a time out of
  /// order, a value below zero where none may be.
  Status take(std::string_view workload, std::int64_t time_us, double value);
  /// In order of first appearance. Call once.
  virtual Result<std::vector<Samples>> finish() = 0;

 protected:
  /// Stores one sample; by how many the stored points became more (or, merged, fewer).
  virtual Result<std::int64_t> store(std::size_t workload, std::int64_t time_us, double value) = 0;
  Error too_many_points(std::string_view detail) const;

  const ReadRawLimits& limits_;
  std::vector<std::string> names_;

 private:
  Result<std::size_t> index_of(std::string_view workload);

  std::unordered_map<std::string, std::size_t> index_;
  std::size_t last_ = 0;
  std::int64_t points_ = 0;
};

/// Keeps every sample as it is.
class SampleCollector final : public Collector {
 public:
  explicit SampleCollector(const ReadRawOptions& options)
      : Collector(options.limits), strict_(options.strict) {}
  Result<std::vector<Samples>> finish() override;

 private:
  Result<std::int64_t> store(std::size_t workload, std::int64_t time_us, double value) override;
  std::optional<StrictRows> strict_;
  std::vector<Samples> samples_;
};

/// How the events of one step become its value.
enum class Gather {
  kSum,         // a step without events is 0, between the first and the last step of all workloads
  kSumPresent,  // a step without events is not there
  kMean,        // likewise
  kLevel,       // a sample changes the level by its value; a step's value is the mean level in it
};

/// Gathers events into steps that lie at multiples of `step`. NaN is no event.
class StepCollector final : public Collector {
 public:
  StepCollector(const ReadRawLimits& limits, Duration step, Gather gather)
      : Collector(limits), step_us_(step.count()), gather_(gather) {}
  Result<std::vector<Samples>> finish() override;

 private:
  /// The events of one step, or a part of them: steps may occur twice until they are merged.
  struct Cell {
    std::int64_t step = 0;
    double sum = 0;
    std::int64_t count = 0;
  };
  struct Steps {
    std::vector<Cell> cells;
    std::size_t merge_at = 1024;  // cells
  };

  Result<std::int64_t> store(std::size_t workload, std::int64_t time_us, double value) override;
  void add(std::vector<Cell>& cells, std::int64_t step, double value);
  static void merge(Steps& steps);
  Samples present_steps(std::size_t workload) const;
  Samples all_steps(std::size_t workload) const;

  std::int64_t step_us_;
  Gather gather_;
  std::vector<Steps> steps_;
  std::int64_t first_step_ = std::numeric_limits<std::int64_t>::max();  // of all workloads
  std::int64_t last_step_ = std::numeric_limits<std::int64_t>::min();
};

}  // namespace starling
