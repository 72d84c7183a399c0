// Admission control: how many requests of a model may be in flight so that the next one still has
// good odds of meeting its SLO.
#pragma once

#include <cstdint>

#include "policy/policy.h"

namespace starling {

/// A request is admitted while its odds of meeting the SLO are at least this. Under overload the
/// queue stays at its limit, so a limit by even odds makes every other admitted request late; by
/// odds closer to 1 nothing waits for a few slots, which then idle between bursts. This is the
/// value that is never far from the best one: docs/measurements.md, "Admission control".
inline constexpr double kAdmissionOdds = 0.8;

/// More than this are never in flight: no limit is larger.
inline constexpr std::int64_t kInFlightMax = 1'000'000'000;

/// The largest number of requests in flight, those in service included, at which the last one
/// meets the SLO with a probability of at least `odds`, when `replicas` × `concurrency` slots are
/// ready. Never fewer than the slots: a free slot takes what comes. Without a ready replica it is
/// one replica's: so many are held while it starts.
///
/// With all c slots busy, whoever finds k waiting waits for k + 1 departures, which come at c times
/// the rate of one slot: mean (k + 1)·s/c, variance (k + 1)·scv·(s/c)², as of renewal processes
/// pooled (Cox, Renewal Theory, 1962, chapters 3 and 6). The own service comes on top, and the sum
/// is taken as lognormal with its mean and variance (Fenton, The sum of log-normal probability
/// distributions in scatter transmission systems, 1960).
std::int64_t admission_limit(int replicas, int concurrency, const ServiceTime& service,
                             Duration slo_latency, double odds = kAdmissionOdds);

/// A wait as Retry-After tells it: rounded up, from 1 to 3600 s.
std::int64_t whole_seconds(double wait_s);

/// The time in which that many are done, as whole_seconds().
std::int64_t drain_seconds(std::int64_t in_flight, int replicas, int concurrency,
                           const ServiceTime& service);

/// One gateway's traffic of a model, or the whole fleet's.
struct GatewayLoad {
  double arrival_rate = 0;
  double in_flight = 0;
};

/// What of the fleet's limit one gateway may have in flight: its share of the arrivals, rounded up
/// to eighths, or what the others leave, whichever is more. While there is room it takes any burst;
/// once the limit is reached, the gateways share it as they share the traffic. At least 1, at most
/// `limit`.
std::int64_t gateway_limit(std::int64_t limit, const GatewayLoad& own, const GatewayLoad& fleet);

}  // namespace starling
