// A scenario made of a trace: which of its workloads are the models, how busy each is, and how much
// capacity they share.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "trace/series.h"

namespace starling {

/// What the scenario is to be like.
struct ScenarioDraft {
  int models = 10;
  /// Values are requests a second, not requests an interval.
  bool per_second = false;
  /// Series are cut into stretches of this length, each a workload of its own; 0: as they are.
  Duration stretch{};
  /// Only workloads whose intervals' coefficient of variation is at least this: of a steady one no
  /// policy changes the replicas.
  double variation_min = 0.1;
  /// Only workloads of whose intervals at most this share has no request: the mostly silent ones
  /// are a matter of starting at once, not of scaling.
  double silent_max = 0.5;
  /// Mean rates of the least and the busiest model, in requests/s: the models' means go from one to
  /// the other by equal factors, their shapes stay. None: as recorded, times `times`.
  struct Rates {
    double min = 0;
    double max = 0;
  };
  std::optional<Rates> rates;
  double times = 1;

  /// Service times are lognormal with a location, 79.3 ms + 68.6 ms·exp(0.4225·N(0, 1)), whose mean
  /// is 154 ms, stretched to this mean.
  Duration service_mean{154ms};
  Duration slo{720ms};
  double percentile = 99;
  Duration cold_start{35s};
  Duration release{30s};
  int queue_limit = 50;
  Duration decision_interval{10s};

  /// Replicas that there are: a number …
  int replicas = 0;
  /// … or, where that is 0, so many times the mean load, in Erlang, of the busiest hour.
  double load_factor = 10;
};

/// A scenario file and the trace that it names.
struct DraftedScenario {
  std::string yaml;
  std::vector<Series> trace;     // requests in each interval; its workloads are the models
  double busiest_hour_load = 0;  // Erlang
  int replicas = 0;
  int replicas_asked = 0;  // by the draft; fewer than `replicas` where it is less than one a model
};

/// The busiest workloads of `series` by mean rate, busiest first, of those that vary, are seldom
/// silent and of which nine tenths are known; `trace_file` is what the scenario names. Errors:
/// fewer workloads than models, series of unlike steps, no load, values out of range, a scenario
/// that read_scenario() would refuse.
Result<DraftedScenario> draft_scenario(const std::string& name, const std::string& trace_file,
                                       const std::vector<Series>& series,
                                       const ScenarioDraft& draft);

}  // namespace starling
