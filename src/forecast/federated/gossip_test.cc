// A node's side of learning together: offers, transfers chunk by chunk, bounds, refusals by name.
#include "forecast/federated/gossip.h"

#include <gtest/gtest.h>

#include <deque>
#include <memory>
#include <set>

namespace starling::federated {
namespace {

constexpr std::size_t kCount = 120'000;  // three chunks
const Kind kKind{.architecture = 1, .base = 2, .count = kCount};
const TimePoint kStart = from_unix_seconds(1'700'000'000);

/// Nodes and what is under way between them.
class Fleet {
 public:
  explicit Fleet(int nodes, const GossipOptions& options = {}) {
    for (int i = 0; i < nodes; ++i) {
      const std::string name = "n" + std::to_string(i);
      names.push_back(name);
      nodes_[name] =
          std::make_unique<GossipNode>(name, kKind, options, static_cast<std::uint64_t>(i));
    }
  }
  GossipNode& node(int i) { return *nodes_.at("n" + std::to_string(i)); }
  void post(std::vector<Outgoing> out) {
    for (Outgoing& one : out) under_way_.push_back(std::move(one));
  }
  void publish(int i, float value, std::uint64_t round = 1) {
    const std::vector<float> values(kCount, value);
    post(node(i).publish(compress(values, kKind, Encoding::kInt8), 10, round, names));
  }
  /// Until nothing is under way; `lost` are not delivered.
  void deliver(TimePoint now, const std::set<std::string>& lost = {}) {
    while (!under_way_.empty()) {
      const Outgoing one = std::move(under_way_.front());
      under_way_.pop_front();
      EXPECT_LE(one.bytes.size(), kFrameBytesMax);
      if (!lost.contains(one.to)) post(nodes_.at(one.to)->on_bytes(one.bytes, now));
    }
  }
  std::size_t under_way() const { return under_way_.size(); }
  std::vector<std::string> names;

 private:
  std::map<std::string, std::unique_ptr<GossipNode>> nodes_;
  std::deque<Outgoing> under_way_;
};

std::uint64_t rejected(const GossipNode& node, Reason reason) {
  return node.counters().rejected[static_cast<std::size_t>(reason)];
}

TEST(Gossip, WeightsReachAsManyPeersAsChosenAndCountBytes) {
  Fleet fleet(6, {.peers = 3});
  fleet.publish(0, 0.5F);
  EXPECT_EQ(fleet.under_way(), 3U);
  fleet.deliver(kStart);
  int reached = 0;
  for (int i = 1; i < 6; ++i) {
    const auto weights = fleet.node(i).weights(kStart + 2h, 1h);
    if (weights.empty()) continue;
    ++reached;
    EXPECT_EQ(weights[0].node, "n0");
    EXPECT_NEAR(weights[0].values[kCount - 1], 0.5F, 1e-6);
    EXPECT_EQ(weights[0].amount, 10);
    EXPECT_EQ(weights[0].age, 2);
    EXPECT_GT(fleet.node(i).counters().bytes_in, kCount);
    EXPECT_EQ(fleet.node(i).counters().accepted, 1U);
    EXPECT_EQ(fleet.node(i).counters().rejections(), 0U);
  }
  EXPECT_EQ(reached, 3);
  EXPECT_GT(fleet.node(0).counters().bytes_out, 3 * kCount);
}

TEST(Gossip, OtherRoundsChooseOtherPeersAndTheSeedRepeatsThem) {
  const auto chosen = [](std::uint64_t seed) {
    GossipNode node("n0", kKind, {.peers = 1}, seed);
    const std::string weights = compress(std::vector<float>(kCount), kKind, Encoding::kInt8);
    const std::vector<std::string> names{"n0", "n1", "n2", "n3", "n4"};
    std::vector<std::string> all;
    for (std::uint64_t round = 1; round <= 30; ++round) {
      const auto out = node.publish(weights, 1, round, names);
      EXPECT_EQ(out.size(), 1U);
      EXPECT_NE(out[0].to, "n0") << "a node does not teach itself";
      all.push_back(out[0].to);
    }
    return all;
  };
  EXPECT_EQ(chosen(7), chosen(7));
  EXPECT_NE(chosen(7), chosen(8));
  const auto all = chosen(7);
  EXPECT_EQ(std::set<std::string>(all.begin(), all.end()).size(), 4U);
}

TEST(Gossip, ALostChunkIsAskedForAgainAndASilentPeerGivenUp) {
  Fleet fleet(2);
  fleet.publish(0, 1);
  fleet.deliver(kStart, {"n0"});  // the offer comes, the question does not
  EXPECT_TRUE(fleet.node(1).fetching());
  EXPECT_TRUE(fleet.node(1).on_tick(kStart + 1s).empty()) << "patience";
  fleet.post(fleet.node(1).on_tick(kStart + 3s));
  fleet.deliver(kStart + 3s);
  EXPECT_EQ(fleet.node(1).kept().size(), 1U);

  fleet.publish(0, 2, 2);
  fleet.deliver(kStart + 10s, {"n0"});
  for (int i = 1; i <= 5; ++i) (void)fleet.node(1).on_tick(kStart + 10s + i * 3s);
  EXPECT_FALSE(fleet.node(1).fetching());
  EXPECT_EQ(rejected(fleet.node(1), Reason::kSilent), 1U);
  EXPECT_EQ(fleet.node(1).kept().at("n0").round, 1U) << "what came before stays";
}

TEST(Gossip, KeepsTheNewestOfSoManyPeersForSoLong) {
  GossipOptions options{.peers = 5, .kept_max = 2};
  Fleet fleet(5, options);
  for (int i = 1; i < 5; ++i) {
    fleet.publish(i, 1);
    fleet.deliver(kStart + i * 1min);
  }
  EXPECT_EQ(fleet.node(0).kept().size(), 2U);
  EXPECT_TRUE(fleet.node(0).kept().contains("n4"));
  EXPECT_TRUE(fleet.node(0).kept().contains("n3"));
  (void)fleet.node(0).on_tick(kStart + 13h);
  EXPECT_TRUE(fleet.node(0).kept().empty());
  EXPECT_EQ(rejected(fleet.node(0), Reason::kStale), 2U);
}

TEST(Gossip, RefusesOffersByNameAndAsksForNothing) {
  const auto size = static_cast<std::uint32_t>(compressed_size(kCount, Encoding::kInt8));
  const Offer good{.node = "n1",
                   .round = 5,
                   .architecture = 1,
                   .base = 2,
                   .amount = 3,
                   .bytes = size,
                   .checksum = 9};
  const auto refused = [&](auto change) {
    GossipNode node("n0", kKind, {}, 1);
    Offer offer = good;
    change(offer);
    EXPECT_TRUE(node.on_bytes(encode(offer), kStart).empty());
    for (std::size_t i = 0; i < kReasons; ++i) {
      if (node.counters().rejected[i] == 1) return static_cast<Reason>(i);
    }
    ADD_FAILURE() << "nothing was counted";
    return Reason::kMalformed;
  };
  EXPECT_EQ(refused([](Offer& o) { o.architecture = 7; }), Reason::kArchitecture);
  EXPECT_EQ(refused([](Offer& o) { o.base = 7; }), Reason::kBase);
  EXPECT_EQ(refused([](Offer& o) { o.bytes = 4'000'000'000; }), Reason::kTooLarge);
  EXPECT_EQ(refused([](Offer& o) { o.bytes -= 1; }), Reason::kLength);
  EXPECT_EQ(refused([](Offer& o) { o.node = "n0"; }), Reason::kUnasked);

  GossipNode node("n0", kKind, {.transfers_max = 1}, 1);
  EXPECT_EQ(node.on_bytes(encode(good), kStart).size(), 1U);
  EXPECT_TRUE(node.on_bytes(encode(good), kStart).empty());
  EXPECT_EQ(rejected(node, Reason::kStale), 1U);
  Offer other = good;
  other.node = "n2";
  EXPECT_TRUE(node.on_bytes(encode(other), kStart).empty());
  EXPECT_EQ(rejected(node, Reason::kBusy), 1U);
  EXPECT_TRUE(node.on_bytes("garbage", kStart).empty());
  EXPECT_EQ(rejected(node, Reason::kMalformed), 1U);
}

TEST(Gossip, RefusesPartsThatNobodyAskedForAndWeightsThatAreNotWhatWasOffered) {
  const std::string weights = compress(std::vector<float>(kCount, 1), kKind, Encoding::kInt8);
  GossipNode node("n0", kKind, {}, 1);
  (void)node.on_bytes(encode(Chunk{"n1", 5, 0, weights.substr(0, kChunkBytes)}), kStart);
  EXPECT_EQ(rejected(node, Reason::kUnasked), 1U);

  const auto send = [&](std::uint64_t round, const std::string& bytes, std::uint64_t checksum) {
    (void)node.on_bytes(encode(Offer{.node = "n1",
                                     .round = round,
                                     .architecture = 1,
                                     .base = 2,
                                     .amount = 3,
                                     .bytes = static_cast<std::uint32_t>(bytes.size()),
                                     .checksum = checksum}),
                        kStart);
    for (std::uint32_t i = 0; i * kChunkBytes < bytes.size(); ++i) {
      (void)node.on_bytes(encode(Chunk{"n1", round, i, bytes.substr(i * kChunkBytes, kChunkBytes)}),
                          kStart);
    }
  };
  send(6, weights, 1234);
  EXPECT_EQ(rejected(node, Reason::kChecksum), 1U);
  std::string poisoned = weights;
  poisoned.replace(compressed_size(0, Encoding::kInt8), 4,
                   "\xff\xff\xff\x7f");  // a scale that is no number
  send(7, poisoned, fingerprint(poisoned));
  EXPECT_EQ(rejected(node, Reason::kNotFinite), 1U);
  EXPECT_TRUE(node.kept().empty());
  send(8, weights, fingerprint(weights));
  EXPECT_EQ(node.kept().size(), 1U) << "and a good one is taken all the same";
}

TEST(Gossip, ARoundCostsNoMoreThanItsBudgetHoweverOftenItIsAskedFor) {
  GossipNode node("n0", kKind, {.bytes_out_max = 3 * kChunkBytes}, 1);
  (void)node.publish(compress(std::vector<float>(kCount), kKind, Encoding::kInt8), 1, 1, {});
  int answers = 0;
  for (int i = 0; i < 100; ++i)
    answers += static_cast<int>(node.on_bytes(encode(Fetch{"n1", 1, 0}), kStart).size());
  EXPECT_EQ(answers, 3);
  EXPECT_EQ(rejected(node, Reason::kBusy), 97U);
  EXPECT_TRUE(node.on_bytes(encode(Fetch{"n1", 9, 0}), kStart).empty());
  EXPECT_TRUE(node.on_bytes(encode(Fetch{"n1", 1, 4'000'000'000}), kStart).empty());
}

}  // namespace
}  // namespace starling::federated
