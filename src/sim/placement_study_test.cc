// Bidding against the exact optimum where that can be had, and against what people use elsewhere.
#include <gtest/gtest.h>

#include "sim/placement_bidding.h"
#include "sim/placement_optimum.h"

namespace starling {
namespace {

TEST(PlacementStudy, BiddingComesWithinFivePerCentOfTheOptimum) {
  double share = 0;
  int cases = 0;
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    Rng rng(seed);
    PlacementShape shape;
    shape.nodes = 3 + static_cast<int>(seed % 3);
    shape.models = 2 + static_cast<int>(seed % 3);
    shape.tightness = 0.6 + 0.3 * static_cast<double>(seed % 4);
    const PlacementCase problem = random_placement_case(shape, rng);
    const Placement best = optimal_placement(problem);
    const BiddingOutcome bid = place_by_bidding(problem, rng.split(1));
    ASSERT_TRUE(feasible(problem, best));
    ASSERT_TRUE(feasible(problem, bid.placement)) << "seed " << seed;
    const double most = value_of(problem, best);
    if (most <= 0) continue;
    const double got = value_of(problem, bid.placement) / most;
    EXPECT_LE(got, 1 + 1e-9) << "seed " << seed;
    share += got;
    ++cases;
  }
  ASSERT_GE(cases, 30);
  EXPECT_GE(share / cases, 0.95);
}

TEST(PlacementStudy, NoOtherPlacementBeatsTheOptimum) {
  for (std::uint64_t seed = 1; seed <= 15; ++seed) {
    Rng rng(seed);
    PlacementShape shape;
    shape.nodes = 3;
    shape.models = 3;
    const PlacementCase problem = random_placement_case(shape, rng);
    const double most = value_of(problem, optimal_placement(problem));
    EXPECT_LE(most, value_bound(problem) + 1e-9) << "seed " << seed;
    for (const auto heuristic : {Heuristic::kBestFit, Heuristic::kSpread}) {
      const Placement placement = heuristic_placement(problem, heuristic);
      EXPECT_TRUE(feasible(problem, placement)) << "seed " << seed;
      EXPECT_LE(value_of(problem, placement), most + 1e-9) << "seed " << seed;
    }
  }
}

TEST(PlacementStudy, InALargeFleetItBeatsTheHeuristicsWithABoundedNumberOfMessages) {
  for (std::uint64_t seed = 1; seed <= 2; ++seed) {
    Rng rng(seed);
    PlacementShape shape;
    shape.nodes = 80;
    shape.models = 50;
    const PlacementCase problem = random_placement_case(shape, rng);
    const BiddingOutcome bid = place_by_bidding(problem, rng.split(1));
    ASSERT_TRUE(feasible(problem, bid.placement));
    const double value = value_of(problem, bid.placement);
    for (const auto heuristic : {Heuristic::kBestFit, Heuristic::kSpread})
      EXPECT_GT(value, value_of(problem, heuristic_placement(problem, heuristic))) << seed;
    // A call and a bid of 64 nodes, an award and its answer each: for a tender and for a move.
    EXPECT_LE(bid.messages_most, 2 * 4 * 64 + 1) << seed;
  }
}

TEST(PlacementStudy, TheSameSeedGivesTheSamePlacement) {
  Rng rng(3);
  const PlacementCase problem = random_placement_case({}, rng);
  EXPECT_EQ(place_by_bidding(problem, Rng(5)).placement,
            place_by_bidding(problem, Rng(5)).placement);
}

}  // namespace
}  // namespace starling
