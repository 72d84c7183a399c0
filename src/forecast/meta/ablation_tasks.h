// What an ablation judges by: workloads cut in two, their own past to adapt to and windows of what
// followed.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "forecast/net/examples.h"
#include "trace/series.h"

namespace starling {

/// One workload with its past and what came of it.
struct JudgedTask {
  Series past;                   // up to the cut
  std::vector<Example> support;  // windows whose outcomes lie before the cut, oldest first
  std::vector<Example> query;    // windows from the cut on
  double naive = 0;              // WQL numerator of the last value on the query windows
};

/// Tasks of one origin; figures are relative within a set.
struct JudgedSet {
  std::string name;
  std::vector<JudgedTask> tasks;
};

struct JudgeOptions {
  Regime regime = Regime::kShort;
  int support = 24;        // windows, the newest before the cut
  int query = 8;           // windows, evenly spaced over what follows
  double cut_share = 0.6;  // of a series that is past
  int workloads_max = 64;  // of a set, evenly spaced
};

/// Workloads cut at cut_share. Left out: those in which no window of the past, or none of what
/// followed, can be encoded (too short, or silent).
Result<JudgedSet> judged_set(const std::string& name, std::span<const Series> workloads,
                             const JudgeOptions& options);

/// The same with a change of regime shortly before the cut: the first 60 % of each workload, then
/// the next workload of its step from its middle on, at a level of e^−1 … e times the first one's.
/// The cut comes kChangeSeen points after the change, and the query windows right after it.
inline constexpr std::size_t kChangeSeen = 24;
Result<JudgedSet> changed_set(const std::string& name, std::span<const Series> workloads,
                              const JudgeOptions& options, std::uint64_t seed);

}  // namespace starling
