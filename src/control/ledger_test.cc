// The books of a node: whatever is asked in whatever order, it never gives away what it has not.
#include "control/ledger.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <set>

#include "control/resources.h"
#include "control/values_for_tests.h"

namespace starling {
namespace {

using namespace testing_values;

/// 4 cores and 8 GiB: room for eight replicas of `spec` by CPU.
struct Books {
  ModelSpec spec = model("m");
  Ledger ledger{node("a")};

  BidRequest request(const std::string& id, int count) const {
    return {id, "owner", spec.name, spec.resources, count, {}};
  }
  Award award(const std::string& id, int count) const {
    return {id, "owner", spec.name, generation_of(spec), count};
  }
  /// Fills the node with replicas; the first one's room is sold to model "buyer", and is free from
  /// `gone` on.
  void sell_one(Duration gone) { sell(1, gone); }
  /// Likewise of the first few.
  void sell(std::size_t rooms, Duration gone) {
    ledger.bid(request("r", 100), at(0s));
    const auto started = ledger.accept(award("r", 100), spec, at(0s)).started;
    for (std::size_t i = 0; i < rooms; ++i) {
      ledger.sell(started.at(i).id, "buyer");
      ledger.remove(started.at(i).id, at(gone));
    }
  }
  /// The buyer asks for replicas of that size, is promised them, and is awarded fewer.
  void buyer_takes(const Resources& size, int promised, int awarded, Duration when) {
    auto asks = request("buyers", promised);
    asks.model = "buyer";
    asks.resources = size;
    ASSERT_EQ(ledger.bid(asks, at(when)).count, promised);
    Award gets = award("buyers", awarded);
    gets.model = "buyer";
    ASSERT_EQ(ledger.accept(gets, spec, at(when)).started.size(),
              static_cast<std::size_t>(awarded));
  }
  std::string fill_and_sell() {
    ledger.bid(request("r", 100), at(0s));
    const auto id = ledger.accept(award("r", 100), spec, at(0s)).started.at(0).id;
    ledger.sell(id, "buyer");
    return id;
  }
};

TEST(Ledger, ABidKeepsRoomUntilItsPromiseExpires) {
  Books b;
  EXPECT_EQ(b.ledger.bid(b.request("r1", 6), at(0s)).count, 6);
  EXPECT_EQ(b.ledger.free().cpu_millis, 1000);
  const Bid second = b.ledger.bid(b.request("r2", 6), at(500ms));
  EXPECT_EQ(second.count, 2);
  EXPECT_EQ(second.reason, "1000m CPU and 5120 MiB free");
  const auto late = b.ledger.accept(b.award("r1", 6), b.spec, at(0s) + Ledger::kPromise);
  EXPECT_TRUE(late.started.empty());
  EXPECT_EQ(late.refusal, "the promise has expired");
  b.ledger.expire(at(2s));
  EXPECT_EQ(b.ledger.free().cpu_millis, 4000);
}

TEST(Ledger, ABidAskedForTwiceIsOnePromise) {
  Books b;
  const Bid first = b.ledger.bid(b.request("r1", 3), at(0s));
  const Bid again = b.ledger.bid(b.request("r1", 3), at(100ms));
  EXPECT_EQ(again.count, first.count);
  EXPECT_EQ(b.ledger.free().cpu_millis, 2500);
}

TEST(Ledger, AnAwardThatComesTwiceGetsTheSameAnswerAndStartsNothingNew) {
  Books b;
  b.ledger.bid(b.request("r1", 3), at(0s));
  const auto first = b.ledger.accept(b.award("r1", 2), b.spec, at(100ms));
  ASSERT_EQ(first.started.size(), 2u);
  EXPECT_TRUE(first.refusal.empty());
  const auto again = b.ledger.accept(b.award("r1", 2), b.spec, at(5s));
  EXPECT_EQ(again.started, first.started);
  EXPECT_EQ(b.ledger.replicas().size(), 2u);
  EXPECT_EQ(b.ledger.free().cpu_millis, 3000) << "what was promised beyond the award is free";
  EXPECT_EQ(b.ledger.bid(b.request("r1", 3), at(6s)).count, 0)
      << "a settled request gets no second promise";
}

TEST(Ledger, AwardsOfTheSameMicrosecondAllStartTheirReplicas) {
  Books b;
  b.ledger.bid(b.request("r1", 2), at(0s));
  b.ledger.bid(b.request("r2", 2), at(0s));
  EXPECT_EQ(b.ledger.accept(b.award("r1", 2), b.spec, at(100ms)).started.size(), 2u);
  EXPECT_EQ(b.ledger.accept(b.award("r2", 2), b.spec, at(100ms)).started.size(), 2u);
  EXPECT_EQ(b.ledger.replicas().size(), 4u);
}

TEST(Ledger, AnAwardOfMoreThanWasPromisedIsCutAndSaysSo) {
  Books b;
  b.ledger.bid(b.request("r1", 1), at(0s));
  const auto reply = b.ledger.accept(b.award("r1", 5), b.spec, at(100ms));
  EXPECT_EQ(reply.started.size(), 1u);
  EXPECT_EQ(reply.refusal, "only 1 were promised");
}

TEST(Ledger, WhatWasNotPromisedIsRefused) {
  Books b;
  EXPECT_FALSE(b.ledger.accept(b.award("unknown", 1), b.spec, at(0s)).refusal.empty());
  b.ledger.bid(b.request("r1", 1), at(0s));
  auto other = b.award("r1", 1);
  other.model = "another";
  EXPECT_FALSE(b.ledger.accept(other, model("another"), at(0s)).refusal.empty());
  b.ledger.refuse("r1");
  EXPECT_FALSE(b.ledger.accept(b.award("r1", 1), b.spec, at(0s)).refusal.empty());
  EXPECT_TRUE(b.ledger.replicas().empty());
}

TEST(Ledger, ACloudThatTheSpecDoesNotAllowOffersNothing) {
  Books b;
  auto request = b.request("r1", 1);
  request.clouds = {"c2"};
  const Bid bid = b.ledger.bid(request, at(0s));
  EXPECT_EQ(bid.count, 0);
  EXPECT_EQ(bid.reason, "cloud c1 is not among the allowed ones");
}

TEST(Ledger, AReplicaGrowsOnlyIntoFreeRoom) {
  Books b;
  b.ledger.bid(b.request("r1", 8), at(0s));
  const auto id = b.ledger.accept(b.award("r1", 7), b.spec, at(0s)).started.front().id;
  EXPECT_TRUE(b.ledger.resize(id, {1000, 512LL << 20}));
  EXPECT_EQ(b.ledger.free().cpu_millis, 0);
  EXPECT_FALSE(b.ledger.resize(id, {1001, 512LL << 20}));
  EXPECT_FALSE(b.ledger.resize("nobody", {1, 1}));
  EXPECT_EQ(b.ledger.find(id)->resources.cpu_millis, 1000);
}

TEST(Ledger, WhatAShrinkLeavesOverIsFreeOnceTheRuntimeCannotRefuseItAnyMore) {
  Books b;
  b.ledger.bid(b.request("r1", 8), at(0s));
  const auto started = b.ledger.accept(b.award("r1", 8), b.spec, at(0s)).started;
  const auto small = started[0].id, large = started[1].id;
  const Resources before = started[0].resources;
  ASSERT_EQ(b.ledger.free().cpu_millis, 0);
  ASSERT_TRUE(b.ledger.resize(small, {100, before.memory_bytes}));
  EXPECT_EQ(b.ledger.free().cpu_millis, 0);
  EXPECT_FALSE(b.ledger.resize(large, {600, before.memory_bytes}));
  b.ledger.undo_resize(small, before);
  b.ledger.settle_resizes();
  EXPECT_EQ(b.ledger.free().cpu_millis, 0);

  ASSERT_TRUE(b.ledger.resize(small, {100, before.memory_bytes}));
  b.ledger.settle_resizes();
  EXPECT_EQ(b.ledger.free().cpu_millis, 400);
  EXPECT_TRUE(b.ledger.resize(large, {600, before.memory_bytes}));
}

TEST(Ledger, AnAbsurdRequestNeitherOverflowsNorFits) {
  Books b;
  auto request = b.request("r1", 10'000);
  request.resources = {9'000'000'000'000'000, 9'000'000'000'000'000};
  EXPECT_EQ(b.ledger.bid(request, at(0s)).count, 0);
}

TEST(Ledger, RoomThatWasSoldIsForTheBuyerAloneForAWhile) {
  Books b;
  const auto sold = b.fill_and_sell();
  auto buyers = b.request("buyers", 2);
  buyers.model = "buyer";
  EXPECT_EQ(b.ledger.bid(buyers, at(1s)).count, 0) << "the replica is still there";
  b.ledger.remove(sold, at(2s));
  EXPECT_EQ(b.ledger.bid(b.request("others", 1), at(3s)).count, 0);
  buyers.request = "buyers again";
  EXPECT_EQ(b.ledger.bid(buyers, at(3s)).count, 1);
  EXPECT_EQ(b.ledger.bid(b.request("others later", 1), at(5s)).count, 0)
      << "the buyer's promise has lapsed: bid or award may have been lost";
  buyers.request = "buyers once more";
  EXPECT_EQ(b.ledger.bid(buyers, at(5s)).count, 1);
  b.ledger.refuse(buyers.request);
  EXPECT_EQ(b.ledger.bid(b.request("others at last", 1), at(5s)).count, 1)
      << "the buyer does not want it";
}

TEST(Ledger, WhatOthersTookOfALapsedPromiseIsNotPromisedAgain) {
  Books b;
  b.sell_one(1s);
  auto buyers = b.request("buyers", 1);
  buyers.model = "buyer";
  buyers.resources = {buyers.resources.cpu_millis / 4, buyers.resources.memory_bytes / 4};
  ASSERT_EQ(b.ledger.bid(buyers, at(1s)).count, 1);
  auto small = b.request("others", 1);
  small.resources = {small.resources.cpu_millis / 2, small.resources.memory_bytes / 2};
  ASSERT_EQ(b.ledger.bid(small, at(1500ms)).count, 1);
  ASSERT_EQ(b.ledger.accept(b.award("others", 1), b.spec, at(1600ms)).started.size(), 1u);
  b.ledger.expire(at(3s));
  EXPECT_GE(b.ledger.free().cpu_millis, 0);
  EXPECT_GE(b.ledger.free().memory_bytes, 0);
}

TEST(Ledger, WhatALargerBuyerNeedsBesideTheSoldRoomIsKeptAtOnce) {
  Books b;
  b.ledger.bid(b.request("r", 7), at(0s));
  const auto id = b.ledger.accept(b.award("r", 7), b.spec, at(0s)).started.at(0).id;
  EXPECT_EQ(b.ledger.free().cpu_millis, 500);
  const Resources large = times(b.spec.resources, 2);
  b.ledger.sell(id, "buyer", large);
  EXPECT_EQ(b.ledger.free().cpu_millis, 0);
  EXPECT_EQ(b.ledger.bid(b.request("others", 1), at(1s)).count, 0);
  b.ledger.remove(id, at(2s));
  EXPECT_EQ(b.ledger.bid(b.request("others later", 1), at(2s)).count, 0);
  auto buyers = b.request("buyers", 1);
  buyers.model = "buyer";
  buyers.resources = large;
  EXPECT_EQ(b.ledger.bid(buyers, at(3s)).count, 1);
}

TEST(Ledger, WhatANodeTakesBackItKeepsForTheBuyerAsBefore) {
  Books b;
  b.sell_one(1s);
  auto buyers = b.request("buyers", 1);
  buyers.model = "buyer";
  ASSERT_EQ(b.ledger.bid(buyers, at(1s)).count, 1);
  b.ledger.take_back(buyers.request);
  EXPECT_EQ(b.ledger.bid(b.request("others", 1), at(1s)).count, 0);
  buyers.request = "buyers again";
  EXPECT_EQ(b.ledger.bid(buyers, at(2s)).count, 1);
}

TEST(Ledger, OfSeveralSoldRoomsThoseThatAnAwardLeavesStayTheBuyers) {
  Books b;
  b.sell(3, 1s);
  b.buyer_takes(b.spec.resources, 3, 2, 1s);
  EXPECT_EQ(b.ledger.bid(b.request("others", 1), at(2s)).count, 0);
  auto buyers = b.request("buyers again", 1);
  buyers.model = "buyer";
  EXPECT_EQ(b.ledger.bid(buyers, at(3s)).count, 1);
}

TEST(Ledger, ALargeReplicaTakesAsManySoldRoomsAsItNeeds) {
  Books b;
  b.sell(4, 1s);
  b.buyer_takes(times(b.spec.resources, 2), 2, 1, 1s);
  EXPECT_EQ(b.ledger.bid(b.request("others", 1), at(2s)).count, 0);
  EXPECT_EQ(b.ledger.free().cpu_millis, 0);
}

TEST(Ledger, SoldRoomThatNobodyFetchesIsFreeAgain) {
  Books b;
  b.sell_one(2s);
  EXPECT_EQ(b.ledger.bid(b.request("others", 1), at(2s) + Ledger::kSoldRoom - 1us).count, 0);
  EXPECT_EQ(b.ledger.bid(b.request("later", 1), at(2s) + Ledger::kSoldRoom).count, 1);
}

TEST(Ledger, GpusAreCountedAndEachReplicaHasItsOwn) {
  NodeInfo info = node("a");
  info.gpus = 3;
  info.price_per_gpu_hour = 1.2;
  Books b{model("m"), Ledger(info)};
  b.spec.resources.gpus = 2;
  const Bid bid = b.ledger.bid(b.request("r1", 2), at(0s));
  EXPECT_EQ(bid.count, 1) << "CPU and memory would hold more";
  EXPECT_EQ(bid.reason, "4000m CPU and 8192 MiB free, 3 of 3 GPUs");
  EXPECT_NEAR(bid.price_per_hour, 0.04 * (0.5 + 0.125) / 2 + 2.4, 1e-12);
  const auto first = b.ledger.accept(b.award("r1", 1), b.spec, at(100ms)).started.at(0);
  EXPECT_EQ(first.devices, (std::vector<int>{0, 1}));

  b.spec.resources.gpus = 1;
  b.ledger.bid(b.request("r2", 1), at(1s));
  EXPECT_EQ(b.ledger.accept(b.award("r2", 1), b.spec, at(1s)).started.at(0).devices,
            std::vector<int>{2});
  EXPECT_EQ(b.ledger.bid(b.request("r3", 1), at(2s)).count, 0);
  EXPECT_FALSE(b.ledger.resize(first.id, {500, 512LL << 20, 1})) << "not while it runs";
  b.ledger.remove(first.id, at(3s));
  b.ledger.bid(b.request("r4", 1), at(4s));
  EXPECT_EQ(b.ledger.accept(b.award("r4", 1), b.spec, at(4s)).started.at(0).devices,
            std::vector<int>{0});
}

TEST(Ledger, APriceForMemoryReplacesTheShareOfTheCpus) {
  NodeInfo info = node("a", "c1", "z1", 0.04);
  EXPECT_NEAR(price_per_hour(info, {1000, 4LL << 30}), 0.04, 1e-12);
  info.price_per_gib_hour = 0.005;
  EXPECT_NEAR(price_per_hour(info, {1000, 4LL << 30}), 0.06, 1e-12);
}

TEST(Ledger, ANodeThatRanTheModelLatelyIsWarm) {
  Books b;
  EXPECT_FALSE(b.ledger.bid(b.request("r1", 1), at(0s)).warm);
  const auto id = b.ledger.accept(b.award("r1", 1), b.spec, at(0s)).started.at(0).id;
  EXPECT_TRUE(b.ledger.bid(b.request("r2", 1), at(1s)).warm);
  b.ledger.remove(id, at(2s));
  EXPECT_TRUE(b.ledger.bid(b.request("r3", 1), at(3s)).warm);
  EXPECT_FALSE(b.ledger.bid(b.request("r4", 1), at(3s) + Ledger::kWarm).warm);
}

RC_GTEST_PROP(Ledger, NothingAskedInAnyOrderExceedsTheCapacity, ()) {
  NodeInfo with_gpus = node("a");
  with_gpus.gpus = 4;
  Books b{model("m"), Ledger(with_gpus)};
  TimePoint now = at(0s);
  const auto any_id = [&] { return fmt::format("r{}", *rc::gen::inRange(0, 6)); };
  const auto any_replica = [&]() -> std::string {
    const auto& replicas = b.ledger.replicas();
    if (replicas.empty()) return "nobody";
    auto it = replicas.begin();
    std::advance(it, *rc::gen::inRange<std::size_t>(0, replicas.size()));
    return it->first;
  };
  std::map<std::string, Resources> resized;  // what the runtime may still refuse: size before
  const int steps = *rc::gen::inRange(1, 60);
  for (int i = 0; i < steps; ++i) {
    switch (*rc::gen::inRange(0, 10)) {
      case 0:
      case 1: {
        auto request = b.request(any_id(), *rc::gen::inRange(0, 12));
        request.resources = {*rc::gen::inRange(0, 1500),
                             *rc::gen::inRange<std::int64_t>(0, 3LL << 30),
                             *rc::gen::inRange<std::int64_t>(0, 3)};
        b.ledger.bid(request, now);
        break;
      }
      case 2:
      case 3: {
        const auto award = b.award(any_id(), *rc::gen::inRange(-1, 12));
        const auto reply = b.ledger.accept(award, b.spec, now);
        const auto again = b.ledger.accept(award, b.spec, now);
        RC_ASSERT(again.started == reply.started);
        break;
      }
      case 4:
        now += *rc::gen::elementOf(std::vector<Duration>{0us, 1us, 400ms, 2s, 40s});
        b.ledger.expire(now);
        break;
      case 5: {
        const std::string id = any_replica();
        const ReplicaStatus* replica = b.ledger.find(id);
        if (replica == nullptr || resized.contains(id)) break;
        resized[id] = replica->resources;
        b.ledger.resize(id,
                        {*rc::gen::inRange(0, 5000), *rc::gen::inRange<std::int64_t>(0, 9LL << 30),
                         replica->resources.gpus});
        break;
      }
      case 6:
        b.ledger.sell(any_replica(), *rc::gen::elementOf(std::vector<std::string>{"m", "n"}),
                      {*rc::gen::inRange(0, 5000), *rc::gen::inRange<std::int64_t>(0, 9LL << 30)});
        break;
      case 7:
        if (resized.empty()) break;
        b.ledger.undo_resize(resized.begin()->first, resized.begin()->second);
        resized.erase(resized.begin());
        break;
      case 8:
        b.ledger.settle_resizes();
        resized.clear();
        break;
      default:
        b.ledger.remove(any_replica(), now);
        break;
    }
    Resources used{0, 0};
    std::set<int> devices;
    for (const auto& [id, r] : b.ledger.replicas()) {
      used = sum(used, r.resources);
      RC_ASSERT(static_cast<std::int64_t>(r.devices.size()) == r.resources.gpus);
      for (const int device : r.devices) {
        RC_ASSERT(device >= 0 && device < b.ledger.node().gpus);
        RC_ASSERT(devices.insert(device).second);  // nobody shares one
      }
    }
    const auto free = b.ledger.free();
    RC_ASSERT(free.cpu_millis >= 0);
    RC_ASSERT(free.memory_bytes >= 0);
    RC_ASSERT(free.gpus >= 0);
    RC_ASSERT(used.gpus + free.gpus <= b.ledger.node().gpus);
    RC_ASSERT(used.cpu_millis + free.cpu_millis <= b.ledger.node().cpu_millis);
    RC_ASSERT(used.memory_bytes + free.memory_bytes <= b.ledger.node().memory_bytes);
  }
}

}  // namespace
}  // namespace starling
