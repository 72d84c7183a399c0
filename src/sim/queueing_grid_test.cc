// The queue of the request-level simulator beside the formulas of queueing theory, within 1 %.
#include <gtest/gtest.h>

#include <cmath>
#include <functional>

#include "policy/queueing.h"
#include "sim/model_queue.h"

namespace starling {
namespace {

using Law = Distribution::Law;

constexpr double kMeanS = 0.1;
constexpr double kTolerance = 0.01;
constexpr double kErrorTarget = 0.0032;  // the standard error, relative: 1 % is 3 of them
constexpr double kInterval = 2.6;        // standard errors: 99 %
constexpr int kBatchesMin = 30;
constexpr int kBatchRequests = 100'000;
constexpr int kBatchesMax = 220;  // 22 million requests

/// What a formula takes: the arrival rate and the service time's first two moments.
struct Inputs {
  double rate;
  double mean_s;
  double square_s2;
};

/// One quantity of a queue: what theory says, and what the counts of a stretch say.
struct Quantity {
  const char* name;
  std::function<double(const Inputs&)> theory;
  std::function<double(const QueueTotals& before, const QueueTotals& after)> counted;
};

struct Estimate {
  double sum = 0;
  double squares = 0;
  int batches = 0;

  void add(double value) {
    sum += value;
    squares += value * value;
    ++batches;
  }
  double mean() const { return sum / batches; }
  double standard_error() const {
    return std::sqrt(std::max(0.0, squares / batches - mean() * mean()) / (batches - 1));
  }
};

/// What the formula moves by, to first order, because a stretch's arrivals and services were not
/// exactly as many and as long as they are on average. Taking it off is a control variate of known
/// mean 0: it halves the variance near saturation, where most of it is the load's.
double drift(const Quantity& quantity, const Inputs& nominal, const Inputs& realised) {
  constexpr double kStep = 1e-4;
  const auto slope = [&](double Inputs::*input) {
    Inputs up = nominal, down = nominal;
    up.*input *= 1 + kStep;
    down.*input *= 1 - kStep;
    return (quantity.theory(up) - quantity.theory(down)) / (2 * kStep * nominal.*input) *
           (realised.*input - nominal.*input);
  };
  return slope(&Inputs::rate) + slope(&Inputs::mean_s) + slope(&Inputs::square_s2);
}

/// Runs a queue under Poisson arrivals, in batches, until every quantity's standard error is small
/// enough, and holds each to its formula.
void check(const Distribution& service, int servers, int queue_limit, double load,
           const std::vector<Quantity>& quantities) {
  const Inputs nominal{load * servers / service.mean_s(), service.mean_s(),
                       service.variance() + service.mean_s() * service.mean_s()};
  ModelQueue queue(service, std::nullopt, 1, queue_limit, 1, Rng(5));
  for (int i = 0; i < servers; ++i) queue.add_replica(0);
  const Sampler gap({Law::kExponential, 0, 1 / nominal.rate, 1, {}});
  Rng rng(6);
  std::vector<Estimate> estimates(quantities.size());
  const auto precise = [&] {
    for (std::size_t i = 0; i < quantities.size(); ++i) {
      const auto& estimate = estimates[i];
      if (estimate.standard_error() > kErrorTarget * quantities[i].theory(nominal)) return false;
    }
    return true;
  };
  double t = 0;
  for (int batch = 0; batch < kBatchesMax && (batch < kBatchesMin || !precise()); ++batch) {
    const QueueTotals before = queue.totals();
    const double begin = t;
    for (int i = 0; i < kBatchRequests; ++i) queue.arrive(t += gap(rng));
    const QueueTotals& after = queue.totals();
    const auto served = static_cast<double>(after.served - before.served);
    const Inputs realised{kBatchRequests / (t - begin), (after.busy_s - before.busy_s) / served,
                          (after.busy_square_s2 - before.busy_square_s2) / served};
    for (std::size_t i = 0; i < quantities.size(); ++i) {
      estimates[i].add(quantities[i].counted(before, after) -
                       drift(quantities[i], nominal, realised));
    }
  }
  for (std::size_t i = 0; i < quantities.size(); ++i) {
    const double expected = quantities[i].theory(nominal);
    const auto& estimate = estimates[i];
    SCOPED_TRACE(fmt::format("{} at {} servers, load {}, scv {:.3g}: {} batches, standard error {}",
                             quantities[i].name, servers, load, service.scv(), estimate.batches,
                             estimate.standard_error() / expected));
    EXPECT_LT(estimate.standard_error(), kTolerance * expected);
    // Where waits or losses are too rare to be counted to 1 %, the interval is what can be held.
    EXPECT_NEAR(estimate.mean(), expected,
                std::max(kTolerance * expected, kInterval * estimate.standard_error()));
  }
}

double mean_wait_s(const QueueTotals& before, const QueueTotals& after) {
  return (after.wait_sum_s - before.wait_sum_s) / static_cast<double>(after.served - before.served);
}

constexpr int kUnlimited = 100'000'000;
const Distribution kExponential{Law::kExponential, 0, kMeanS, 1, {}};

TEST(QueueingGrid, WaitsOfMMcAreErlangCs) {
  for (const int servers : {1, 2, 4, 8, 16}) {
    const Quantity wait{
        "mean wait", [&](const Inputs& in) { return mmc_mean_wait_s(in.rate, in.mean_s, servers); },
        mean_wait_s};
    const Quantity waits{"P(wait)",
                         [&](const Inputs& in) { return erlang_c(servers, in.rate * in.mean_s); },
                         [](const QueueTotals& before, const QueueTotals& after) {
                           return static_cast<double>(after.waited - before.waited) /
                                  static_cast<double>(after.served - before.served);
                         }};
    for (const double load : {0.3, 0.6, 0.8, 0.9}) {
      // At 16 servers and 0.3 one request in twenty thousand waits.
      if (erlang_c(servers, load * servers) < 1e-3) continue;
      check(kExponential, servers, kUnlimited, load, {wait, waits});
    }
  }
}

TEST(QueueingGrid, WaitsOfMG1ArePollaczekAndKhinchines) {
  const Quantity wait{
      "mean wait",
      [](const Inputs& in) { return in.rate * in.square_s2 / (2 * (1 - in.rate * in.mean_s)); },
      mean_wait_s};
  std::vector<Distribution> laws{{Law::kConstant, kMeanS, 0, 1, {}}};
  for (const double scv : {0.25, 2.0, 4.0}) {
    laws.push_back({Law::kGamma, 0, kMeanS * scv, 1 / scv, {}});
    const double shape = std::sqrt(std::log1p(scv));
    laws.push_back({Law::kLognormal, 0, kMeanS / std::exp(shape * shape / 2), shape, {}});
  }
  for (const auto& law : laws) {
    for (const double load : {0.3, 0.6, 0.8}) check(law, 1, kUnlimited, load, {wait});
  }
  check(laws.front(), 1, kUnlimited, 0.9, {wait});
}

TEST(QueueingGrid, LossesOfMMccAreErlangBs) {
  for (const int servers : {1, 2, 4, 8, 16}) {
    const Quantity loss{"loss",
                        [&](const Inputs& in) { return erlang_b(servers, in.rate * in.mean_s); },
                        [](const QueueTotals& before, const QueueTotals& after) {
                          return static_cast<double>(after.dropped - before.dropped) /
                                 static_cast<double>(after.arrived - before.arrived);
                        }};
    for (const double load : {0.5, 0.8, 1.0, 1.5}) check(kExponential, servers, 0, load, {loss});
  }
}

}  // namespace
}  // namespace starling
