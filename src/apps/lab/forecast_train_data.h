// What starling-lab forecast train reads: trace files with their hashes, and
// synthetic workloads.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "forecast/net/artifact.h"
#include "forecast/net/windows.h"

namespace starling::lab {

struct TrainingData {
  std::vector<TrainingSet> sets;
  std::vector<DataSource> sources;
  std::string description;  // for people
};

/// One set a file, named by it up to its first dot. A file may say its weight among the others,
/// "rates.csv=0.3"; 1 where it does not. Rows that share a step are averaged, which standard error
/// tells. `synthetic` > 0 adds
/// a set of so many synthetic workloads, drawn from `seed`. Errors: nothing to read, a weight that
/// is not a positive number, those of read_trace.
Result<TrainingData> read_training_data(const std::vector<std::string>& files, int synthetic,
                                        double synthetic_weight, std::uint64_t seed);

}  // namespace starling::lab
