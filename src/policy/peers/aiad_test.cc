// One more, one fewer, by the predicted response time.
#include "policy/peers/aiad.h"

#include <gtest/gtest.h>

#include "policy/peers/replicas_for_tests.h"

namespace starling {
namespace {

/// Ten requests a second that are so long in the system, where 0.5 s are allowed.
Replicas::Observe latency(double in_system_s) {
  return [=](Observation& seen) {
    seen.arrival_rate = 10;
    seen.in_flight = 10 * in_system_s;
  };
}

TEST(Aiad, OneMoreAfterThirtySecondsOverTheSloOneFewerAfterTenMinutesUnderIt) {
  const struct {
    const char* rule;
    double latency_s;
    Duration time;
    int expected;
  } table[] = {
      {"over, not yet for thirty seconds", 0.51, 30s, 3},
      {"over for thirty seconds", 0.51, 32s, 4},
      {"the clock begins anew", 0.51, 62s, 4},
      {"over for twice as long and one decision", 0.51, 64s, 5},
      {"one at a time, however late", 1e9, 32s, 4},
      {"at the SLO is within it", 0.5, 600s, 3},
      {"within it for ten minutes", 0.5, 602s, 2},
      {"the clock begins anew", 0.4, 1202s, 2},
      {"twice as long and one decision", 0.4, 1204s, 1},
      {"the last one stays while anything is in flight", 0.4, 7200s, 1},
      {"and goes without", 0, 7200s, 0},
  };
  for (const auto& row : table) {
    Replicas aiad(peer("aiad"), 3, 2s);
    EXPECT_EQ(aiad.pass(row.time, latency(row.latency_s)), row.expected) << row.rule;
  }
}

TEST(Aiad, AnInterruptionBeginsTheClockAnew) {
  AiadOptions options;
  options.window = 2s;
  Replicas up(std::make_unique<AiadPolicy>(options), 3, 2s);
  up.pass(30s, latency(0.6));
  up.pass(2s, latency(0.4));
  EXPECT_EQ(up.pass(30s, latency(0.6)), 3);
  EXPECT_EQ(up.pass(2s, latency(0.6)), 4);
  Replicas down(std::make_unique<AiadPolicy>(options), 3, 2s);
  down.pass(600s, latency(0.4));
  down.pass(2s, latency(0.6));
  EXPECT_EQ(down.pass(600s, latency(0.4)), 3);
  EXPECT_EQ(down.pass(2s, latency(0.4)), 2);
}

TEST(Aiad, TheEstimateIsOfTenSeconds) {
  Replicas aiad(peer("aiad"), 3, 2s);
  aiad.pass(60s, latency(0.4));
  aiad.pass(2s, latency(0.8));
  EXPECT_NE(aiad.last().reason.find("480 ms"), std::string::npos) << aiad.last().reason;
}

TEST(Aiad, WhereMoreIsLateOrRefusedThanTheSloAllowsItIsMissed) {
  // A full queue bounds what is in flight, however many are turned away.
  const auto refusing = [](double missed) -> Replicas::Observe {
    return [=](Observation& seen) {
      seen.arrival_rate = 100;
      seen.in_flight = 40;  // by Little's law 0.4 s, of 0.5 s that are allowed
      seen.missed_rate = missed;
    };
  };
  Replicas drowning(peer("aiad"), 3, 2s), within(peer("aiad"), 3, 2s);
  EXPECT_EQ(drowning.pass(32s, refusing(48)), 4);
  EXPECT_EQ(within.pass(602s, refusing(0.5)), 2) << "one in a hundred may be late";
}

TEST(Aiad, ASeldomRequestThatOutlastsItsIntervalIsNotLate) {
  Replicas aiad(peer("aiad"), 2, 2s);
  // One request each minute of 0.2 s, of which one interval sees the arrival and the next the rest.
  int second = 0;
  const auto seldom = [&](Observation& seen) {
    second += 2;
    seen.arrival_rate = second % 60 == 0 ? 0.5 : 0;
    seen.in_flight = second % 60 <= 2 ? 0.05 : 0;
  };
  EXPECT_EQ(aiad.pass(602s, seldom), 1);
}

TEST(Aiad, ARequestThatNeverEndsIsLateWithoutAnyArrival) {
  Replicas aiad(peer("aiad"), 2, 2s);
  const auto stuck = [](Observation& seen) {
    seen.arrival_rate = 0;
    seen.in_flight = 1;
  };
  EXPECT_EQ(aiad.pass(32s, stuck), 3);
  EXPECT_NE(aiad.last().reason.find("10000 ms"), std::string::npos) << aiad.last().reason;
}

TEST(Aiad, FromZeroTheFirstRequestAsksForOneAtOnce) {
  Replicas aiad(peer("aiad"), 0, 2s);
  EXPECT_EQ(aiad.pass(1000s, latency(0)), 0);
  EXPECT_EQ(aiad.pass(2s, latency(0.1)), 1);
}

}  // namespace
}  // namespace starling
