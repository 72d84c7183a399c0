#include "policy/queueing.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "policy/normal.h"

namespace starling {
namespace {

constexpr int kNodes = 32;             // midpoints over the service-time distribution
constexpr double kDeviationsMax = 5;   // the normal's mass beyond is below 1e-6
constexpr double kScvConstant = 1e-6;  // below this the service time counts as constant
constexpr double kKneeGain = 0.001;    // a tenth of a percentage point
constexpr double kKneeUtilization = 0.9;

/// exp(mu + sigma·Z) with the given mean and squared coefficient of variation.
struct Lognormal {
  explicit Lognormal(const ServiceTime& service)
      : sigma(std::sqrt(std::log1p(service.scv))),
        mu(std::log(service.mean_s) - sigma * sigma / 2) {}
  double sigma;
  double mu;
};

/// Share of requests whose service time alone exceeds the limit.
double service_tail(const ServiceTime& service, double limit_s) {
  if (limit_s <= 0) return 1;
  if (service.mean_s <= 0) return 0;
  if (service.scv < kScvConstant) return service.mean_s > limit_s ? 1 : 0;
  const Lognormal law(service);
  return 1 - normal_cdf((std::log(limit_s) - law.mu) / law.sigma);
}

}  // namespace

double erlang_b(int servers, double offered_load) {
  if (servers <= 0) return 1;
  if (offered_load <= 0) return 0;
  double blocked = 1;
  for (int n = 1; n <= servers; ++n) {
    blocked = offered_load * blocked / (n + offered_load * blocked);
  }
  return blocked;
}

double erlang_c(int servers, double offered_load) {
  if (offered_load <= 0) return servers > 0 ? 0 : 1;
  if (offered_load >= servers) return 1;
  const double blocked = erlang_b(servers, offered_load);
  return servers * blocked / (servers - offered_load * (1 - blocked));
}

double mmc_mean_wait_s(double arrival_rate, double service_mean_s, int servers) {
  const double load = arrival_rate * service_mean_s;
  if (load <= 0) return 0;
  if (load >= servers) return std::numeric_limits<double>::infinity();
  return erlang_c(servers, load) * service_mean_s / (servers - load);
}

double miss_probability(double arrival_rate, const ServiceTime& service, int servers,
                        double limit_s) {
  const double load = std::max(arrival_rate, 0.0) * service.occupied_s();
  if (servers <= 0 || load >= servers) return 1;
  const double too_slow = service_tail(service, limit_s);
  if (load <= 0 || too_slow >= 1) return too_slow;

  const double waits = erlang_c(servers, load);
  const double decay = (servers - load) / (service.occupied_s() * (1 + service.scv) / 2);
  const auto wait_tail = [&](double t_s) { return waits * std::exp(-decay * t_s); };
  if (service.scv < kScvConstant) return wait_tail(limit_s - service.mean_s);

  // E[P(wait > limit − S); S ≤ limit] by the midpoint rule in the normal's deviations.
  const Lognormal law(service);
  const double top = std::min((std::log(limit_s) - law.mu) / law.sigma, kDeviationsMax);
  const double step = (top + kDeviationsMax) / kNodes;
  if (step <= 0) return too_slow;
  double weight_sum = 0;
  double tail_sum = 0;
  for (int i = 0; i < kNodes; ++i) {
    const double z = -kDeviationsMax + (i + 0.5) * step;
    const double weight = std::exp(-z * z / 2);
    weight_sum += weight;
    tail_sum += weight * wait_tail(limit_s - std::exp(law.mu + law.sigma * z));
  }
  return std::min(1.0, too_slow + (1 - too_slow) * tail_sum / weight_sum);
}

Sizing size_for(double arrival_rate, const ServiceTime& service, int concurrency,
                const Objective& objective, int limit) {
  if (arrival_rate <= 0 || service.mean_s <= 0) return {0, 0, false};
  const double limit_s = seconds(objective.slo_latency);
  const double allowed = 1 - objective.slo_percentile / 100;
  const double load = arrival_rate * service.occupied_s();
  const auto miss = [&](int replicas) {
    return miss_probability(arrival_rate, service, replicas * concurrency, limit_s);
  };
  const auto at_most = [&](double replicas) {
    return static_cast<int>(std::min<double>(limit, std::max(1.0, replicas)));
  };

  if (service_tail(service, limit_s) > allowed) {
    int knee = at_most(std::ceil(load / concurrency / kKneeUtilization));
    double here = miss(knee);
    while (knee < limit) {
      const double next = miss(knee + 1);
      if (here - next < kKneeGain) break;
      here = next;
      ++knee;
    }
    return {knee, here, true};
  }

  // Gallop up from the smallest stable number, then halve the bracket: the miss probability falls
  // with c.
  int low = at_most(std::floor(load / concurrency)) - 1;  // never enough
  int step = 1;
  int high = low + 1;
  while (high < limit && miss(high) > allowed) {
    low = high;
    step *= 2;
    high = std::min(limit, high + step);
  }
  while (high - low > 1) {
    const int middle = low + (high - low) / 2;
    (miss(middle) > allowed ? low : high) = middle;
  }
  return {high, miss(high), false};
}

}  // namespace starling
