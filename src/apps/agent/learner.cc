// Implements apps/agent/learner.h.
#include "apps/agent/learner.h"

#include <algorithm>
#include <utility>

#include "base/log.h"

namespace starling::agent {
namespace {

/// Windows that a turn's adaptations may take together: some tens of milliseconds, so that no
/// forecast waits longer.
constexpr std::int64_t kAdaptWindows = 320;

HistoryView view_of(const Series& series) {
  HistoryView view{series.values, series.present, series.start, series.step, 0};
  const auto day = static_cast<int>(std::chrono::days(1) / series.step);
  if (series.size() > static_cast<std::size_t>(day)) view.season = day;
  return view;
}

/// A clock that never jumps, as schedules need it.
TimePoint steady_now() {
  return TimePoint(
      std::chrono::duration_cast<Duration>(std::chrono::steady_clock::now().time_since_epoch()));
}

}  // namespace

Learner::Learner(OnlineForecaster forecaster, Duration adapt_interval, Answer answer,
                 Adapted adapted)
    : forecaster_(std::move(forecaster)),
      adapt_interval_(adapt_interval),
      answer_(std::move(answer)),
      adapted_(std::move(adapted)),
      schedule_({.interval = adapt_interval}),
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

void Learner::take(TakeFilm film) {
  const std::lock_guard lock(mutex_);
  films_.push_back(std::move(film));
  wake_.notify_one();
}

void Learner::replace(ForecasterArtifact artifact) {
  const std::lock_guard lock(mutex_);
  replacement_ = std::move(artifact);
  families_.reset();  // copies of the weights before
  live_record_ = {};
  wake_.notify_one();
}

PairedLosses Learner::live_record() const {
  const std::lock_guard lock(mutex_);
  return live_record_;
}

void Learner::set_families(std::map<std::string, ForecasterArtifact> copies) {
  const std::lock_guard lock(mutex_);
  families_ = std::move(copies);
  wake_.notify_one();
}

LearnerCounters Learner::counters() const {
  const std::lock_guard lock(mutex_);
  return counters_;
}

void Learner::run() {
  int busy_turns = 0;
  while (true) {
    std::map<std::string, WantForecast> taken;
    std::vector<TakeFilm> films;
    std::optional<ForecasterArtifact> replacement;
    std::optional<std::map<std::string, ForecasterArtifact>> families;
    {
      std::unique_lock lock(mutex_);
      wake_.wait_for(lock, std::chrono::milliseconds(200), [&] {
        return stopping_ || replacement_ || families_ || !waiting_.empty() || !films_.empty();
      });
      if (stopping_) return;
      taken.swap(waiting_);
      films.swap(films_);
      replacement.swap(replacement_);
      families.swap(families_);
    }
    if (replacement) {
      forecaster_.replace(*replacement);
      spdlog::info("forecaster {} serves", forecaster_.method());
      for (const auto& [model, known] : known_) tell_film(model);
    }
    take_films(films);
    if (families) forecaster_.set_families(*families);
    std::map<int, std::vector<WantForecast>> by_horizon;  // one batched call each
    for (auto& [model, request] : taken) by_horizon[request.horizon].push_back(std::move(request));
    for (auto& [horizon, requests] : by_horizon) forecast(requests);
    // A forecast must not queue behind learning, nor learning starve where forecasts never cease.
    constexpr int kBusyTurnsMax = 20;
    if (!taken.empty() && ++busy_turns < kBusyTurnsMax) continue;
    busy_turns = 0;
    forget_others();
    catch_up_one();
    adapt_due();
  }
}

void Learner::forecast(const std::vector<WantForecast>& requests) {
  std::vector<NamedHistory> histories;
  for (const auto& request : requests)
    histories.push_back({request.model, view_of(request.series), request.tenant});
  auto forecasts = forecaster_.forecast(histories, requests.front().horizon);
  if (!forecasts) {
    spdlog::warn("no forecast for {} models: {}", requests.size(), forecasts.error().message);
    return;  // their decisions go on without one, and say so
  }
  const TimePoint now = steady_now();
  for (std::size_t i = 0; i < requests.size(); ++i) {
    answer_(requests[i].model, std::move((*forecasts)[i]));
    const auto [found, fresh] = known_.try_emplace(requests[i].model);
    Known& known = found->second;
    // Whoever handed a film over knows it already.
    if (fresh) known.film = forecaster_.film(requests[i].model);
    known.series = requests[i].series;
    known.tenant = requests[i].tenant;
    known.horizon = requests[i].horizon;
    known.wanted = now;
    schedule_.seen(requests[i].model, now, OnlineForecaster::adaptation_work(histories[i].history));
  }
  LearnerCounters more;
  for (const std::string& model : forecaster_.take_drifted()) {
    spdlog::info("{}: its demand changed its ways; adaptation and trust in experts begin anew",
                 model);
    schedule_.drifted(model, now);
    tell_film(model);
    ++more.drifts;
  }
  account(more);
}

/// A model not asked about for several rounds was deleted or has another owner now.
void Learner::forget_others() {
  const TimePoint now = steady_now();
  for (auto it = known_.begin(); it != known_.end();) {
    // A forecast is wanted once a step.
    if (now - it->second.wanted <= std::max(5 * adapt_interval_, 3 * it->second.series.step)) {
      ++it;
      continue;
    }
    forecaster_.forget(it->first);
    schedule_.forget(it->first);
    it = known_.erase(it);
  }
}

/// Learns, for one model a turn that is new here, what its recent past says of the experts.
void Learner::catch_up_one() {
  for (auto& [model, known] : known_) {
    if (std::exchange(known.caught_up, true)) continue;
    const NamedHistory history{model, view_of(known.series), known.tenant};
    if (auto status =
            forecaster_.catch_up({&history, 1}, known.horizon, OnlineForecaster::kCatchUpPoints);
        !status) {
      spdlog::warn("{}: its past teaches nothing: {}", model, status.error().message);
    }
    return;
  }
}

void Learner::adapt_due() {
  std::vector<NamedHistory> histories;
  for (const std::string& model : schedule_.take(steady_now(), kAdaptWindows)) {
    histories.push_back({model, view_of(known_.at(model).series)});
  }
  if (histories.empty()) return;
  LearnerCounters more;
  for (const auto& report : forecaster_.adapt(histories)) {
    spdlog::info("adapting to {}: {} ({})", report.model, report.adapted ? "kept" : "not kept",
                 report.reason);
    schedule_.done(report.model, report.adapted, steady_now());
    tell_film(report.model);
    ++(report.adapted ? more.adaptations_kept : more.adaptations_refused);
  }
  account(more);
}

void Learner::take_films(const std::vector<TakeFilm>& films) {
  for (const auto& [model, film] : films) {
    if (auto status = forecaster_.take_film(model, film); !status) {
      spdlog::info("{}: its former owner's weights are not taken over: {}", model,
                   status.error().message);
      continue;
    }
    spdlog::info("{}: goes on with the weights that its former owner adapted", model);
    if (const auto known = known_.find(model); known != known_.end()) known->second.film = film;
  }
}

/// After whatever may have changed a model's own weights.
void Learner::tell_film(const std::string& model) {
  const auto known = known_.find(model);
  if (known == known_.end()) return;
  std::string film = forecaster_.film(model);
  if (film == known->second.film) return;
  known->second.film = film;
  adapted_(model, std::move(film));
}

void Learner::account(const LearnerCounters& more) {
  const std::lock_guard lock(mutex_);
  if (!replacement_) live_record_ = forecaster_.live_loss();
  counters_.adaptations_kept += more.adaptations_kept;
  counters_.adaptations_refused += more.adaptations_refused;
  counters_.drifts += more.drifts;
}

}  // namespace starling::agent
