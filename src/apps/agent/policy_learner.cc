// Implements apps/agent/policy_learner.h.
#include "apps/agent/policy_learner.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "apps/agent/system_time.h"
#include "apps/agent/usage_for_training.h"
#include "base/counted.h"
#include "base/file.h"
#include "base/log.h"
#include "manifest/policy_choice.h"

namespace starling::agent {
namespace {

constexpr double kGainMin = 0.01;
constexpr auto kTrainingMax = std::chrono::seconds(60);

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
                                      TimePoint now, const Patience& patience) {
  const Outcome stopped{false, "stopped"};
  const auto tapes = policy_tapes(usage, seed);
  if (!tapes) return {false, tapes.error().message};
  if (patience.stopping()) return stopped;
  const double serving_loss = policy_loss(*serving_, tapes->judge);
  const double configured_loss = serving_->version == configured_->version
                                     ? serving_loss
                                     : policy_loss(*configured_, tapes->judge);
  Candidate best{serving_, serving_loss * (1 - kGainMin), ""};
  const auto propose = [&best](const Candidate& candidate) {
    if (candidate.loss < best.loss) best = candidate;
  };
  Candidate own{serving_, serving_loss, "own training"};
  if (!tapes->train.empty()) {
    auto trained = train_policy(serving_, tapes->train, seed, patience.go_on);
    if (!trained) return {false, trained.error().message};
    if (patience.stopping()) return stopped;
    own.net = std::move(*trained);
    own.loss = policy_loss(*own.net, tapes->judge);
    propose(own);
    exchange_.publish(weights_of(*own.net), tapes->train.size(), now);
  }
  if (patience.stopping()) return stopped;
  const auto averaged = average(own, tapes->train.size() + 1, *tapes, now);
  if (averaged) propose(*averaged);
  if (best.net == serving_ && configured_loss < serving_loss) {
    best = {configured_, configured_loss, "gone back to"};
  }
  if (best.net == serving_) {
    return {false,
            fmt::format("{} stays: its loss on the newest demand is {:.4f}, own training "
                        "has {:.4f}{}, and 1 % less is asked for",
                        serving_->version, serving_loss, own.loss,
                        averaged ? fmt::format(", the average {:.4f}", averaged->loss) : "")};
  }
  Outcome outcome{
      true,
      fmt::format("{} takes the place of {}: {}, loss on the newest demand {:.4f} "
                  "instead of {:.4f}",
                  best.net->version, serving_->version, best.origin, best.loss, serving_loss)};
  if (averaged && best.net == averaged->net) exchange_.took_merge();
  serve(best.net, best.origin);
  return outcome;
}

/// The average of what this node has with its peers', unless it is no policy at all.
std::optional<PolicyRound::Candidate> PolicyRound::average(const Candidate& own,
                                                           std::uint64_t amount,
                                                           const PolicyTapes& tapes,
                                                           TimePoint now) {
  const auto merged = exchange_.merge(weights_of(*own.net), amount, now);
  if (!merged) return std::nullopt;
  if (!usable(merged->weights)) {
    exchange_.judged(own.loss, std::numeric_limits<double>::infinity(), false);
    return std::nullopt;
  }
  Candidate averaged{with_weights(*configured_, merged->weights), 0,
                     "averaged with " + counted(merged->peers, "peer")};
  averaged.loss = policy_loss(*averaged.net, tapes.judge);
  exchange_.judged(own.loss, averaged.loss, averaged.loss < own.loss);
  return averaged;
}

bool asks_for_learned(const FleetView& view) {
  return std::any_of(view.models.begin(), view.models.end(), [](const ModelView& model) {
    const ModelSpec& spec = model.spec.spec;
    const auto learned = [](const std::string& policy) { return bare_policy(policy) == "learned"; };
    return learned(spec.policy) || std::any_of(spec.shadow.begin(), spec.shadow.end(), learned);
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
    const PolicyRound::Patience patience{
        [&] { return !stopping_ && std::chrono::steady_clock::now() < deadline; },
        [&] { return stopping_.load(); }};
    const auto outcome =
        round_.run(*usage, static_cast<std::uint64_t>(system_now().time_since_epoch().count()),
                   system_now(), patience);
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
