// What a replay asks of each node's history.
#pragma once

#include <string>
#include <vector>

#include "base/clock.h"

namespace starling::cli {

/// What is replayed: whole steps of one tier of the history. A step of a second, a minute or an
/// hour says which.
struct ReplaySpan {
  TimePoint since{};
  TimePoint until{};
  Duration step{1s};

  std::size_t steps() const { return static_cast<std::size_t>((until - since) / step); }
};

/// Which of these models are asked about.
using ModelNames = std::vector<std::string>;

/// A row a tier: its step in seconds, its first and its last step (Unix seconds); with step 0, when
/// the last cost was recorded and until when it holds.
std::string coverage_sql(TimePoint since, TimePoint until, const ModelNames& models);
/// Rows of text, "step requests step requests …", of the steps in which requests came.
std::string demand_sql(const ReplaySpan& span, const std::string& model);
/// model, completed, failed, within_slo, judged, latency_sum_ms, CPU seconds used
std::string usage_sql(const ReplaySpan& span, const ModelNames& models);
/// bucket, count: of all these models
std::string latency_sql(const ReplaySpan& span, const ModelNames& models);
/// model, replica_seconds, cost, cpu_core_seconds held
std::string cost_sql(const ReplaySpan& span, const ModelNames& models);
/// model, weight, and weighted by it the sums of service_mean_s, its square's mean and occupied_s;
/// changes, decisions, their median distance in seconds, the first one's time and replicas, the
/// last one's cold_start_s. The weight is the arrival rate.
std::string decision_sql(const ReplaySpan& span, const ModelNames& models);
/// model, cold_start_s: the newest of each
std::string start_sql(const ReplaySpan& span, const ModelNames& models);

}  // namespace starling::cli
