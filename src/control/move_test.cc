// Moves are worth what they cost, and never go back and forth.
#include "control/move.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "control/values_for_tests.h"

namespace starling {
namespace {

using namespace testing_values;

PlacementView two_nodes(double price_a, double price_b) {
  PlacementView view;
  view.query.size = model("m").resources;
  view.query.spread = Spread::kNone;
  view.nodes = {{"a", node("a", "c1", "z1", price_a)}, {"b", node("b", "c1", "z2", price_b)}};
  view.free = {{"a", {4000, 8LL << 30}}, {"b", {4000, 8LL << 30}}};
  return view;
}

TEST(Move, AReplicaMovesWhereItIsMuchCheaperAndNotForLittle) {
  const auto on_a = {replica("r", model("m"), "a")};
  const auto move = choose_move(on_a, two_nodes(0.08, 0.02), {"a", "b"});
  ASSERT_TRUE(move);
  EXPECT_EQ(move->to, "b");
  EXPECT_GT(move->gain, 0);
  EXPECT_FALSE(choose_move(on_a, two_nodes(0.08, 0.075), {"a", "b"})) << "below a tenth";
  EXPECT_FALSE(choose_move(on_a, two_nodes(0.08, 0.02), {"a"})) << "b takes none";
  auto full = two_nodes(0.08, 0.02);
  full.free["b"] = {100, 8LL << 30};
  EXPECT_FALSE(choose_move(on_a, full, {"a", "b"})) << "b has no room";
}

TEST(Move, AShortStayIsNotWorthALongStart) {
  auto view = two_nodes(0.08, 0.06);
  const auto on_a = {replica("r", model("m"), "a")};
  EXPECT_TRUE(choose_move(on_a, view, {"b"}));
  view.query.cold_start = 20min;
  EXPECT_FALSE(choose_move(on_a, view, {"b"})) << "it would run twice for a third of the stay";
}

TEST(Move, TwoInOneZoneSpreadOutOnceThereIsAnother) {
  auto view = two_nodes(0.04, 0.04);
  view.query.spread = Spread::kZone;
  const std::vector<ReplicaStatus> both{replica("r1", model("m"), "a"),
                                        replica("r2", model("m"), "a")};
  const auto move = choose_move(both, view, {"a", "b"});
  ASSERT_TRUE(move);
  EXPECT_EQ(move->to, "b");
}

RC_GTEST_PROP(Move, BetweenEqualNodesNothingMoves, ()) {
  const double price = *rc::gen::inRange(0, 1000) * 1e-4;
  auto view = two_nodes(price, price);
  view.query.load = *rc::gen::inRange(0, 100) / 100.0;
  view.query.priority = *rc::gen::inRange(1, 100);
  view.query.cold_start = std::chrono::seconds(*rc::gen::inRange(0, 600));
  view.query.origins = {{"c1", 0.5}, {"c2", 0.5}};
  view.options.latency = {{"c1", {{"c2", 50ms}}}};
  view.query.spread = *rc::gen::element(Spread::kZone, Spread::kCloud, Spread::kNone);
  const std::vector<ReplicaStatus> one{
      replica("r", model("m"), *rc::gen::elementOf(std::vector<std::string>{"a", "b"}))};
  RC_ASSERT(!choose_move(one, view, {"a", "b"}).has_value());
}

TEST(Move, NothingGoesToAndFroBetweenANearNodeAndOneThatCostsNothing) {
  auto view = two_nodes(0, 1e-4);
  view.nodes.at("a").cloud = "c2";
  view.query.origins = {{"c1", 0.07}};
  view.options.latency = {{"c1", {{"c2", 100ms}}}};
  for (const auto* start : {"a", "b"}) {
    std::vector<ReplicaStatus> replicas{replica("r", model("m"), start)};
    int moves = 0;
    while (const auto move = choose_move(replicas, view, {"a", "b"})) {
      replicas[0].node = move->to;
      ASSERT_LE(++moves, 1) << "from " << start;
    }
    EXPECT_EQ(replicas[0].node, "a") << "too few requests to pay for a nearer node";
  }
}

TEST(Move, WhatNodesCostThatCannotHoldTheModelDoesNotMatter) {
  auto view = two_nodes(0.08, 0.075);
  for (auto& [name, info] : view.nodes) info.gpus = 1;
  view.query.size.gpus = 1;
  const auto on_a = {replica("r", model("m"), "a")};
  ASSERT_FALSE(choose_move(on_a, view, {"a", "b"})) << "below a tenth";
  for (int i = 0; i < 40; ++i) {
    auto info = view.nodes.at("b");
    info.name = fmt::format("without-gpu-{}", i);
    info.gpus = 0;
    info.price_per_cpu_hour = 0.001;
    view.nodes[info.name] = info;
  }
  EXPECT_FALSE(choose_move(on_a, view, {"a", "b"})) << "they make a tenth no smaller";
}

RC_GTEST_PROP(Move, WhatMovedDoesNotMoveBack, ()) {
  auto view = two_nodes(*rc::gen::inRange(0, 1000) * 1e-4, *rc::gen::inRange(0, 1000) * 1e-4);
  for (auto& [name, info] : view.nodes) {
    if (*rc::gen::arbitrary<bool>()) info.node_class = NodeClass::kSpot;
    if (*rc::gen::arbitrary<bool>()) info.cloud = "c2";
  }
  view.query.origins = {{"c1", *rc::gen::inRange(0, 100) / 100.0}};
  view.options.latency = {{"c1", {{"c2", 100ms}}}};
  view.query.spread = *rc::gen::element(Spread::kZone, Spread::kCloud, Spread::kNone);
  std::vector<ReplicaStatus> replicas{replica("r1", model("m"), "a"),
                                      replica("r2", model("m"), "a"),
                                      replica("r3", model("m"), "b")};
  int moves = 0;
  while (const auto move = choose_move(replicas, view, {"a", "b"})) {
    for (auto& r : replicas) {
      if (r.id == move->replica) r.node = move->to;
    }
    RC_ASSERT(++moves <= 3);
  }
}

}  // namespace
}  // namespace starling
