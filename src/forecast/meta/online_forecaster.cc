// Implements forecast/meta/online_forecaster.h.
#include "forecast/meta/online_forecaster.h"

#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include "forecast/baselines.h"
#include "forecast/history_window.h"
#include "forecast/meta/film_bytes.h"
#include "forecast/meta/online_adaptation.h"

namespace starling {
namespace {

/// The experts, in the order of their weights.
enum Expert : std::size_t { kShared, kAdapted, kFamily, kFirstSimple, kSmoothing = kFirstSimple };
constexpr std::array<const char*, 4> kSimple{"ses", "theta", "seasonal-naive", "naive"};
constexpr std::size_t kExperts = kFirstSimple + kSimple.size();
/// Before a model has a record. On the workloads that the network was validated on it beats each of
/// the simple experts, so they must earn their part; adapted weights have earned theirs, as `adapt`
/// and pooled adaptation keep only what did better. Where the network is silent, of a steady count,
/// smoothing speaks for it, as in NetForecaster: yesterday's value is wrong for a day after a step.
const std::vector<double> kPrior{0.6, 0.36, 0.36, 0.02, 0.002, 0.0001, 0.002};

/// What a simple expert needs of a history whose recent points are known: without a season its
/// intervals gain little from errors further back, and they are most of its work.
HistoryView recent_part(const HistoryView& history) {
  constexpr std::size_t kPoints = 256;
  const std::size_t size = history.values.size();
  return history.season > 0 || size <= kPoints ? history : slice(history, size - kPoints, size);
}

}  // namespace

struct OnlineForecaster::Impl {
  Impl(const ForecasterArtifact& artifact, const OnlineOptions& online)
      : options(online),
        shared(artifact),
        own({.steps = artifact.inner_steps, .rate = artifact.inner_rate}, online),
        method("net-" + artifact.version()) {
    options.track.yardstick = kSmoothing;
    for (const char* name : kSimple) simple.push_back(std::move(make_forecaster(name).value()));
  }

  OnlineOptions options;
  net::Networks shared;
  meta::OwnWeights own;
  std::string method;
  struct FamilyWeights {
    net::Networks networks;
    std::string method;
  };
  std::map<std::string, FamilyWeights> families;
  std::vector<std::unique_ptr<Forecaster>> simple;
  struct Tracked {
    ModelTrack track;
    std::uint64_t used = 0;  // rises with each forecast
  };
  std::map<std::string, Tracked> tracks;
  std::array<PooledCalibrator, kRegimes.size()> pools;  // short and long pasts err differently
  std::uint64_t uses = 0;
  std::vector<std::string> drifted;
  PairedLosses live;

  PooledCalibrator& pool_for(const HistoryView& history) {
    return pools[static_cast<std::size_t>(shared.regime_for(history))];
  }
  /// Learns from the history; the track that it belongs to.
  ModelTrack& observe(const NamedHistory& named);
  void drop_oldest_tracks();

  /// What each expert says of each history: [history][expert].
  Result<std::vector<Spoken>> ask(std::span<const NamedHistory> histories,
                                  std::span<const HistoryView> views,
                                  const std::vector<ModelTrack*>& of, int horizon);
  void ask_networks(std::span<const NamedHistory> histories, std::span<const HistoryView> views,
                    int horizon, std::vector<Spoken>& spoken);
  void ask_families(std::span<const NamedHistory> histories, std::span<const HistoryView> views,
                    const std::vector<std::optional<Encoded>>& encoded, int horizon,
                    std::vector<Spoken>& spoken);
  Status ask_simple(std::size_t expert, std::span<const HistoryView> views,
                    const std::vector<ModelTrack*>& of, int horizon, std::vector<Spoken>& spoken);
  std::vector<ExpertShare> named_shares(const std::vector<double>& shares) const;
};

ModelTrack& OnlineForecaster::Impl::observe(const NamedHistory& named) {
  auto found = tracks.find(named.model);
  if (found == tracks.end()) {
    ModelTrack fresh(kPrior, options.track);
    found = tracks.emplace(named.model, Tracked{std::move(fresh)}).first;
  }
  found->second.used = ++uses;
  ModelTrack& track = found->second.track;
  if (track.observe(named.history, &pool_for(named.history))) {
    own.forget(named.model);
    drifted.push_back(named.model);
  }
  const PairedLosses losses = track.take_losses();
  live.points += losses.points;
  live.first += losses.first;
  live.yardstick += losses.yardstick;
  return track;
}

void OnlineForecaster::Impl::drop_oldest_tracks() {
  while (tracks.size() > static_cast<std::size_t>(std::max(1, options.tracks_max))) {
    tracks.erase(std::min_element(tracks.begin(), tracks.end(), [](const auto& a, const auto& b) {
      return a.second.used < b.second.used;
    }));
  }
}

void OnlineForecaster::Impl::ask_networks(std::span<const NamedHistory> histories,
                                          std::span<const HistoryView> views, int horizon,
                                          std::vector<Spoken>& spoken) {
  std::vector<std::optional<Encoded>> encoded;
  std::vector<const meta::Film*> films;
  for (std::size_t i = 0; i < views.size(); ++i) {
    encoded.push_back(shared.read(views[i]));
    films.push_back(own.find(histories[i].model, shared.regime_for(views[i])));
  }
  auto by_shared = net::forecast_all(shared, views, encoded, horizon, method);
  auto by_own = meta::forecast_adapted(shared, views, encoded, films, horizon, method);
  for (std::size_t i = 0; i < views.size(); ++i) {
    spoken[i][kShared] = std::move(by_shared[i].steps);
    spoken[i][kAdapted] = std::move(by_own[i].steps);
  }
  ask_families(histories, views, encoded, horizon, spoken);
}

void OnlineForecaster::Impl::ask_families(std::span<const NamedHistory> histories,
                                          std::span<const HistoryView> views,
                                          const std::vector<std::optional<Encoded>>& encoded,
                                          int horizon, std::vector<Spoken>& spoken) {
  for (const auto& [family, weights] : families) {
    std::vector<std::optional<Encoded>> asked(views.size());
    for (std::size_t i = 0; i < views.size(); ++i) {
      if (histories[i].family == family) asked[i] = encoded[i];
    }
    auto answers = net::forecast_all(weights.networks, views, asked, horizon, weights.method);
    for (std::size_t i = 0; i < views.size(); ++i) {
      if (asked[i]) spoken[i][kFamily] = std::move(answers[i].steps);
    }
  }
}

Status OnlineForecaster::Impl::ask_simple(std::size_t expert, std::span<const HistoryView> views,
                                          const std::vector<ModelTrack*>& of, int horizon,
                                          std::vector<Spoken>& spoken) {
  const bool seasonal = std::string_view(kSimple[expert - kFirstSimple]) == "seasonal-naive";
  std::vector<std::size_t> asked;
  std::vector<HistoryView> asked_views;
  for (std::size_t i = 0; i < views.size(); ++i) {
    const auto season = static_cast<std::size_t>(std::max(0, views[i].season));
    if (seasonal && (season == 0 || views[i].values.size() < season)) continue;
    if (!spoken[i][kShared].empty() && !of[i]->worth_asking(expert)) continue;
    asked.push_back(i);
    asked_views.push_back(spoken[i][kShared].empty() ? views[i] : recent_part(views[i]));
  }
  auto forecasts = simple[expert - kFirstSimple]->forecast(asked_views, horizon);
  if (!forecasts) return fail(forecasts.error());
  for (std::size_t k = 0; k < asked.size(); ++k) {
    spoken[asked[k]][expert] = std::move((*forecasts)[k].steps);
  }
  return {};
}

Result<std::vector<Spoken>> OnlineForecaster::Impl::ask(std::span<const NamedHistory> histories,
                                                        std::span<const HistoryView> views,
                                                        const std::vector<ModelTrack*>& of,
                                                        int horizon) {
  std::vector<Spoken> spoken(views.size(), Spoken(kExperts));
  ask_networks(histories, views, horizon, spoken);
  for (std::size_t expert = kFirstSimple; expert < kExperts; ++expert) {
    if (auto status = ask_simple(expert, views, of, horizon, spoken); !status) {
      return fail(status.error());
    }
  }
  return spoken;
}

std::vector<ExpertShare> OnlineForecaster::Impl::named_shares(
    const std::vector<double>& shares) const {
  std::vector<ExpertShare> named;
  for (std::size_t i = 0; i < shares.size(); ++i) {
    if (shares[i] <= 0) continue;
    named.push_back({i == kShared    ? method
                     : i == kAdapted ? method + "+adapted"
                     : i == kFamily  ? method + "+family"
                                     : std::string(kSimple[i - kFirstSimple]),
                     shares[i]});
  }
  std::stable_sort(named.begin(), named.end(),
                   [](const auto& a, const auto& b) { return a.share > b.share; });
  return named;
}

Result<OnlineForecaster> OnlineForecaster::load(const std::filesystem::path& artifact,
                                                const OnlineOptions& options) {
  const auto read = read_artifact(artifact);
  if (!read) return fail(read.error());
  return OnlineForecaster(*read, options);
}

OnlineForecaster::OnlineForecaster(const ForecasterArtifact& artifact,
                                   const OnlineOptions& options) {
  net::use_one_thread();
  impl_ = std::make_unique<Impl>(artifact, options);
}

OnlineForecaster::~OnlineForecaster() = default;
OnlineForecaster::OnlineForecaster(OnlineForecaster&&) noexcept = default;
OnlineForecaster& OnlineForecaster::operator=(OnlineForecaster&&) noexcept = default;

Result<std::vector<Forecast>> OnlineForecaster::forecast(std::span<const NamedHistory> histories,
                                                         int horizon) {
  std::vector<HistoryView> views;
  for (const NamedHistory& named : histories) views.push_back(named.history);
  if (auto valid = net::check_histories(views, horizon); !valid) return fail(valid.error());
  std::vector<ModelTrack*> tracks;
  for (const NamedHistory& named : histories) tracks.push_back(&impl_->observe(named));
  for (PooledCalibrator& pool : impl_->pools) pool.end_round();
  const auto spoken = impl_->ask(histories, views, tracks, horizon);
  if (!spoken) return fail(spoken.error());
  std::vector<Forecast> forecasts;
  for (std::size_t i = 0; i < views.size(); ++i) {
    auto mixed = tracks[i]->mix(views[i], (*spoken)[i], &impl_->pool_for(views[i]));
    const bool by_network = !(*spoken)[i][kShared].empty();
    Forecast forecast =
        forecast_after(views[i], by_network ? fmt::format("mix({})", impl_->method) : "mix");
    forecast.steps = std::move(mixed.steps);
    forecast.experts = impl_->named_shares(mixed.shares);
    forecast.coverage = tracks[i]->coverage();
    forecast.drift = tracks[i]->drift();
    forecasts.push_back(std::move(forecast));
  }
  impl_->drop_oldest_tracks();
  return forecasts;
}

Status OnlineForecaster::catch_up(std::span<const NamedHistory> histories, int horizon,
                                  int points) {
  for (int back = points; back > 0; --back) {
    std::vector<NamedHistory> past;
    for (const auto& [model, history, family] : histories) {
      const auto size = static_cast<std::int64_t>(history.values.size());
      if (history.present.size() != history.values.size() || size <= back) continue;
      const HistoryView then = slice(history, 0, static_cast<std::size_t>(size - back));
      if (known_window(then, kRecent, 0)) past.push_back({model, then, family});
    }
    if (past.empty()) continue;
    if (auto made = forecast(past, horizon); !made) return fail(made.error());
  }
  return {};
}

std::vector<AdaptReport> OnlineForecaster::adapt(std::span<const NamedHistory> histories,
                                                 int steps) {
  return impl_->own.adapt(impl_->shared, histories, steps);
}

std::int64_t OnlineForecaster::adaptation_work(const HistoryView& history) {
  return meta::adaptation_windows(history.values.size());
}

bool OnlineForecaster::is_adapted(const std::string& model) const {
  return impl_->own.contains(model);
}

std::string OnlineForecaster::film(const std::string& model) const {
  for (const Regime regime : kRegimes) {
    if (const meta::Film* film = impl_->own.find(model, regime)) {
      const meta::Film form = meta::film_of(impl_->shared.weights(regime), 1);
      return meta::film_bytes(*film, form, regime, impl_->method);
    }
  }
  return "";
}

Status OnlineForecaster::take_film(const std::string& model, const std::string& bytes) {
  if (bytes.empty()) {
    impl_->own.forget(model);
    return {};
  }
  for (const Regime regime : kRegimes) {
    if (impl_->shared.weights(regime).empty()) continue;
    const meta::Film form = meta::film_of(impl_->shared.weights(regime), 1);
    auto film = meta::film_from(bytes, form, regime, impl_->method);
    if (!film) continue;
    impl_->own.keep(model, regime, std::move(*film));
    return {};
  }
  return fail(ErrorCode::kInvalid,
              "weights of the model's own that do not belong to {}: of other shared weights, "
              "damaged, or not finite",
              impl_->method);
}

std::vector<std::string> OnlineForecaster::take_drifted() {
  return std::exchange(impl_->drifted, {});
}

void OnlineForecaster::forget(const std::string& model) {
  impl_->own.forget(model);
  impl_->tracks.erase(model);
}

void OnlineForecaster::set_families(const std::map<std::string, ForecasterArtifact>& copies) {
  impl_->families.clear();
  for (const auto& [family, artifact] : copies) {
    impl_->families.emplace(
        family, Impl::FamilyWeights{net::Networks(artifact), "net-" + artifact.version()});
  }
}

void OnlineForecaster::replace(const ForecasterArtifact& artifact) {
  auto next = std::make_unique<Impl>(artifact, impl_->options);
  next->tracks = std::move(impl_->tracks);
  for (auto& [model, tracked] : next->tracks) tracked.track.forget_losses();
  next->pools = impl_->pools;
  next->uses = impl_->uses;
  next->drifted = std::move(impl_->drifted);
  impl_ = std::move(next);
}

PairedLosses OnlineForecaster::live_loss() const { return impl_->live; }

const std::string& OnlineForecaster::method() const { return impl_->method; }

}  // namespace starling
