// Implements apps/agent/policy_training.h.
#include "apps/agent/policy_training.h"

#include <algorithm>
#include <cmath>

#include "forecast/federated/wire.h"
#include "forecast/net/sha256.h"
#include "policy/learned/policy_net_parts.h"
#include "policy/ppo/training.h"
#include "sim/policy_evaluation.h"
#include "sim/scaling_env.h"
#include "sim/training_tapes.h"

namespace starling::agent {
namespace {

constexpr int kKnownMin = 360;  // steps of ten seconds
constexpr int kTicksMax = 720;
constexpr int kTrainTapes = 60;
constexpr int kJudgeTapes = 40;
constexpr int kNumEnvs = 64;
constexpr int kCriticWarmupUpdates = 20;
constexpr int kUpdates = 80;
// Weights that serve already are refined, with the exploration that their first training ended
// with.
constexpr double kRefiningRate = 3e-4, kRefiningStd = 0.1;

Series part_of(const Series& series, std::size_t first, std::size_t last) {
  const auto from = static_cast<std::ptrdiff_t>(first), to = static_cast<std::ptrdiff_t>(last);
  return {.workload = series.workload,
          .start = series.start + static_cast<std::int64_t>(first) * series.step,
          .step = series.step,
          .values = {series.values.begin() + from, series.values.begin() + to},
          .present = {series.present.begin() + from, series.present.begin() + to}};
}

/// Windows as long as half of the longest of these, so that one young model does not make all of
/// them short; what is shorter gives none.
PolicyTapes::Tapes tapes_of(const std::vector<Series>& parts, int tapes, std::uint64_t seed) {
  std::size_t longest = 0;
  for (const Series& part : parts) longest = std::max(longest, part.size());
  const std::size_t ticks = std::min<std::size_t>(kTicksMax, longest / 2);
  std::vector<Series> long_enough;
  for (const Series& part : parts) {
    if (part.size() >= ticks) long_enough.push_back(part);
  }
  return training_tapes({long_enough}, {.tapes = tapes, .ticks = static_cast<int>(ticks)}, seed);
}

}  // namespace

std::vector<float> weights_of(const PolicyNet& net) {
  std::vector<float> all;
  for (const auto part : kPolicyNetParts)
    all.insert(all.end(), (net.*part).begin(), (net.*part).end());
  return all;
}

std::uint64_t architecture_of(const PolicyNet& net) {
  return federated::fingerprint(fmt::format("policy {} features {} actions {} hidden {}",
                                            kPolicyFeatures, kPolicyActions, net.hidden,
                                            net.recurrent ? "recurrent" : "memoryless"));
}

std::shared_ptr<const PolicyNet> with_weights(const PolicyNet& like,
                                              const std::vector<float>& weights) {
  auto net = std::make_shared<PolicyNet>(like);
  std::size_t next = 0;
  for (const auto part : kPolicyNetParts) {
    for (float& weight : (*net).*part) weight = weights[next++];
  }
  net->version = net->trained_by = "";
  net->version = sha256(policy_net_json(*net)).substr(0, 8);
  return net;
}

Result<PolicyTapes> policy_tapes(const std::vector<Series>& usage, std::uint64_t seed) {
  std::vector<Series> older, newest;
  for (const Series& series : usage) {
    int known = 0;
    for (std::size_t i = 0; i < series.size(); ++i) {
      known += series.present[i] != 0 && series.values[i] > 0;
    }
    if (known < kKnownMin) continue;
    const std::size_t cut = series.size() / 4 * 3;
    older.push_back(part_of(series, 0, cut));
    newest.push_back(part_of(series, cut, series.size()));
  }
  if (newest.empty()) return fail(ErrorCode::kInvalid, "no model has an hour of demand yet");
  PolicyTapes tapes{.train = {}, .judge = tapes_of(newest, kJudgeTapes, seed + 1)};
  if (tapes.judge.empty()) return fail(ErrorCode::kInvalid, "the newest demand is none");
  tapes.train = tapes_of(older, kTrainTapes, seed);
  return tapes;
}

Result<std::shared_ptr<const PolicyNet>> train_policy(std::shared_ptr<const PolicyNet> start,
                                                      const PolicyTapes::Tapes& tapes,
                                                      std::uint64_t seed,
                                                      const std::function<bool()>& go_on) {
  // Episodes begin anywhere in the first half of a window.
  ScalingEnv env(tapes, {.copies = kNumEnvs, .episode_ticks = tapes.front()->size() / 2});
  ppo::TrainingOptions options;
  options.updates = kUpdates;
  options.critic_warmup_updates = kCriticWarmupUpdates;
  options.hidden = start->hidden;
  options.recurrent = start->recurrent;
  options.learning_rate = kRefiningRate;
  options.action_std_initial = options.action_std_final = kRefiningStd;
  options.seed = seed;
  options.initial_actor = start;
  const auto trained = ppo::train(env, options, "", [&](const auto&) { return go_on(); });
  if (!trained) return fail(trained.error());
  return std::make_shared<PolicyNet>((*trained)->actor());
}

bool usable(const std::vector<float>& weights) {
  constexpr float kMost = 1000;  // some hundred times what any training has led to
  return std::all_of(weights.begin(), weights.end(),
                     [](float weight) { return std::abs(weight) <= kMost; });
}

double policy_loss(const PolicyNet& net, const PolicyTapes::Tapes& tapes) {
  return evaluate_policy(net.version, &net, tapes).loss();
}

}  // namespace starling::agent
