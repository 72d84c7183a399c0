// How much each of several experts is trusted, by what it lost of late.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "forecast/forecaster.h"

namespace starling {

struct ExpertWeightOptions {
  double rate = 1;       // η: how sharply losses tell
  double share = 0.005;  // α: the part that starts anew each round; 1/α rounds are remembered
};

/// Fixed-share Hedge (Herbster & Warmuth 1998) with experts that may sleep (Freund, Schapire,
/// Singer & Warmuth 1997). Weights w start as the prior p. A round with losses l_i in [0, 1] of
/// those that spoke, and W their weights' sum, gives
///     v_i = W · w_i e^{−η l_i} / Σ_{j spoke} w_j e^{−η l_j}   (v_i = w_i of a silent expert),
///     w_i ← (1 − α) v_i + α p_i.
/// The share falls back to the prior rather than to equal parts (Bousquet & Warmuth 2002), so an
/// expert that is rarely right stays near its prior and not above it.
///
/// Bound: for convex losses the mix loses, over the rounds in which expert i spoke, at most
/// `regret_bound` more than i. Not thread safe; deterministic.
class ExpertWeights {
 public:
  /// `prior` is positive; it is scaled to sum to 1.
  explicit ExpertWeights(std::vector<double> prior, const ExpertWeightOptions& options = {});

  std::size_t size() const { return weights_.size(); }
  /// Share of each of those that speak now, 0 of the others. Sums to 1 when anyone speaks.
  std::vector<double> shares(std::span<const std::uint8_t> speaks) const;
  /// Losses outside [0, 1] count as the nearest bound; those of silent experts are not looked at.
  void update(std::span<const double> losses, std::span<const std::uint8_t> spoke);
  /// Back to the prior.
  void restart() { weights_ = prior_; }

  /// What the mix can lose more than expert `i`, which spoke in `spoken` of `rounds` rounds:
  ///     (ln 1/p_i + (rounds − 1) ln 1/(1 − α)) / η + η · spoken / 8.
  double regret_bound(std::size_t expert, std::int64_t rounds, std::int64_t spoken) const;

 private:
  ExpertWeightOptions options_;
  std::vector<double> prior_;
  std::vector<double> weights_;
};

/// The weighted mean of the experts' quantiles, level by level (Vincent 1912): quantiles that do
/// not cross give a mean that does not. `experts[i]` may be null where shares[i] is 0. Its pinball
/// loss is at most the weighted mean of theirs, as the loss is convex.
Quantiles vincentised(std::span<const Quantiles* const> experts, std::span<const double> shares);

}  // namespace starling
