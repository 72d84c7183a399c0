// Workloads added up: the demand of many clients at once, for training.
#pragma once

#include "base/rng.h"
#include "forecast/net/windows.h"

namespace starling {

/// `count` sums of 2 … 32 workloads of `set` each (how many is log-uniform, which is drawn without
/// replacement), over the time of the first one drawn. A workload counts by the root of its volume
/// (x / √mean x), so that the busiest do not drown the others. Sums keep what workloads of one
/// origin have in common, the hours of the day above all, and are smoother than each: what several
/// services or the users of one look like together. A point is known where workloads with half of
/// the sum's volume are, and then made up for the rest. Workloads of another step than the first
/// one's, and silent ones, are left out; no sums where fewer than two remain.
TrainingSet superposed(const TrainingSet& set, int count, Rng& rng);

}  // namespace starling
