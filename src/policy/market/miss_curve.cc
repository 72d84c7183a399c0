// Implements policy/market/miss_curve.h.
#include "policy/market/miss_curve.h"

#include <algorithm>
#include <cmath>

#include "policy/normal.h"

namespace starling {
namespace {

/// The least that waits vary by, as a squared coefficient of variation a place in the queue: many
/// slots' completions together are nearly a Poisson process, however even each slot's are.
constexpr double kWaitScvMin = 0.3;
/// Places in the queue that are looked at one by one; longer queues in as many groups of places.
constexpr int kPlaces = 200;
/// Rates of the table's rows reach so many times what keeps all slots busy.
constexpr double kLoadMax = 4;

/// P(X > limit) for a lognormal X of this mean and variance.
double lognormal_tail(double mean, double variance, double limit) {
  if (limit <= 0) return 1;
  if (mean <= 0) return 0;
  const double spread = std::log1p(variance / (mean * mean));
  if (spread < 1e-9) return mean > limit ? 1 : 0;
  const double z = (std::log(limit) - std::log(mean) + spread / 2) / std::sqrt(spread);
  return normal_cdf(-z);
}

/// Unnormalised probabilities of n in the system, relative to that of n = servers.
struct Idle {
  double sum = 0;   // over n < servers
  double busy = 0;  // Σ n over n < servers
};

Idle idle_part(int servers, double load) {
  Idle idle;
  double weight = 1;
  for (int n = servers; n > 0; --n) {
    weight *= n / load;
    if (weight > 1e200) break;  // so nearly always: what is left out changes no digit
    idle.sum += weight;
    idle.busy += weight * (n - 1);
    if (n < load && weight < 1e-17 * idle.sum) break;  // the rest adds nothing
  }
  return idle;
}

/// Σ x^k for k = 0 … last, at most 1e300.
double power_sum(double x, int last) {
  if (std::abs(x - 1) < 1e-9) return last + 1;
  return std::min(1e300, (std::pow(x, last + 1) - 1) / (x - 1));
}

/// How likely it is to be late behind 0 … queue_limit − 1 others, whatever the arrivals: in groups
/// of places where there are many.
struct Lateness {
  int queue_limit = 0;
  int looked_at = 0;  // places; whoever waits beyond them is late for certain
  int group = 1;
  std::vector<double> late;  // of each group
  double alone = 0;          // of who does not wait

  int count(int i) const { return std::min(group, looked_at - i * group); }
};

Lateness lateness_of(const ServiceTime& service, int servers, int queue_limit, double limit_s) {
  const double service_variance = service.scv * service.mean_s * service.mean_s;
  Lateness lateness;
  lateness.queue_limit = queue_limit;
  lateness.alone = lognormal_tail(service.mean_s, service_variance, limit_s);
  const double place_s = service.occupied_s() / servers;  // how long the queue takes to move by one
  if (place_s <= 0) return lateness;
  const double place_variance = std::max(kWaitScvMin, service.scv) * place_s * place_s;
  lateness.looked_at = static_cast<int>(std::min<double>(queue_limit, 50 + 4 * limit_s / place_s));
  lateness.group = std::max(1, (lateness.looked_at + kPlaces - 1) / kPlaces);
  for (int i = 0; i * lateness.group < lateness.looked_at; ++i) {
    // An arrival that finds so many waiting waits for one more to leave.
    const double places = i * lateness.group + (lateness.count(i) + 1) / 2.0;
    lateness.late.push_back(lognormal_tail(service.mean_s + places * place_s,
                                           service_variance + places * place_variance, limit_s));
  }
  return lateness;
}

/// Shares of the time that all slots are busy: with room in the queue, and that an arrival would
/// come too late.
struct InQueue {
  double room = 0;
  double late = 0;
};

/// The queue's lengths 0 … queue_limit are as likely as the powers of `ratio`.
InQueue over_queue(const Lateness& lateness, double ratio) {
  constexpr double kNegligible = 1e-13;
  const bool falling = ratio <= 1;
  const double base = falling ? ratio : 1 / ratio;  // counted from the likelier end
  const int last = lateness.queue_limit;
  const double total = power_sum(base, last);
  InQueue sum;
  const auto add = [&](double share, double late) {
    sum.room += share;
    sum.late += share * late;
  };
  /// P(first ≤ length < first + count)
  const auto between = [&](int first, int count) {
    if (count <= 0) return 0.0;
    return std::pow(base, falling ? first : last - first - count + 1) * power_sum(base, count - 1) /
           total;
  };
  add(between(lateness.looked_at, last - lateness.looked_at), 1);
  const auto groups = static_cast<int>(lateness.late.size());
  if (groups == 0) return sum;
  const auto late_of = [&](int i) { return lateness.late[static_cast<std::size_t>(i)]; };
  add(between((groups - 1) * lateness.group, lateness.count(groups - 1)), late_of(groups - 1));
  const double fall = std::pow(base, lateness.group);
  double share = between(falling ? 0 : (groups - 2) * lateness.group, lateness.group);
  for (int n = 0; n < groups - 1 && share > kNegligible; ++n, share *= fall) {
    add(share, late_of(falling ? n : groups - 2 - n));
  }
  return sum;
}

double miss_share_of(double arrival_rate, const ServiceTime& service, int servers,
                     const Lateness& lateness) {
  const double load = std::max(arrival_rate, 0.0) * service.occupied_s();
  if (load <= 0 || service.mean_s <= 0) return lateness.alone;
  const Idle idle = idle_part(servers, load);
  const double rho = load / servers;
  // All slots are busy as often as in M/M/c/K; what changes with scv is how long the queue is then.
  const double all_busy = power_sum(rho, lateness.queue_limit);
  const double idle_share = idle.sum / (idle.sum + all_busy);
  const double busy = (idle.busy + servers * all_busy) / (idle.sum + all_busy);
  const double refused = std::clamp(1 - busy / load, 0.0, 1.0);
  const InQueue queue = over_queue(lateness, std::pow(rho, 2 / (1 + service.scv)));
  const double accepted = idle_share + (1 - idle_share) * queue.room;
  const double late = idle_share * lateness.alone + (1 - idle_share) * queue.late;
  return refused + (1 - refused) * (accepted > 0 ? late / accepted : 1);
}

}  // namespace

double miss_share(double arrival_rate, const ServiceTime& service, int servers, int queue_limit,
                  double limit_s) {
  if (servers <= 0) return 1;
  return miss_share_of(arrival_rate, service, servers,
                       lateness_of(service, servers, queue_limit, limit_s));
}

MissCurve::MissCurve(const ServiceTime& service, int concurrency, int queue_limit, double limit_s)
    : service_(service), concurrency_(concurrency), queue_limit_(queue_limit), limit_s_(limit_s) {}

bool MissCurve::fits(const ServiceTime& service, int concurrency, int queue_limit,
                     double limit_s) const {
  constexpr double kApart = 0.05;
  const auto near = [](double a, double b) { return std::abs(a - b) <= kApart * std::max(a, b); };
  return concurrency == concurrency_ && queue_limit == queue_limit_ && limit_s == limit_s_ &&
         near(service.mean_s, service_.mean_s) &&
         near(service.occupied_s(), service_.occupied_s()) &&
         near(1 + service.scv, 1 + service_.scv);
}

double MissCurve::highest_rate(int replicas) const {
  return kLoadMax * replicas * concurrency_ / service_.occupied_s();
}

const std::vector<double>& MissCurve::row(int replicas) const {
  std::vector<double>& shares = rows_[replicas];
  if (!shares.empty()) return shares;
  const double top = highest_rate(replicas);
  const int servers = replicas * concurrency_;
  const Lateness lateness = lateness_of(service_, servers, queue_limit_, limit_s_);
  for (int i = 0; i < kPoints; ++i) {
    const double root = static_cast<double>(i) / (kPoints - 1);
    shares.push_back(miss_share_of(root * root * top, service_, servers, lateness));
  }
  return shares;
}

double MissCurve::missed(std::span<const double> roots, std::span<const double> shares,
                         int replicas) const {
  double sum = 0;
  if (replicas <= 0 || service_.mean_s <= 0) {
    for (std::size_t i = 0; replicas <= 0 && i < roots.size(); ++i) {
      sum += shares[i] * roots[i] * roots[i];
    }
    return sum;
  }
  const std::vector<double>& table = row(replicas);
  const double points_a_root = (kPoints - 1) / std::sqrt(highest_rate(replicas));
  for (std::size_t i = 0; i < roots.size(); ++i) {
    const double place = roots[i] * points_a_root;
    // Beyond the table what gets through is as much as at its end.
    double miss = 1 - (1 - table.back()) * (kPoints - 1) * (kPoints - 1) / (place * place);
    if (place < kPoints - 1) {
      const auto below = static_cast<std::size_t>(place);
      miss =
          table[below] + (place - static_cast<double>(below)) * (table[below + 1] - table[below]);
    }
    sum += shares[i] * roots[i] * roots[i] * miss;
  }
  return sum;
}

double MissCurve::at(double arrival_rate, int replicas) const {
  if (arrival_rate <= 0) return replicas > 0 ? row(replicas).front() : 1;
  const double root = std::sqrt(arrival_rate);
  const double all = 1;
  return missed({&root, 1}, {&all, 1}, replicas) / arrival_rate;
}

}  // namespace starling
