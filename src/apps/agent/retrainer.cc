// Implements apps/agent/retrainer.h.
#include "apps/agent/retrainer.h"

#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>

#include "apps/agent/tenant_copies.h"
#include "apps/agent/usage_for_retraining.sql.h"
#include "base/log.h"
#include "forecast/meta/online_retrain.h"

namespace starling::agent {
namespace {

constexpr Duration kStep{10s};
constexpr auto kTrainingMax = std::chrono::seconds(60);
constexpr auto kLook = std::chrono::seconds(10);
/// Twelve hours of 115 workloads; more would only fill memory.
constexpr history::QueryLimits kLimits{
    .rows_max = 500'000, .bytes_max = 64LL << 20, .time_max = Duration(30s)};

TimePoint now() { return std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now()); }

/// The rows, by workload and time, as series; a step without a row is unknown.
std::vector<Series> series_of(const history::QueryResult& result) {
  std::vector<Series> all;
  std::int64_t next = 0;
  for (const auto& row : result.rows) {
    const auto workload = row[0].get<std::string>();
    const auto step = row[1].get<std::int64_t>();
    if (all.empty() || all.back().workload != workload) {
      all.push_back({.workload = workload,
                     .start = TimePoint(step * kStep),
                     .step = kStep,
                     .values = {},
                     .present = {}});
      next = step;
    }
    Series& series = all.back();
    for (; next < step; ++next) {
      series.values.push_back(0);
      series.present.push_back(0);
    }
    series.values.push_back(row[2].get<double>());
    series.present.push_back(1);
    ++next;
  }
  return all;
}

}  // namespace

Retrainer::Retrainer(const history::Store& history, ModelStore store, ForecasterArtifact shipped,
                     const ForecasterArtifact& serving, const VersionOptions& options,
                     TakeOn take_on, TakeOnCopies take_on_copies, LiveRecord live_record)
    : history_(history),
      models_(std::move(store)),
      shipped_(std::move(shipped)),
      serving_(serving),
      keeper_(serving.version(), models_.versions(), now(), options),
      take_on_(std::move(take_on)),
      take_on_copies_(std::move(take_on_copies)),
      live_record_(std::move(live_record)) {
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
  constexpr int kLowest = 19;
  if (::setpriority(PRIO_PROCESS, static_cast<id_t>(::syscall(SYS_gettid)), kLowest) != 0) {
    spdlog::warn("retraining runs at ordinary priority: {}", std::strerror(errno));
  }
  while (!stopping_) {
    {
      std::unique_lock lock(mutex_);
      wake_.wait_for(lock, kLook, [&] { return stopping_.load(); });
    }
    if (stopping_) return;
    if (const auto change = keeper_.observe(now(), live_record_())) {
      tell(*change);
      if (change->kind == VersionChange::Kind::kRolledBack) go_back();
    }
    if (keeper_.start_training(now())) train();
  }
}

void Retrainer::train() {
  const auto rows = history_.query(std::string(kUsageForRetrainingSql), kLimits);
  if (!rows) return tell(keeper_.training_failed(now(), rows.error().message));
  const auto usage = series_of(*rows);
  improve(usage);
  auto copies = copies_for_tenants(serving_, usage, {}, within(kTrainingMax));
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
  const auto retrained = retrain(serving_, usage, {}, within(kTrainingMax));
  if (!retrained) return tell(keeper_.training_failed(now(), retrained.error().message));
  const std::string version = retrained->artifact.version();
  const auto change = keeper_.trained(now(), version, retrained->loss_before, retrained->loss_after,
                                      live_record_());
  tell(change);
  if (change.kind != VersionChange::Kind::kPromoted) return;
  if (auto written = models_.write(serving_); !written) {
    spdlog::error("forecaster {} is not kept: {}", serving_.version(), written.error().message);
  }
  if (auto taken = take_on(retrained->artifact); !taken) {
    spdlog::error("forecaster {} serves until the next start only: {}", version,
                  taken.error().message);
  }
}

/// Serves this version; the store knows of it too unless it says otherwise.
Status Retrainer::take_on(const ForecasterArtifact& artifact) {
  serving_ = artifact;
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
  if (auto taken = take_on(before ? *before : shipped_); !taken) {
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
