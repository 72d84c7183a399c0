// Implements apps/agent/policy_learner.h.
#include "apps/agent/policy_learner.h"

#include <algorithm>
#include <utility>

#include "apps/agent/policy_training.h"
#include "apps/agent/usage_for_training.h"
#include "base/file.h"
#include "base/log.h"

namespace starling::agent {
namespace {

constexpr double kGainMin = 0.01;
constexpr auto kTrainingMax = std::chrono::seconds(60);

TimePoint now() { return std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now()); }

/// What was kept from before the start, if it is of the same form as the configured weights.
PolicyRound::Net kept_or(const std::filesystem::path& file, const PolicyRound::Net& configured) {
  std::error_code error;
  if (!std::filesystem::exists(file, error)) return configured;
  auto kept = read_policy_net(file.string());
  if (kept && architecture_of(**kept) == architecture_of(*configured)) return *kept;
  spdlog::error("the node's own policy weights: {}; the configured ones serve instead",
                kept ? file.string() + ": of another form" : kept.error().message);
  return configured;
}

}  // namespace

PolicyRound::PolicyRound(Net configured, Net serving, WeightExchange& exchange)
    : configured_(std::move(configured)), exchange_(exchange) {
  const bool own = serving->version != configured_->version;
  serve(std::move(serving), own ? "kept from before the start" : "configured");
}

void PolicyRound::serve(Net net, const std::string& origin) {
  serving_ = std::move(net);
  exchange_.serves(serving_->version, origin);
}

PolicyRound::Outcome PolicyRound::run(const std::vector<Series>& usage, std::uint64_t seed,
                                      TimePoint now, const std::function<bool()>& go_on) {
  const auto tapes = policy_tapes(usage, seed);
  if (!tapes) return {false, tapes.error().message};
  const double serving_loss = policy_loss(*serving_, tapes->judge);
  struct Candidate {
    Net net;
    double loss = 0;
    std::string origin;
  };
  std::vector<Candidate> candidates;
  if (serving_->version != configured_->version) {
    candidates.push_back({configured_, policy_loss(*configured_, tapes->judge), "gone back to"});
  }
  Net own = serving_;
  double own_loss = serving_loss;
  if (!tapes->train.empty()) {
    auto trained = train_policy(serving_, tapes->train, seed, go_on);
    if (!trained) return {false, trained.error().message};
    own = std::move(*trained);
    own_loss = policy_loss(*own, tapes->judge);
    candidates.push_back({own, own_loss, "own training"});
    exchange_.publish(weights_of(*own), tapes->train.size(), now);
  }
  if (const auto merged = exchange_.merge(weights_of(*own), tapes->train.size() + 1, now)) {
    Candidate averaged{
        with_weights(*configured_, merged->weights), 0,
        fmt::format("averaged with {} peer{}", merged->peers, merged->peers == 1 ? "" : "s")};
    averaged.loss = policy_loss(*averaged.net, tapes->judge);
    exchange_.judged(own_loss, averaged.loss, averaged.loss < own_loss);
    candidates.push_back(std::move(averaged));
  }
  const Candidate* best = nullptr;
  for (const Candidate& candidate : candidates) {
    if (best == nullptr || candidate.loss < best->loss) best = &candidate;
  }
  const bool back = best != nullptr && best->net == configured_ && best->loss < serving_loss;
  if (best == nullptr || (!back && !(best->loss < serving_loss * (1 - kGainMin)))) {
    return {false, fmt::format("{} stays: its loss on the newest demand is {:.4f}, the best other "
                               "one's {:.4f}, and 1 % less is asked for",
                               serving_->version, serving_loss,
                               best == nullptr ? serving_loss : best->loss)};
  }
  Outcome outcome{
      true,
      fmt::format("{} takes the place of {}: {}, loss on the newest demand {:.4f} "
                  "instead of {:.4f}",
                  best->net->version, serving_->version, best->origin, best->loss, serving_loss)};
  if (best->origin.starts_with("averaged")) exchange_.took_merge();
  serve(best->net, best->origin);
  return outcome;
}

bool asks_for_learned(const FleetView& view) {
  return std::any_of(view.models.begin(), view.models.end(), [](const ModelView& model) {
    const ModelSpec& spec = model.spec.spec;
    return spec.policy == "learned" ||
           std::find(spec.shadow.begin(), spec.shadow.end(), "learned") != spec.shadow.end();
  });
}

PolicyLearner::PolicyLearner(std::shared_ptr<const PolicyNet> configured, Options options,
                             WeightExchange& exchange, Usage usage, Wanted wanted, TakeOn take_on)
    : options_(std::move(options)),
      usage_(std::move(usage)),
      wanted_(std::move(wanted)),
      take_on_(std::move(take_on)),
      round_(configured, kept_or(options_.file, configured), exchange) {
  if (round_.serving()->version != configured->version) take_on_(round_.serving());
  if (options_.interval > Duration::zero()) thread_ = std::thread([this] { run(); });
}

PolicyLearner::~PolicyLearner() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    wake_.notify_one();
  }
  if (thread_.joinable()) thread_.join();
}

void PolicyLearner::run() {
  lower_priority();
  while (true) {
    {
      std::unique_lock lock(mutex_);
      const auto pause = std::chrono::microseconds(options_.interval.count());
      if (wake_.wait_for(lock, pause, [&] { return stopping_.load(); })) return;
    }
    if (!wanted_()) continue;
    const auto usage = usage_();
    if (!usage) {
      spdlog::warn("policy weights: {}", usage.error().message);
      continue;
    }
    const auto deadline = std::chrono::steady_clock::now() + kTrainingMax;
    const auto outcome =
        round_.run(*usage, static_cast<std::uint64_t>(now().time_since_epoch().count()), now(),
                   [&] { return !stopping_ && std::chrono::steady_clock::now() < deadline; });
    if (stopping_) return;
    spdlog::info("policy weights: {}", outcome.text);
    if (!outcome.changed) continue;
    take_on_(round_.serving());
    if (auto kept = write_file_atomically(options_.file, policy_net_json(*round_.serving()));
        !kept) {
      spdlog::error("policy weights {} serve until the next start only: {}",
                    round_.serving()->version, kept.error().message);
    }
  }
}

}  // namespace starling::agent
