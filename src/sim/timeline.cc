#include "sim/timeline.h"

#include <fmt/format.h>

#include <cmath>
#include <iterator>
#include <limits>

#include "base/csv.h"

namespace starling {
namespace {

std::string milliseconds_cell(double value_s) {
  return std::isnan(value_s) ? std::string() : fmt::format("{:.3f}", value_s * 1e3);
}

/// A failed replica takes back what it had counted already: a request that begins anew.
std::uint64_t since(std::uint64_t now, std::uint64_t before) {
  return now > before ? now - before : 0;
}

std::uint64_t missed_of(const QueueTotals& totals) {
  return totals.dropped + totals.rejected + totals.served - totals.met_slo;
}

}  // namespace

TimelineRecorder::TimelineRecorder(Timeline* timeline, std::size_t models) : timeline_(timeline) {
  if (timeline_ == nullptr) return;
  timeline_->models.assign(models, {});
  before_.resize(models);
}

void TimelineRecorder::record(std::size_t model, double time_s, double replica_cores,
                              const Observation& observation, const Allocation& allocation,
                              const QueueTotals& totals) {
  if (timeline_ == nullptr) return;
  QueueTotals& before = before_[model];
  TimelinePoint point;
  point.time_s = time_s;
  point.arrival_rate = observation.arrival_rate;
  point.planned_rate = allocation.planned_rate;
  point.wished = allocation.replicas;
  point.ready = observation.ready;
  point.starting = observation.starting;
  point.replica_cores = replica_cores;
  point.utilization = observation.utilization;
  point.in_flight = observation.in_flight;
  point.missed = since(missed_of(totals), missed_of(before));
  point.latency_mean_s = point.latency_p50_s = point.latency_p95_s =
      std::numeric_limits<double>::quiet_NaN();
  if (totals.served > before.served) {
    const LatencyCounts latencies = totals.latencies.since(before.latencies);
    point.latency_mean_s = (totals.latency_sum_s - before.latency_sum_s) /
                           static_cast<double>(totals.served - before.served);
    point.latency_p50_s = latencies.quantile(0.5);
    point.latency_p95_s = latencies.quantile(0.95);
  }
  before = totals;
  timeline_->models[model].push_back(point);
}

std::string timeline_heading() {
  return "policy,seed,model,time_s,arrivals_per_s,planned_per_s,wished,ready,starting,utilization,"
         "in_flight,missed,latency_mean_ms,latency_p50_ms,latency_p95_ms,replica_cores\n";
}

std::string timeline_rows(const std::string& policy, std::uint64_t seed,
                          const std::vector<std::string>& models, const Timeline& timeline) {
  std::string text;
  for (std::size_t i = 0; i < timeline.models.size(); ++i) {
    const std::string names = fmt::format("{},{},{}", csv_cell(policy), seed, csv_cell(models[i]));
    for (const TimelinePoint& point : timeline.models[i]) {
      fmt::format_to(std::back_inserter(text),
                     "{},{:g},{:.4f},{:.4f},{},{},{},{:.4f},{:.4f},{},{},{},{},{:g}\n", names,
                     point.time_s, point.arrival_rate, point.planned_rate, point.wished,
                     point.ready, point.starting, point.utilization, point.in_flight, point.missed,
                     milliseconds_cell(point.latency_mean_s),
                     milliseconds_cell(point.latency_p50_s), milliseconds_cell(point.latency_p95_s),
                     point.replica_cores);
    }
  }
  return text;
}

}  // namespace starling
