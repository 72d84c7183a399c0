// Demand over the bands that were forecast for it, drawn in characters: what the live screens show
// of the last minutes.
#pragma once

#include <cstddef>
#include <deque>
#include <map>
#include <nlohmann/json.hpp>
#include <string>

namespace starling::cli {

/// Remembers what each answer to /v1/status said of each model.
class DemandChart {
 public:
  /// One column of the chart, a second or more after the last one.
  struct Moment {
    double rate = 0;  // requests per second that came
    bool forecast = false;
    double low = 0, high = 0;  // median and 0.9 quantile of the forecast for the seconds to come
  };
  static constexpr std::size_t kColumns = 60;

  /// Takes in an answer; one that comes sooner than a second after the last is passed over. Models
  /// that are gone are forgotten.
  void add(const nlohmann::json& status);
  /// `rows` lines a model and one that names it, in the models' order: ● demand, ░ the band from
  /// the median to the 0.9 quantile, ◉ demand above its band. Empty before the second answer.
  std::string text(int rows = 5) const;

 private:
  std::map<std::string, std::deque<Moment>> moments_;
  std::map<std::string, std::string> titles_;
  double last_s_ = 0;
};

}  // namespace starling::cli
