// The fluid queue that policies learn on, against the request-level simulator.
#include "policy/fluid_queue.h"

#include <gtest/gtest.h>

#include <cmath>

#include "sim/model_queue.h"

namespace starling {
namespace {

constexpr double kTickS = 10, kMeanS = 0.154, kSloS = 0.72;
constexpr int kQueueLimit = 50;

/// Rates of the ticks of a run, and how many replicas serve them.
struct Course {
  int replicas;
  std::vector<double> rates;
};

Distribution gamma_service(double scv) {
  return {.law = Distribution::Law::kGamma,
          .location_s = 0,
          .scale_s = kMeanS * scv,
          .shape = 1 / scv,
          .values_s = {}};
}

/// The share of requests missed, by the request-level queue, over several runs.
double simulated(const Course& course, double scv) {
  std::uint64_t arrived = 0, missed = 0;
  for (std::uint64_t seed = 0; seed < 12; ++seed) {
    Rng rng(seed);
    ModelQueue queue(gamma_service(scv), std::nullopt, kSloS, kQueueLimit, 1, rng.split(1));
    for (int i = 0; i < course.replicas; ++i) queue.add_replica(0);
    double t = 0;
    for (std::size_t tick = 0; tick < course.rates.size(); ++tick) {
      const double end = kTickS * static_cast<double>(tick + 1);
      for (t += rng.exponential(1 / course.rates[tick]); t < end;
           t += rng.exponential(1 / course.rates[tick])) {
        queue.arrive(t);
      }
      t = end;
      queue.advance(t);
    }
    queue.advance(t + 1e6);
    arrived += queue.totals().arrived;
    missed += queue.totals().dropped + queue.totals().served - queue.totals().met_slo;
  }
  return static_cast<double>(missed) / static_cast<double>(arrived);
}

double fluid(const Course& course, double scv) {
  const MissCurve curve({kMeanS, scv}, 1, kQueueLimit, kSloS);
  double arrived = 0, missed = 0;
  for (std::uint64_t seed = 0; seed < 12; ++seed) {
    Rng rng(seed + 100);
    FluidQueue queue(curve);
    for (const double rate : course.rates) {
      const auto arrivals = static_cast<double>(rng.poisson(rate * kTickS));
      arrived += arrivals;
      missed += queue.advance(arrivals, course.replicas, kTickS).missed;
    }
  }
  return missed / arrived;
}

TEST(FluidQueue, MissesAsManyAsTheRequestLevelQueueOverAGridOfLoads) {
  for (const int replicas : {1, 3, 8, 20}) {
    for (const double load : {0.5, 0.8, 0.95, 1.05, 1.3, 2.0}) {
      for (const double scv : {0.2, 1.0}) {
        const Course course{replicas, std::vector<double>(120, load * replicas / kMeanS)};
        // One replica's chance and load are hardest to tell apart in ticks.
        const double apart = replicas == 1 ? 0.12 : 0.085;
        EXPECT_NEAR(fluid(course, scv), simulated(course, scv), apart)
            << replicas << " replicas at " << load << ", scv " << scv;
      }
    }
  }
}

TEST(FluidQueue, MissesAsManyWhenTheLoadComesAndGoes) {
  Course course{8, {}};
  for (int tick = 0; tick < 360; ++tick) {
    const double load = 0.75 + 0.45 * std::sin(2 * 3.14159265 * tick / 60.0);
    course.rates.push_back(load * course.replicas / kMeanS);
  }
  EXPECT_NEAR(fluid(course, 0.3), simulated(course, 0.3), 0.03);
}

TEST(FluidQueue, WithoutReplicasEverythingIsMissedAndTheLimitHolds) {
  const MissCurve curve({kMeanS, 1}, 1, kQueueLimit, kSloS);
  FluidQueue queue(curve);
  const FluidTick tick = queue.advance(200, 0, kTickS);
  EXPECT_DOUBLE_EQ(tick.missed, 200);
  EXPECT_DOUBLE_EQ(tick.refused, 150);
  EXPECT_DOUBLE_EQ(queue.backlog(), kQueueLimit);
  EXPECT_EQ(queue.advance(0, 8, kTickS).missed, 0);
  EXPECT_EQ(queue.backlog(), 0);
}

}  // namespace
}  // namespace starling
