// Holt-Winters' additive method with a damped trend; with a season where a test finds one.
#include <array>
#include <cmath>

#include "forecast/baselines/baseline.h"
#include "forecast/baselines/pattern_search.h"
#include "forecast/baselines/seasonality.h"

namespace starling {
namespace {

struct State {
  double level = 0;
  double trend = 0;
};

struct Parameters {
  double alpha = 0, beta = 0, gamma = 0, phi = 0;
};

/// The error-correction form (Hyndman et al. 2008, ETS(A,Ad,A); without a season ETS(A,Ad,N)):
///   e_t = x_t − (l + φb + s_{t−m}),  l_t = l + φb + αe,  b_t = φb + βe,  s_t = s_{t−m} + γe.
/// An unknown point has e = 0. It starts with the first season's mean, a trend of the means of the
/// first two seasons, and the mean seasonal pattern of all whole seasons.
class HoltWinters final : public FittedMethod {
 public:
  HoltWinters(const MaskedWindow& window, std::size_t season)
      : window_(window), season_(season), begin_(season > 0 ? season : first_known(window)) {
    seasons_.resize(season);
    if (season == 0) {
      initial_.level = window.values[begin_];
      return;
    }
    const double first_mean = mean(0), second_mean = mean(season);
    initial_ = {first_mean, (second_mean - first_mean) / static_cast<double>(season)};
    std::vector<int> seen(season);
    for (std::size_t from = 0; from + season <= window.size(); from += season) {
      const double level = mean(from);
      for (std::size_t k = 0; k < season; ++k) {
        if (!window.present[from + k]) continue;
        seasons_[k] += (window.values[from + k] - level - seasons_[k]) / ++seen[k];
      }
    }
    initial_seasons_ = seasons_;
  }

  /// Sum of absolute one-step errors: one surge must not decide the parameters.
  double error(const Parameters& parameters) {
    double sum = 0;
    run(parameters, [&](std::size_t, double e, const State&) { sum += std::abs(e); });
    return sum;
  }

  void keep(const Parameters& parameters) {
    phi_ = parameters.phi;
    states_.assign(window_.size(), initial_);
    season_paths_.assign(season_ > 0 ? window_.size() : 0, 0);
    for (std::size_t i = 0; i < season_; ++i) season_paths_[i] = initial_seasons_[i];
    run(parameters, [&](std::size_t i, double, const State& state) {
      states_[i] = state;
      if (season_ > 0) season_paths_[i] = seasons_[i % season_];
    });
  }

  std::size_t first() const override { return begin_; }
  void forecast_from(std::size_t i, std::span<double> ahead) const override {
    double damped = 0, power = 1;
    for (std::size_t h = 0; h < ahead.size(); ++h) {
      damped += power *= phi_;
      ahead[h] = states_[i].level + damped * states_[i].trend;
      // The newest value of the season's place that i + 1 + h has.
      if (season_ > 0) ahead[h] += season_paths_[i + 1 + h % season_ - season_];
    }
  }

 private:
  double mean(std::size_t from) const {
    double sum = 0;
    int known = 0;
    for (std::size_t i = from; i < from + season_; ++i) {
      if (!window_.present[i]) continue;
      sum += window_.values[i];
      ++known;
    }
    return known > 0 ? sum / known : window_.values[first_known(window_)];
  }

  template <typename OnPoint>
  void run(const Parameters& p, OnPoint on_point) {
    seasons_ = initial_seasons_;
    State state = initial_;
    for (std::size_t i = begin_, k = 0; i < window_.size(); ++i) {
      const double expected = state.level + p.phi * state.trend;
      const double seasonal = season_ > 0 ? seasons_[k] : 0;
      const double e = window_.present[i] ? window_.values[i] - expected - seasonal : 0;
      state = {expected + p.alpha * e, p.phi * state.trend + p.beta * e};
      if (season_ > 0) {
        seasons_[k] += p.gamma * e;
        if (++k == season_) k = 0;
      }
      on_point(i, e, state);
    }
  }

  const MaskedWindow& window_;
  std::size_t season_;
  std::size_t begin_;
  State initial_;
  std::vector<double> initial_seasons_;
  std::vector<double> seasons_;  // by place in the season; begin_ is a multiple of it
  double phi_ = 1;
  std::vector<State> states_;         // after each point
  std::vector<double> season_paths_;  // s_t of each point
};

class HoltWintersBaseline final : public FittedBaseline {
 public:
  HoltWintersBaseline() : FittedBaseline("holt-winters", kWindowMax) {}

 private:
  static constexpr std::size_t kWindowMax = 4096;

  std::unique_ptr<FittedMethod> fit(const MaskedWindow& window, std::size_t given) const override {
    const std::size_t season = given > 0 && is_seasonal(window, given) ? given : 0;
    constexpr int kEvaluations = 80;
    // β and γ relative to what keeps the model admissible; φ as R's ets bounds it.
    const auto parameters = [](const std::array<double, 4>& x) {
      return Parameters{x[0], x[1] * x[0], x[2] * (1 - x[0]), x[3]};
    };
    auto method = std::make_unique<HoltWinters>(window, season);
    const auto best = compass_search<4>(
        {0.3, 0.1, 0.1, 0.95}, {0.01, 0, 0, 0.8}, {0.99, 1, season > 0 ? 1.0 : 0.0, 0.98},
        kEvaluations, [&](const std::array<double, 4>& x) { return method->error(parameters(x)); });
    method->keep(parameters(best));
    return method;
  }
};

}  // namespace

std::unique_ptr<Forecaster> make_holt_winters() { return std::make_unique<HoltWintersBaseline>(); }

}  // namespace starling
