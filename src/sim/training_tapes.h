// Workloads to learn on: windows of traces under services, limits and prices drawn at random.
#pragma once

#include <memory>
#include <vector>

#include "sim/workload_tape.h"
#include "trace/series.h"

namespace starling {

/// How many tapes, how long, and what is decided on them.
struct TrainingTapesOptions {
  int tapes = 300;
  int ticks = 2160;      // of ten seconds
  double sized = 0.5;    // of the tapes: their replicas' size is decided, too
  bool forecast = true;  // false: the outlook is the present rate with a margin
};

/// Domain randomisation (Tobin et al. 2017): each tape is a random window of a random workload of a
/// random set, scaled to 0.2 … 25 Erlang on average (log-uniform), with a random service time
/// (30 … 600 ms, scv 0.1 … 1.5), SLO (3 … 9 service times; 95, 99 or 99.5 %), cold start (10 … 90
/// s), release (0 … 60 s) and queue limit (20 … 200); where its size is decided, a replica has 0.1
/// … 1 cores and serves one, two or four requests at once, 20 … 100 % of a service time is CPU time
/// and 10 … 60 % of a price is memory. Windows without demand are passed over.
std::vector<std::shared_ptr<const WorkloadTape>> training_tapes(
    const std::vector<std::vector<Series>>& sets, const TrainingTapesOptions& options,
    std::uint64_t seed);

}  // namespace starling
