// Knative's rules, one after the other.
#include "policy/peers/kpa.h"

#include <gtest/gtest.h>

#include "policy/peers/replicas_for_tests.h"

namespace starling {
namespace {

TEST(Kpa, WantsTheMeanOverSeventyPercentOfTheConcurrency) {
  const struct {
    const char* rule;
    int ready;
    double in_flight;
    int expected;
  } table[] = {
      {"70 / 7 is ten", 10, 70, 10},
      {"a little more is eleven", 10, 71, 11},
      {"never fewer than half of the ready ones at once: ⌊10 / 2⌋", 10, 0.1, 5},
      {"⌊9 / 2⌋", 9, 0, 4},
      {"any request keeps one", 1, 0.1, 1},
      {"ready counts as one at least: ⌈50 / 7⌉", 0, 50, 8},
      {"any request asks for the first one", 0, 0.1, 1},
      {"nothing asks for none", 0, 0, 0},
      {"twenty of ten is a panic that wants the same", 10, 139, 20},
      {"a thousand for each ready one at most", 10, 1e9, 10'000},
      {"and for one where there is none", 0, 1e15, 1000},
  };
  for (const auto& row : table) {
    Replicas kpa(peer("kpa"), row.ready, 2s, limits_for_tests(0, 1'000'000));
    kpa.hold(row.ready);
    EXPECT_EQ(kpa.pass(126s, in_flight(row.in_flight, 10)), row.expected) << row.rule;
  }
}

TEST(Kpa, AHundredRequestsAReplicaAreSeventy) {
  Replicas kpa(peer("kpa"), 1, 2s);
  EXPECT_EQ(kpa.pass(2s, in_flight(141, 100)), 3) << "Knative's own concurrency, 141 / 70";
}

TEST(Kpa, PanicsFromTwiceWhatIsReadyUntilAStableWindowAfterItWasLast) {
  // With a target of 0.7: 26 over one of the panic window's three ticks and 7 over the others make
  // ⌈13.33 / 0.7⌉ = 20 wanted of ten ready, 25 make 19.
  Replicas calm(peer("kpa"), 10, 2s);
  calm.hold(10).pass(126s, in_flight(7));
  EXPECT_EQ(calm.pass(2s, in_flight(25)), 11) << "the stable mean is 7.6";

  Replicas kpa(peer("kpa"), 10, 2s);
  EXPECT_EQ(kpa.hold(10).pass(126s, in_flight(7)), 10);
  EXPECT_EQ(kpa.pass(2s, in_flight(26)), 20);
  EXPECT_NE(kpa.last().reason.find("in panic, 20 is kept"), std::string::npos) << kpa.last().reason;
  EXPECT_EQ(kpa.pass(4s, in_flight(7)), 20) << "the panic window still has it";
  EXPECT_EQ(kpa.pass(60s, in_flight(7)), 20) << "a whole stable window more";
  EXPECT_EQ(kpa.pass(2s, in_flight(7)), 10);
}

TEST(Kpa, APanicKeepsTheMostThatWasWantedInIt) {
  Replicas kpa(peer("kpa"), 1, 2s);
  kpa.pass(60s, in_flight(0.7));
  EXPECT_EQ(kpa.pass(6s, in_flight(28)), 40);
  EXPECT_EQ(kpa.pass(50s, in_flight(0.7)), 40);
  // The first tick wants ⌈60.5 / 0.7⌉ = 87, twice what is ready: the panic lasts for longer.
  EXPECT_EQ(kpa.pass(6s, in_flight(180)), 258);
  EXPECT_EQ(kpa.pass(56s, in_flight(0.7)), 258);
  EXPECT_EQ(kpa.pass(2s, in_flight(0.7)), 129) << "half of the ready ones, and no longer all";
}

TEST(Kpa, StartsInAPanicWhereItFindsMoreThanOne) {
  Replicas kpa(peer("kpa"), 8, 2s);
  EXPECT_EQ(kpa.pass(62s, in_flight(0.7)), 8) << "no history is no reason to remove";
  EXPECT_EQ(kpa.pass(2s, in_flight(0.7)), 4);
  EXPECT_EQ(kpa.pass(2s, in_flight(0.7)), 2);
  EXPECT_EQ(kpa.pass(2s, in_flight(0.7)), 1);
}

TEST(Kpa, LeavesNothingAfterAStableWindowOfSilenceAndItsGrace) {
  Replicas kpa(peer("kpa"), 1, 2s);
  kpa.pass(60s, in_flight(0.5));
  EXPECT_EQ(kpa.pass(88s, in_flight(0)), 1);
  EXPECT_EQ(kpa.pass(2s, in_flight(0)), 0);
  EXPECT_EQ(kpa.pass(600s, in_flight(0)), 0);
  EXPECT_EQ(kpa.pass(2s, in_flight(0.01)), 1);
}

TEST(Kpa, ARequestWithinTheGraceBeginsItAnew) {
  Replicas kpa(peer("kpa"), 1, 2s);
  kpa.pass(86s, in_flight(0));
  kpa.pass(2s, in_flight(0.1));
  EXPECT_EQ(kpa.pass(88s, in_flight(0)), 1);
  EXPECT_EQ(kpa.pass(2s, in_flight(0)), 0);
}

TEST(Kpa, AReplicaThatStartsForLongerThanTheWindowIsNotGivenUp) {
  Replicas kpa(peer("kpa"), 0, 2s);
  EXPECT_EQ(kpa.hold(0).pass(2s, in_flight(1, 2)), 1);
  EXPECT_EQ(kpa.hold(0, 1).pass(300s, in_flight(0)), 1);
  EXPECT_EQ(kpa.hold(1).pass(90s, in_flight(0)), 1) << "ready for a stable window first";
  EXPECT_EQ(kpa.pass(2s, in_flight(0)), 0);
}

TEST(Kpa, TicksEveryTwoSecondsAndAveragesWhatItIsToldBetween) {
  KpaPolicy kpa;
  Observation seen;
  seen.interval = 500ms;
  seen.ready = 1;
  const auto at = [&](int ms, double requests) {
    seen.now = TimePoint{} + 1h + std::chrono::milliseconds(ms);
    seen.in_flight = requests;
    return kpa.decide(seen, limits_for_tests(0, 1000)).replicas;
  };
  EXPECT_EQ(at(0, 0.7), 1);
  EXPECT_EQ(at(500, 700), 1);
  EXPECT_EQ(at(1000, 0), 1);
  EXPECT_EQ(at(1500, 0), 1);
  EXPECT_EQ(at(2000, 0), 201) << "⌈(0.7 + 700) / 5 / 0.7⌉";
}

}  // namespace
}  // namespace starling
