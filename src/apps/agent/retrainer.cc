// Implements apps/agent/retrainer.h.
#include "apps/agent/retrainer.h"

#include <algorithm>

#include "apps/agent/system_time.h"
#include "apps/agent/tenant_copies.h"
#include "apps/agent/usage_for_training.h"
#include "base/counted.h"
#include "base/log.h"
#include "base/secret.h"
#include "forecast/meta/online_retrain.h"

namespace starling::agent {
namespace {

constexpr auto kTrainingMax = std::chrono::seconds(60);
}  // namespace

Retrainer::Retrainer(const history::Store& history, ModelStore store, ForecasterArtifact shipped,
                     const ForecasterArtifact& serving, const VersionOptions& options,
                     TakeOn take_on, TakeOnCopies take_on_copies, LiveRecord live_record,
                     FleetLearning& learning, std::chrono::milliseconds look)
    : history_(history),
      models_(std::move(store)),
      shipped_(std::move(shipped)),
      serving_(serving),
      keeper_(serving.version(), models_.versions(), system_now(), options),
      take_on_(std::move(take_on)),
      take_on_copies_(std::move(take_on_copies)),
      live_record_(std::move(live_record)),
      learning_(learning),
      look_(look) {
  const bool configured = serving_.version() == shipped_.version();
  learning_.serves(serving_.version(), configured ? "configured" : "kept from before the start");
  if (options.interval > Duration::zero()) thread_ = std::thread([this] { run(); });
}

Retrainer::~Retrainer() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    wake_.notify_one();
  }
  if (thread_.joinable()) thread_.join();
}

RetrainCounters Retrainer::counters() const {
  const std::lock_guard lock(mutex_);
  return counters_;
}

void Retrainer::run() {
  lower_priority();
  while (!stopping_) {
    {
      std::unique_lock lock(mutex_);
      wake_.wait_for(lock, look_, [&] { return stopping_.load(); });
    }
    if (stopping_) return;
    if (const auto change = keeper_.observe(system_now(), live_record_())) {
      tell(*change);
      if (change->kind == VersionChange::Kind::kRolledBack) go_back();
    }
    if (keeper_.start_training(system_now())) train();
  }
}

void Retrainer::train() {
  const auto usage = usage_for_training(history_);
  if (!usage) return tell(keeper_.training_failed(system_now(), usage.error().message));
  improve(*usage);
  auto copies = copies_for_tenants(serving_, *usage, {}, within(kTrainingMax));
  {
    const std::lock_guard lock(mutex_);
    counters_.tenant_copies += copies.size();
  }
  take_on_copies_(std::move(copies));
}

std::function<bool()> Retrainer::within(Duration time) const {
  return [this, deadline = std::chrono::steady_clock::now() + time] {
    return !stopping_ && std::chrono::steady_clock::now() < deadline;
  };
}

void Retrainer::improve(const std::vector<Series>& usage) {
  std::uint64_t windows = 1;
  auto proposal = train_own(usage, windows);
  bool averaged = false;
  auto merged = merge_with_peers(usage, proposal ? proposal->artifact : serving_, windows);
  if (merged) {
    const double own_loss = proposal ? proposal->loss_after : merged->loss_before;
    averaged = merged->loss_after < own_loss;
    learning_.judged(own_loss, merged->loss_after, averaged);
    if (averaged) proposal = std::move(*merged);
  }
  if (!proposal) return tell(keeper_.training_failed(system_now(), proposal.error().message));
  const std::string version = proposal->artifact.version();
  const auto change = keeper_.trained(system_now(), version, proposal->loss_before,
                                      proposal->loss_after, live_record_());
  tell(change);
  if (change.kind != VersionChange::Kind::kPromoted) return;
  if (averaged) learning_.took_merge();
  if (auto written = models_.write(serving_); !written) {
    spdlog::error("forecaster {} is not kept: {}", serving_.version(), written.error().message);
  }
  if (auto taken = take_on(proposal->artifact, proposal->origin); !taken) {
    spdlog::error("forecaster {} serves until the next start only: {}", version,
                  taken.error().message);
  }
}

Result<Retrainer::Proposal> Retrainer::train_own(const std::vector<Series>& usage,
                                                 std::uint64_t& windows) {
  RetrainOptions options{.privacy = learning_.options().privacy};
  if (options.privacy.on()) {
    const auto seed = secret_number();
    if (!seed) return fail(seed.error());
    options.seed = *seed;
  }
  auto trained = retrain(serving_, usage, options, within(kTrainingMax));
  if (!trained) return fail(trained.error());
  windows = static_cast<std::uint64_t>(std::max<std::int64_t>(1, trained->windows));
  for (const SampledSteps& sampled : trained->sampled) learning_.spent(sampled.rate, sampled.steps);
  learning_.publish(trained->artifact, windows, system_now());
  return Proposal{std::move(trained->artifact), trained->loss_before, trained->loss_after,
                  "own training"};
}

std::optional<Retrainer::Proposal> Retrainer::merge_with_peers(const std::vector<Series>& usage,
                                                               const ForecasterArtifact& own,
                                                               std::uint64_t windows) {
  auto merged = learning_.merge(own, windows, system_now());
  if (!merged) return std::nullopt;
  const auto before = held_out_loss(serving_, usage);
  const auto after = held_out_loss(merged->artifact, usage);
  if (!before || !after) return std::nullopt;
  return Proposal{std::move(merged->artifact), *before, *after,
                  "averaged with " + counted(merged->peers, "peer")};
}

/// Serves this version; the store knows of it too unless it says otherwise.
Status Retrainer::take_on(const ForecasterArtifact& artifact, const std::string& origin) {
  serving_ = artifact;
  learning_.serves(artifact.version(), origin);
  take_on_(artifact);
  if (auto written = models_.write(artifact); !written) return written;
  return models_.serve(artifact.version(), keeper_.kept());
}

void Retrainer::go_back() {
  auto before = models_.read(keeper_.serving());
  if (!before) {
    spdlog::error("{}; going back to the configured forecaster {}", before.error().message,
                  shipped_.version());
  }
  if (auto taken = take_on(before ? *before : shipped_, before ? "gone back to" : "configured");
      !taken) {
    spdlog::error("the next start may serve another forecaster: {}", taken.error().message);
  }
}

void Retrainer::tell(const VersionChange& change) {
  using Kind = VersionChange::Kind;
  spdlog::info("forecaster {}: {} ({})", change.version, name_of(change.kind), change.reason);
  const std::lock_guard lock(mutex_);
  counters_.promoted += change.kind == Kind::kPromoted;
  counters_.refused += change.kind == Kind::kRefused;
  counters_.failed += change.kind == Kind::kFailed;
  counters_.confirmed += change.kind == Kind::kConfirmed;
  counters_.rolled_back += change.kind == Kind::kRolledBack;
}

}  // namespace starling::agent
