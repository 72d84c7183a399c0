// Nodes that learn a policy together: weights trained on a node's own demand, traded, and taken on
// only where they do better on its newest part.
#include "apps/agent/policy_learner.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <memory>

#include "apps/agent/policy_training.h"
#include "base/file.h"
#include "base/rng.h"
#include "forecast/federated/wire.h"
#include "policy/learned/shipped_net.h"

namespace starling::agent {
namespace {

using testing::HasSubstr;

const TimePoint kStart = from_unix_seconds(1'700'000'000);

/// Requests a second of some workloads that rise and fall, in steps of ten seconds.
std::vector<Series> demand(int workloads, std::size_t points, std::uint64_t seed) {
  Rng rng(seed);
  std::vector<Series> all;
  for (int w = 0; w < workloads; ++w) {
    Series series{.workload = "t/m" + std::to_string(w), .step = 10s, .values = {}, .present = {}};
    const double period = rng.uniform(60, 200);
    for (std::size_t i = 0; i < points; ++i) {
      const double wave = 1 + 0.8 * std::sin(static_cast<double>(i) / period);
      series.values.push_back(static_cast<double>(rng.poisson(200 * wave)) / 10);
      series.present.push_back(1);
    }
    all.push_back(std::move(series));
  }
  return all;
}

/// Weights with every action moved: too many replicas or too few, always.
std::shared_ptr<const PolicyNet> biased(float headroom) {
  PolicyNet net = *shipped_policy_net();
  net.action_bias.assign(net.action_bias.size(), 0);
  net.action_bias[0] = headroom;
  std::fill(net.action_weight.begin(), net.action_weight.end(), 0.0F);
  return with_weights(net, weights_of(net));
}

/// Delivers at once.
class Bus {
 public:
  std::unique_ptr<WeightExchange> join(const std::string& name,
                                       const PolicyNet& base = *shipped_policy_net()) {
    const federated::Kind kind{.architecture = architecture_of(base),
                               .base = federated::fingerprint(base.version),
                               .count = weights_of(base).size()};
    auto exchange = std::make_unique<WeightExchange>(
        name, weights_of(base), kind, LearningOptions{}, Duration(1h), 1,
        [this](const std::string& to, const std::string& bytes) {
          const auto found = nodes_.find(to);
          if (found != nodes_.end()) found->second->receive(bytes, kStart);
        },
        [this] {
          std::vector<std::string> names;
          for (const auto& [other, node] : nodes_) names.push_back(other);
          return names;
        });
    nodes_[name] = exchange.get();
    return exchange;
  }

 private:
  std::map<std::string, WeightExchange*> nodes_;
};

bool on() { return true; }
/// One update of the critics.
const PolicyRound::Patience kBriefly{[] { return false; }, [] { return false; }};

TEST(PolicyTraining, WeightsComeBackAsTheyWereWithAVersionOfTheirOwn) {
  const auto net = shipped_policy_net();
  std::vector<float> weights = weights_of(*net);
  weights[3] += 0.5F;
  const auto other = with_weights(*net, weights);
  EXPECT_EQ(weights_of(*other), weights);
  EXPECT_NE(other->version, net->version);
  EXPECT_EQ(architecture_of(*other), architecture_of(*net));
  EXPECT_EQ(with_weights(*net, weights)->version, other->version);
}

TEST(PolicyTraining, TheNewestQuarterJudgesAndTooLittleDemandIsAnError) {
  auto usage = demand(3, 2000, 1);
  usage.push_back(demand(1, 400, 2).front());  // a young model
  const auto tapes = policy_tapes(usage, 7);
  ASSERT_TRUE(tapes);
  EXPECT_EQ(tapes->train.front()->size(), 720);
  EXPECT_EQ(tapes->judge.front()->size(), 250) << "half of the newest quarter of the long ones";
  const auto few = policy_tapes(demand(3, 300, 1), 7);
  ASSERT_FALSE(few);
  EXPECT_EQ(few.error().message, "no model has an hour of demand yet");
}

TEST(PolicyTraining, TheSameSeedTrainsTheSameWeightsAndAStopKeepsWhatThereIs) {
  const auto tapes = policy_tapes(demand(2, 500, 1), 7).value();
  int asked = 0;
  const auto briefly = [&asked] { return ++asked % 25 != 0; };  // five updates of the policy
  const auto one = train_policy(shipped_policy_net(), tapes.train, 3, briefly).value();
  const auto two = train_policy(shipped_policy_net(), tapes.train, 3, briefly).value();
  EXPECT_EQ(one->version, two->version);
  EXPECT_NE(one->version, shipped_policy_net()->version);
}

TEST(PolicyRound, WeightsThatMissTheSloGiveWayToThoseOfAPeerOrToTheConfiguredOnes) {
  Bus bus;
  const auto mine = bus.join("mine"), other = bus.join("other");
  PolicyRound round(shipped_policy_net(), biased(-4), *mine);
  EXPECT_EQ(mine->status(kStart)["origin"], "kept from before the start");
  other->publish(weights_of(*shipped_policy_net()), 1000, kStart);
  const auto outcome = round.run(demand(3, 500, 2), 5, kStart, kBriefly);
  EXPECT_TRUE(outcome.changed) << outcome.text;
  EXPECT_NE(round.serving()->version, biased(-4)->version);
  const auto status = mine->status(kStart);
  EXPECT_EQ(status["rounds"], 1);
  EXPECT_EQ(status["accepted"], 1);
  EXPECT_LT(status["loss"]["merged"].get<double>(), status["loss"]["own"].get<double>());
  EXPECT_EQ(status["serving"], round.serving()->version);
}

TEST(PolicyRound, PoisonedWeightsDoNotGetPastANodesOwnDemand) {
  Bus bus;
  const auto mine = bus.join("mine"), liar = bus.join("liar");
  PolicyRound round(shipped_policy_net(), shipped_policy_net(), *mine);
  liar->publish(weights_of(*biased(-8)), 1'000'000, kStart);
  const auto outcome = round.run(demand(3, 500, 2), 5, kStart, kBriefly);
  EXPECT_FALSE(outcome.changed) << outcome.text;
  EXPECT_EQ(round.serving()->version, shipped_policy_net()->version);
  EXPECT_EQ(mine->counters("policy_learning").at("policy_learning_rejections{reason=validation}"),
            1u);
}

TEST(PolicyRound, WeightsThatAreNoPolicyAreRefusedBeforeTheyAreTried) {
  Bus bus;
  const auto mine = bus.join("mine"), liar = bus.join("liar");
  PolicyRound round(shipped_policy_net(), shipped_policy_net(), *mine);
  std::vector<float> huge = weights_of(*shipped_policy_net());
  huge[5] = 1e20F;
  EXPECT_FALSE(usable(huge));
  EXPECT_FALSE(usable({std::nanf("")}));
  liar->publish(huge, 1000, kStart);
  EXPECT_FALSE(round.run(demand(3, 500, 2), 5, kStart, kBriefly).changed);
  const auto status = mine->status(kStart);
  EXPECT_EQ(status["rejected"]["validation"], 1);
  EXPECT_TRUE(status["loss"]["merged"].is_null());
}

TEST(PolicyRound, TheConfiguredWeightsTakeOverWhereTheyDoBetterAtAll) {
  Bus bus;
  const auto mine = bus.join("mine");
  PolicyRound round(shipped_policy_net(), biased(-0.05F), *mine);
  const auto tapes = policy_tapes(demand(3, 500, 2), 5).value();
  const double configured = policy_loss(*shipped_policy_net(), tapes.judge);
  const double serving = policy_loss(*biased(-0.05F), tapes.judge);
  const auto outcome = round.run(demand(3, 500, 2), 5, kStart, kBriefly);
  EXPECT_EQ(outcome.changed, configured < serving) << outcome.text;
  EXPECT_EQ(round.serving()->version,
            (configured < serving ? shipped_policy_net() : biased(-0.05F))->version);
}

TEST(PolicyRound, WithoutDemandNothingChangesAndItSaysWhy) {
  Bus bus;
  const auto mine = bus.join("mine");
  PolicyRound round(shipped_policy_net(), shipped_policy_net(), *mine);
  const auto outcome = round.run({}, 5, kStart, kBriefly);
  EXPECT_FALSE(outcome.changed);
  EXPECT_THAT(outcome.text, HasSubstr("no model has an hour of demand"));
}

class PolicyLearnerTest : public testing::Test {
 protected:
  ~PolicyLearnerTest() override { std::filesystem::remove(file_); }
  std::shared_ptr<const PolicyNet> started() {
    std::shared_ptr<const PolicyNet> taken;
    PolicyLearner learner(
        shipped_policy_net(), {.interval = Duration{}, .file = file_}, *exchange_,
        [] { return std::vector<Series>{}; }, on, [&](auto net) { taken = std::move(net); });
    return taken;
  }
  std::filesystem::path file_ =
      std::filesystem::path(testing::TempDir()) / "policy_learner_test.json";
  Bus bus_;
  std::unique_ptr<WeightExchange> exchange_ = bus_.join("n");
};

TEST_F(PolicyLearnerTest, OwnWeightsAreTakenOnAgainAfterARestart) {
  EXPECT_EQ(started(), nullptr) << "the configured ones act already";
  ASSERT_TRUE(write_file_atomically(file_, policy_net_json(*biased(1))));
  const auto taken = started();
  ASSERT_NE(taken, nullptr);
  EXPECT_EQ(taken->version, biased(1)->version);
}

TEST_F(PolicyLearnerTest, AFileThatIsDamagedOrOfAnotherFormKeepsNoNodeFromStarting) {
  ASSERT_TRUE(write_file_atomically(file_, "{\"kind\": "));
  EXPECT_EQ(started(), nullptr);
  PolicyNet memoryless = *shipped_policy_net();
  memoryless.recurrent = false;
  ASSERT_TRUE(write_file_atomically(file_, policy_net_json(memoryless)));
  EXPECT_EQ(started(), nullptr);
}

TEST(PolicyLearner, TrainsOnlyWhereAModelAsksForIt) {
  FleetView view;
  view.models.resize(2);
  EXPECT_FALSE(asks_for_learned(view));
  view.models[1].spec.spec.shadow = {"hpa", "learned"};
  EXPECT_TRUE(asks_for_learned(view));
  view.models[1].spec.spec.shadow.clear();
  view.models[0].spec.spec.policy = "learned";
  EXPECT_TRUE(asks_for_learned(view));
}

}  // namespace
}  // namespace starling::agent
