// Which bids win and which replicas go: spread first, then price.
#include "control/tender.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "control/values_for_tests.h"

namespace starling {
namespace {

using namespace testing_values;
using Names = std::vector<std::string>;
using Counts = std::map<std::string, int>;

/// a1, a2 in zone za; b in zb; all of cloud c1. d in cloud c2, the dearest.
const std::map<std::string, NodeInfo> kNodes{{"a1", node("a1", "c1", "za", 0.03)},
                                             {"a2", node("a2", "c1", "za", 0.02)},
                                             {"b", node("b", "c1", "zb", 0.05)},
                                             {"d", node("d", "c2", "za", 0.09)}};

std::vector<Bid> bids(int each) {
  std::vector<Bid> all;
  for (const auto& [name, info] : kNodes)
    all.push_back({"r", name, each, info.price_per_cpu_hour, ""});
  return all;
}

PlacementView view(Spread spread) {
  PlacementView view;
  view.query.spread = spread;
  view.nodes = kNodes;
  return view;
}

Counts awarded(const std::vector<BidOutcome>& outcomes) {
  Counts counts;
  for (const auto& o : outcomes) {
    if (o.awarded > 0) counts[o.node] = o.awarded;
  }
  return counts;
}

TEST(ChooseBids, ReplicasAreSpreadOverZonesAndThePriceBreaksTies) {
  // Zones c1/za, c1/zb, c2/za get one each; in za the cheaper node wins.
  EXPECT_EQ(awarded(choose_bids(bids(5), 3, view(Spread::kZone), {})),
            (Counts{{"a2", 1}, {"b", 1}, {"d", 1}}));
  EXPECT_EQ(awarded(choose_bids(bids(5), 1, view(Spread::kZone), {})), (Counts{{"a2", 1}}));
}

TEST(ChooseBids, SpreadOverCloudsCountsTheCloud) {
  EXPECT_EQ(awarded(choose_bids(bids(5), 4, view(Spread::kCloud), {})),
            (Counts{{"a2", 2}, {"d", 2}}));
}

TEST(ChooseBids, WithoutSpreadTheCheapestTakesAllItOffered) {
  EXPECT_EQ(awarded(choose_bids(bids(2), 3, view(Spread::kNone), {})),
            (Counts{{"a1", 1}, {"a2", 2}}));
}

TEST(ChooseBids, ReplicasThatAreAlreadyThereCount) {
  EXPECT_EQ(awarded(choose_bids(bids(5), 1, view(Spread::kZone), {{"a1", 1}, {"b", 1}})),
            (Counts{{"d", 1}}));
}

TEST(ChooseBids, NoMoreIsAwardedThanOffered) {
  const auto outcomes = choose_bids(bids(1), 9, view(Spread::kZone), {});
  EXPECT_EQ(awarded(outcomes), (Counts{{"a1", 1}, {"a2", 1}, {"b", 1}, {"d", 1}}));
}

TEST(ChooseBids, EqualPricesGoByName) {
  const std::vector<Bid> equal{{"r", "b", 1, 0.05, ""}, {"r", "a1", 1, 0.05, ""}};
  EXPECT_EQ(awarded(choose_bids(equal, 1, view(Spread::kNone), {})), (Counts{{"a1", 1}}));
}

TEST(ChooseBids, EveryLoserHasANoteThatSaysWhy) {
  auto offers = bids(1);
  offers[3].count = 0;
  offers[3].reason = "0m CPU and 0 MiB free";
  const auto outcomes = choose_bids(offers, 1, view(Spread::kZone), {});
  ASSERT_EQ(outcomes.size(), 4u);
  EXPECT_EQ(outcomes[0].note, "dearer than a2 by 0.0100/h");
  EXPECT_TRUE(outcomes[1].note.empty()) << "a2 won";
  EXPECT_EQ(outcomes[2].note, "dearer than a2 by 0.0300/h");
  EXPECT_EQ(outcomes[3].note, "0m CPU and 0 MiB free");
  EXPECT_EQ(choose_bids(bids(1), 1, view(Spread::kNone), {})[0].note, "dearer than a2 by 0.0100/h");
}

TEST(ChooseBids, WhereRequestsComeFromOutweighsASmallDifferenceOfPrice) {
  auto far = view(Spread::kNone);
  far.query.origins = {{"c2", 1}};
  far.query.slo = 100ms;
  far.query.service = {0.05, 0.2};
  far.options.latency = {{"c1", {{"c2", 40ms}}}};
  const std::vector<Bid> two{{"r", "b", 1, 0.05, ""}, {"r", "d", 1, 0.06, ""}};
  const auto outcomes = choose_bids(two, 1, far, {});
  EXPECT_EQ(awarded(outcomes), (Counts{{"d", 1}}));
  EXPECT_EQ(outcomes[0].note, "40 ms farther from the traffic than d");
  far.options.latency = {{"c1", {{"c2", 1ms}}}};
  EXPECT_EQ(awarded(choose_bids(two, 1, far, {})), (Counts{{"b", 1}})) << "1 ms makes nobody late";
}

TEST(ChooseBids, ASpotNodeMustBeCheaperByWhatItsEvictionsCost) {
  auto spot = view(Spread::kNone);
  spot.nodes["a1"].node_class = NodeClass::kSpot;
  spot.query.cold_start = 60s;
  const std::vector<Bid> equal{{"r", "a1", 1, 0.05, ""}, {"r", "b", 1, 0.05, ""}};
  const auto outcomes = choose_bids(equal, 1, spot, {});
  EXPECT_EQ(awarded(outcomes), (Counts{{"b", 1}}));
  EXPECT_THAT(outcomes[0].note, ::testing::HasSubstr("a spot node, where evictions would cost"));
  const std::vector<Bid> cheaper{{"r", "a1", 1, 0.03, ""}, {"r", "b", 1, 0.05, ""}};
  EXPECT_EQ(awarded(choose_bids(cheaper, 1, spot, {})), (Counts{{"a1", 1}}));
}

TEST(ChooseBids, ANodeThatHasTheArtefactAtHandComesFirstAmongEquals) {
  std::vector<Bid> equal{{"r", "a1", 1, 0.05, ""}, {"r", "b", 1, 0.05, ""}};
  equal[1].warm = true;
  const auto outcomes = choose_bids(equal, 1, view(Spread::kNone), {});
  EXPECT_EQ(awarded(outcomes), (Counts{{"b", 1}}));
  EXPECT_EQ(outcomes[0].note, "has not run the model lately, b starts it sooner");
}

TEST(ChooseBids, AmongEqualsTheNodeWhoseRestStaysUsefulComesFirst) {
  auto packed = view(Spread::kNone);
  packed.query.size = {1000, 512LL << 20};
  // Both hold it; on a1 it would take the CPU that the free memory needs to be of use.
  packed.free = {{"a1", {1000, 8LL << 30}}, {"b", {4000, 1LL << 30}}};
  const std::vector<Bid> equal{{"r", "a1", 1, 0.05, ""}, {"r", "b", 1, 0.05, ""}};
  const auto outcomes = choose_bids(equal, 1, packed, {});
  EXPECT_EQ(awarded(outcomes), (Counts{{"b", 1}}));
  EXPECT_EQ(outcomes[0].note, "would be left with a rest of less use than b");
}

TEST(ChooseStops, ThoseStillStartingGoFirst) {
  const auto m = model("m");
  EXPECT_EQ(choose_stops({replica("1", m, "a1"), replica("2", m, "b", ReplicaState::kStarting)}, 1,
                         view(Spread::kZone)),
            Names{"2"});
}

TEST(ChooseStops, TheFullestPlaceThenTheDearestThenTheYoungest) {
  const auto m = model("m");
  auto young = replica("young", m, "a1");
  young.started = at(60s);
  const std::vector<ReplicaStatus> replicas{replica("old", m, "a1"), young, replica("b", m, "b"),
                                            replica("d", m, "d")};
  EXPECT_EQ(choose_stops(replicas, 1, view(Spread::kZone)), Names{"young"}) << "za of c1 holds two";
  EXPECT_EQ(choose_stops(replicas, 2, view(Spread::kZone)), (Names{"young", "d"}))
      << "then the dearest";
  EXPECT_EQ(choose_stops(replicas, 9, view(Spread::kZone)).size(), 4u);
  EXPECT_TRUE(choose_stops(replicas, 0, view(Spread::kZone)).empty());
}

}  // namespace
}  // namespace starling
