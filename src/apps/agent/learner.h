// The learning thread: forecasts on demand, and adapts each model's weights to its own past.
#pragma once

#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <thread>
#include <vector>

#include "control/effects.h"
#include "forecast/meta/online_forecaster.h"

namespace starling::agent {

class Learner {
 public:
  /// Called on the learner's thread with each forecast.
  using Answer = std::function<void(const std::string& model, Forecast forecast)>;

  Learner(OnlineForecaster forecaster, Duration adapt_interval, Answer answer);
  ~Learner();

  /// Asks for a forecast; a newer request for the same model replaces one that still waits. Thread
  /// safe.
  void want(WantForecast request);

 private:
  void run();
  void forecast(const std::vector<WantForecast>& requests);
  void adapt_one();
  void forget_others();

  OnlineForecaster forecaster_;
  Duration adapt_interval_;
  Answer answer_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::map<std::string, WantForecast> waiting_;
  bool stopping_ = false;
  // The learner thread's own:
  struct Known {
    Series series;
    std::chrono::steady_clock::time_point wanted;
    std::chrono::steady_clock::time_point adapt_due;
  };
  std::map<std::string, Known> known_;
  std::thread thread_;
};

}  // namespace starling::agent
