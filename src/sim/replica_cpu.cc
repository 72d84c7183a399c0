#include "sim/replica_cpu.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace starling {

ReplicaCpu::ReplicaCpu(double cpu_s, double mean_s, double cores)
    : waiting_share_(std::max(0.0, 1 - cpu_s / std::min(1.0, cores) / mean_s)),
      cpu_share_(cpu_s / mean_s),
      cores_(cores) {}

double ReplicaCpu::serve(int replica, double service_s, int together) {
  Replica& its = replicas_[replica];
  const double cores = its.cores > 0 ? its.cores : cores_;
  its.used_s += service_s * cpu_share_;
  used_s_ += service_s * cpu_share_;
  return service_s * stretch(cores, together);
}

double ReplicaCpu::take_used(int replica) {
  const auto found = replicas_.find(replica);
  return found == replicas_.end() ? 0 : std::exchange(found->second.used_s, 0);
}

double ReplicaCpu::stretch(double cores, int together) const {
  // The positive root of cores·c² + (cores·W − C·b)·c − C·W = 0, a second of service.
  const double surplus = cpu_share_ * together - cores * waiting_share_;
  const double root = std::sqrt(surplus * surplus + 4 * cores * cpu_share_ * waiting_share_);
  return waiting_share_ + std::max(cpu_share_, (surplus + root) / (2 * cores));
}

ServiceTime service_on(const ScenarioModel& model, double cores) {
  ServiceTime service{model.service_time.mean_s(), model.service_time.scv()};
  if (model.cpu_s_per_request <= 0) return service;
  const ReplicaCpu cpu(model.cpu_s_per_request, service.mean_s,
                       static_cast<double>(model.resources.cpu_millis) / 1000);
  service.occupancy_s = service.mean_s * cpu.stretch(cores, model.concurrency);
  service.mean_s *= cpu.stretch(cores);
  return service;
}

}  // namespace starling
