// Training windows, drawn evenly from unlike sources of workloads.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/rng.h"
#include "forecast/net/examples.h"
#include "trace/series.h"

namespace starling {

/// Workloads of one origin.
struct TrainingSet {
  std::string name;
  double weight = 1;  // its share of the windows, relative to the other sets
  std::vector<Series> workloads;
};

struct WindowOptions {
  double shortened_share = 0.5;   // windows with less past than the regime asks for
  double aggregated_share = 0.3;  // windows at a coarser step than the workload was measured in
  double masked_share = 0.1;      // windows in which stretches are hidden
  // Forecasts are judged by errors summed over workloads, which the busy and restless dominate:
  double volume_power = 0.4;  // a workload is drawn with probability ∝ (its mean)^power
  double spread_power = 0.3;  // a window's loss weighs ∝ (its spread)^power, within a factor of 4
};

/// Of the known values; 0 where none is.
double mean_of(const Series& series);

/// Means of `factor` points; unknown where fewer than half of them are known.
Series aggregated(const Series& series, int factor);

/// Draws examples: a set by its weight, one of its workloads and an origin in it evenly, then a
/// step (the workload's own or, aggregated, up to ten minutes) and a length of history.
class WindowSampler {
 public:
  /// Leaves out workloads too short for one window, then sets without a workload.
  WindowSampler(std::vector<TrainingSet> sets, Regime regime, const WindowOptions& options = {});

  bool empty() const { return sets_.empty(); }
  std::size_t sets() const { return sets_.size(); }
  const std::string& name(std::size_t set) const { return sets_[set].name; }

  /// One example; nothing comes of the same `rng` but the same example.
  Example draw(Rng& rng) const;
  /// One of this set.
  Example draw_from(std::size_t set, Rng& rng) const;

 private:
  struct Workload {
    std::vector<Series> resolutions;  // by rising step
    double weight_before = 0;         // of the workloads of its set before this one
  };
  struct Set {
    std::string name;
    double weight_before = 0;  // of the sets before this one
    double weight = 0;         // of its workloads
    double volume = 0;         // mean of a workload, by the weights
    std::vector<Workload> workloads;
  };
  std::optional<Example> try_draw(const Set& set, Rng& rng) const;
  Example example_of(const Set& set, Rng& rng) const;

  std::vector<Set> sets_;
  double weight_ = 0;
  Regime regime_;
  WindowOptions options_;
};

}  // namespace starling
