#include "apps/agent/learner.h"

#include "base/log.h"

namespace starling::agent {
namespace {

HistoryView view_of(const Series& series) {
  return {series.values, series.present, series.start, series.step, 0};
}

}  // namespace

Learner::Learner(OnlineForecaster forecaster, Duration adapt_interval, Answer answer)
    : forecaster_(std::move(forecaster)),
      adapt_interval_(adapt_interval),
      answer_(std::move(answer)),
      thread_([this] { run(); }) {}

Learner::~Learner() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    wake_.notify_one();
  }
  thread_.join();
}

void Learner::want(WantForecast request) {
  const std::lock_guard lock(mutex_);
  waiting_[request.model] = std::move(request);
  wake_.notify_one();
}

void Learner::run() {
  int busy_turns = 0;
  while (true) {
    std::map<std::string, WantForecast> taken;
    {
      std::unique_lock lock(mutex_);
      wake_.wait_for(lock, std::chrono::milliseconds(200),
                     [&] { return stopping_ || !waiting_.empty(); });
      if (stopping_) return;
      taken.swap(waiting_);
    }
    std::map<int, std::vector<WantForecast>> by_horizon;  // one batched call each
    for (auto& [model, request] : taken) by_horizon[request.horizon].push_back(std::move(request));
    for (auto& [horizon, requests] : by_horizon) forecast(requests);
    // A forecast must not queue behind learning, nor learning starve where forecasts never cease.
    constexpr int kBusyTurnsMax = 20;
    if (!taken.empty() && ++busy_turns < kBusyTurnsMax) continue;
    busy_turns = 0;
    forget_others();
    adapt_one();
  }
}

void Learner::forecast(const std::vector<WantForecast>& requests) {
  std::vector<NamedHistory> histories;
  for (const auto& request : requests)
    histories.push_back({request.model, view_of(request.series)});
  auto forecasts = forecaster_.forecast(histories, requests.front().horizon);
  if (!forecasts) {
    spdlog::warn("no forecast for {} models: {}", requests.size(), forecasts.error().message);
    return;  // their decisions go on without one, and say so
  }
  for (std::size_t i = 0; i < requests.size(); ++i) {
    answer_(requests[i].model, std::move((*forecasts)[i]));
    auto [entry, added] = known_.try_emplace(requests[i].model);
    entry->second.series = requests[i].series;
    entry->second.wanted = std::chrono::steady_clock::now();
    if (added) entry->second.adapt_due = entry->second.wanted + adapt_interval_;
  }
}

/// A model not asked about for several rounds was deleted or has another owner now.
void Learner::forget_others() {
  const auto now = std::chrono::steady_clock::now();
  for (auto it = known_.begin(); it != known_.end();) {
    if (now - it->second.wanted <= 5 * adapt_interval_) {
      ++it;
      continue;
    }
    forecaster_.forget(it->first);
    it = known_.erase(it);
  }
}

/// Adapts the model that has waited longest, if any is due: one a turn bounds the work between
/// forecasts.
void Learner::adapt_one() {
  const auto now = std::chrono::steady_clock::now();
  auto due = known_.end();
  for (auto it = known_.begin(); it != known_.end(); ++it) {
    if (it->second.adapt_due <= now &&
        (due == known_.end() || it->second.adapt_due < due->second.adapt_due))
      due = it;
  }
  if (due == known_.end()) return;
  const NamedHistory history{due->first, view_of(due->second.series)};
  for (const auto& report : forecaster_.adapt({&history, 1})) {
    spdlog::info("adapting to {}: {} (loss {:.4f} before, {:.4f} after, {} windows)", report.model,
                 report.reason, report.loss_before, report.loss_after, report.support);
  }
  due->second.adapt_due = now + adapt_interval_;
}

}  // namespace starling::agent
