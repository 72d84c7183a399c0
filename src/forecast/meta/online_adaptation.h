// Weights of a model's own: a film adapted to its past, kept where it forecasts better. Internal:
// names libtorch types.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "forecast/meta/film.h"
#include "forecast/meta/online_forecaster.h"
#include "forecast/net/inference.h"

namespace starling::meta {

class OwnWeights {
 public:
  OwnWeights(const InnerLoop& loop, const OnlineOptions& options)
      : loop_(loop), options_(options) {}

  /// Adapts to each history, starting from the weights that the model already has of its own
  /// (otherwise from the shared ones), and keeps what forecast the newest quarter of that history
  /// at least gain_min better than the shared weights: the newly adapted weights, or the earlier
  /// ones where these did better still. Otherwise, and where the past is too short to tell, the
  /// model has none of its own from now on. `steps` 0: as many as the loop has.
  std::vector<AdaptReport> adapt(const net::Networks& shared,
                                 std::span<const NamedHistory> histories, int steps);

  /// The weights of a model, if it has some for this regime.
  const Film* find(const std::string& model, Regime regime) const;
  /// Weights that came from elsewhere.
  void keep(const std::string& model, Regime regime, Film film);
  bool contains(const std::string& model) const { return own_.contains(model); }
  void forget(const std::string& model) { own_.erase(model); }

 private:
  struct Split;
  struct Own {
    Regime regime = Regime::kShort;
    Film film;
    std::uint64_t order = 0;  // rises with each adaptation
  };
  void adapt_together(const net::Networks& shared, Regime regime, const std::vector<Split>& splits,
                      const std::vector<std::size_t>& chosen, int steps,
                      std::vector<AdaptReport>& reports);

  InnerLoop loop_;
  OnlineOptions options_;
  std::map<std::string, Own> own_;
  std::uint64_t adaptations_ = 0;
};

/// Windows that adapting to a past of so many points takes: to learn from and to judge by.
std::int64_t adaptation_windows(std::size_t points);

/// The forecasts of histories that have a film of their own, side by side in batches; the others
/// get empty ones. `encoded[i]` and `films[i]` belong to `histories[i]`.
std::vector<Forecast> forecast_adapted(const net::Networks& shared,
                                       std::span<const HistoryView> histories,
                                       const std::vector<std::optional<Encoded>>& encoded,
                                       const std::vector<const Film*>& films, int horizon,
                                       const std::string& method);

}  // namespace starling::meta
