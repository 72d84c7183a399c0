// The learning thread: forecasts on demand, and adapts each model's weights to its own past.
#pragma once

#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "control/effects.h"
#include "forecast/meta/online_forecaster.h"
#include "forecast/online/adapt_schedule.h"

namespace starling::agent {

/// How often each happened since the start.
struct LearnerCounters {
  std::uint64_t adaptations_kept = 0, adaptations_refused = 0, drifts = 0;
};

class Learner {
 public:
  /// Called on the learner's thread with each forecast.
  using Answer = std::function<void(const std::string& model, Forecast forecast)>;

  /// Likewise with the weights of its own that a model has from now on, OnlineForecaster::film().
  using Adapted = std::function<void(const std::string& model, std::string film)>;

  Learner(OnlineForecaster forecaster, Duration adapt_interval, Answer answer, Adapted adapted);
  ~Learner();

  /// Asks for a forecast; a newer request for the same model replaces one that still waits. Thread
  /// safe.
  void want(WantForecast request);
  /// Goes on, from the next turn, with weights that a model's former owner had. Thread safe.
  void take(TakeFilm film);
  /// Goes on with other shared weights from the next turn. Thread safe.
  void replace(ForecasterArtifact artifact);
  /// From the next turn on these tenants' models have a copy of the shared weights adapted to them;
  /// other tenants have none. Thread safe.
  void set_families(std::map<std::string, ForecasterArtifact> copies);
  /// The serving weights beside smoothing, since they serve. Thread safe.
  PairedLosses live_record() const;
  LearnerCounters counters() const;

 private:
  void run();
  void forecast(const std::vector<WantForecast>& requests);
  void catch_up_one();
  void adapt_due();
  void take_films(const std::vector<TakeFilm>& films);
  void tell_film(const std::string& model);
  void forget_others();
  void account(const LearnerCounters& more);

  OnlineForecaster forecaster_;
  Duration adapt_interval_;
  Answer answer_;
  Adapted adapted_;
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::map<std::string, WantForecast> waiting_;
  std::vector<TakeFilm> films_;
  std::optional<ForecasterArtifact> replacement_;
  std::optional<std::map<std::string, ForecasterArtifact>> families_;
  PairedLosses live_record_;
  LearnerCounters counters_;
  bool stopping_ = false;
  // The learner thread's own:
  struct Known {
    Series series;
    std::string tenant;
    int horizon = 1;
    TimePoint wanted{};
    bool caught_up = false;
    std::string film;  // as last told
  };
  std::map<std::string, Known> known_;
  AdaptSchedule schedule_;
  std::thread thread_;
};

}  // namespace starling::agent
