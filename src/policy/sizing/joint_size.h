// The size of a replica and the number of replicas, chosen together: the cheapest pair whose
// queueing model meets the SLO.
#pragma once

#include <optional>

#include "manifest/model_spec.h"
#include "policy/policy.h"

namespace starling {

struct SizePrices {
  double core_hour = 0.02;
  double gib_hour = 0.005;
  double of(const Resources& size) const;
};

struct SizeQuestion {
  double rate = 0;      // requests per second to plan for
  ServiceTime service;  // as measured at `measured_cpu_millis`; its occupancy is not used
  double cpu_s_per_request = 0;
  std::int64_t measured_cpu_millis = 250;
  int concurrency = 1;
  Objective objective;
  Resources current;
  Resources least;  // floor and limits in one: no candidate is below …
  Resources most;   // … nor above
  SizePrices prices;
};

struct SizedReplicas {
  Resources size;
  int replicas = 0;
  double price_per_hour = 0;  // of all of them
  double miss_probability = 1;
};

struct SizeChoice {
  SizedReplicas current;  // what the present size needs
  bool current_meets = false;
  std::optional<SizedReplicas> best;  // the cheapest that meets the SLO; none where no size does
};

/// What a request of the model takes at another CPU limit than it was measured at. The part of it
/// that runs on the CPU, at most one core, is taken to last cpu_s / min(limit, 1 core). A smaller
/// limit stretches it by the whole difference, though a short request may fit into what one period
/// of the quota allows. A larger one shortens it only where the measured time holds that part in
/// full, which says that the quota was what it waited for, and never below what the rest and a core
/// of its own leave. A slot is kept for cpu_s · concurrency / limit: what a replica's CPU can do.
ServiceTime service_at(const SizeQuestion& question, std::int64_t cpu_millis);

/// Weighs the CPU sizes least · 1.25^k up to most, and the present one where it is allowed, each
/// with the least memory. Without load or a measured CPU time there is nothing to weigh: best is
/// none.
SizeChoice choose_size(const SizeQuestion& question);

}  // namespace starling
