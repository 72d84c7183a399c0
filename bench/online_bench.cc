// How on-line forecasting fares on traces, moment after moment: the mix beside each of its experts.
//   online_bench [--workloads 12] [--moments 100] [TRACE...]
// Without a trace it makes its own, so that the figures of two versions can be compared anywhere.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <cmath>
#include <map>

#include "forecast/baselines.h"
#include "forecast/evaluation/protocol.h"
#include "forecast/evaluation/scores.h"
#include "forecast/meta/online_forecaster.h"
#include "forecast/metrics.h"
#include "forecast/net/net_forecaster.h"
#include "trace/read.h"
#include "trace/synth.h"

namespace starling {
namespace {

constexpr std::size_t kLevel90 = 9;
static_assert(kQuantileLevels[kLevel90] == 0.9);
const std::filesystem::path kArtifact = STARLING_SOURCE_DIR "/models/forecaster.bin";

/// Sums over outcomes of one method on one workload or data set.
struct Tally {
  double loss = 0;
  double actual = 0;
  double covered = 0;
  std::int64_t outcomes = 0;

  void add(const Quantiles& quantiles, double y) {
    loss += wql_numerator(quantiles, y);
    actual += std::abs(y);
    covered += covered_by(quantiles, y)[kLevel90];
    ++outcomes;
  }
  double wql() const { return actual > 0 ? loss / actual : 0; }
};
using Tallies = std::map<std::string, Tally>;

/// The histories that an agent would see at each moment: as long as the long protocol's.
std::vector<HistoryView> views_of(const Series& series, std::size_t first, std::size_t moments) {
  const ProtocolShape shape = protocol_shape(Protocol::kLong, series.step);
  std::vector<HistoryView> views;
  for (std::size_t end = first; end < first + moments; ++end) {
    const std::size_t begin = end - std::min(end, shape.history);
    views.push_back({.values = std::span(series.values).subspan(begin, end - begin),
                     .present = std::span(series.present).subspan(begin, end - begin),
                     .start = series.start + static_cast<Duration::rep>(begin) * series.step,
                     .step = series.step,
                     .season = steps_in_a_day(series.step)});
  }
  return views;
}

class Study {
 public:
  explicit Study(const ForecasterArtifact& artifact) : artifact_(artifact) {
    forecasters_.push_back(std::make_unique<NetForecaster>(artifact));
    for (const char* name : {"ses", "theta", "seasonal-naive", "naive"}) {
      forecasters_.push_back(std::move(make_forecaster(name).value()));
    }
  }

  /// False for a workload that is too short or too sparsely known.
  bool add(const Series& series, std::size_t moments, Tallies& dataset) {
    const ProtocolShape shape = protocol_shape(Protocol::kLong, series.step);
    if (series.size() < shape.history_min + shape.horizon + moments) return false;
    const std::size_t first =
        std::max(shape.history_min,
                 std::min(series.size() - shape.horizon - moments, series.size() * 6 / 10));
    const auto known = std::count(series.present.begin() + static_cast<std::ptrdiff_t>(first),
                                  series.present.end(), 1);
    const auto views = views_of(series, first, moments);
    const auto before = views.front().present;
    if (known < static_cast<std::ptrdiff_t>(moments) / 2 ||
        std::find(before.begin(), before.end(), 1) == before.end()) {
      return false;
    }
    Tallies own;
    const auto horizon = static_cast<int>(shape.horizon);
    for (const auto& forecaster : forecasters_) {
      const auto forecasts = forecaster->forecast(views, horizon).value();
      for (std::size_t m = 0; m < moments; ++m) {
        score(series, first + m, forecasts[m], own[forecaster->name()]);
      }
    }
    OnlineForecaster online(artifact_);
    for (std::size_t m = 0; m < moments; ++m) {
      const NamedHistory named{series.workload, views[m]};
      const auto forecast = online.forecast({&named, 1}, horizon).value().front();
      score(series, first + m, forecast, own["mix"]);
    }
    compare(own);
    for (const auto& [name, tally] : own) {
      Tally& sum = dataset[name];
      sum.loss += tally.loss;
      sum.actual += tally.actual;
      sum.covered += tally.covered;
      sum.outcomes += tally.outcomes;
    }
    return true;
  }

  /// How often the mix's loss was so many times the best expert's in hindsight.
  void print_ratios() {
    std::sort(ratios_.begin(), ratios_.end());
    if (ratios_.empty()) return;
    const auto at = [&](double share) {
      return ratios_[static_cast<std::size_t>(share * static_cast<double>(ratios_.size() - 1))];
    };
    fmt::print(
        "mix / best expert in hindsight, by workload: median {:.3f}, 90 % {:.3f}, most {:.3f}\n",
        at(0.5), at(0.9), at(1));
  }

 private:
  void score(const Series& series, std::size_t origin, const Forecast& forecast, Tally& tally) {
    for (std::size_t h = 0; h < forecast.steps.size(); ++h) {
      if (!series.present[origin + h]) continue;
      tally.add(forecast.steps[h], series.values[origin + h]);
    }
  }

  void compare(const Tallies& own) {
    double best = std::numeric_limits<double>::infinity();
    for (const auto& [name, tally] : own) {
      if (name != "mix") best = std::min(best, tally.loss);
    }
    if (best > 0) ratios_.push_back(own.at("mix").loss / best);
  }

  const ForecasterArtifact& artifact_;
  std::vector<std::unique_ptr<Forecaster>> forecasters_;
  std::vector<double> ratios_;
};

/// One line a data set, and the geometric mean over those that are not forecast all but exactly by
/// the last value: where next to nothing is lost, ratios mean nothing.
class Table {
 public:
  Table() {
    fmt::print("{:<28} {:>9}", "WQL (coverage of 0.9)", "workloads");
    for (const char* name : kNames) fmt::print(" {:>15}", name);
    fmt::print("\n");
  }

  void add(const std::string& dataset, std::size_t workloads, Tallies& tallies) {
    fmt::print("{:<28} {:>9}", dataset, workloads);
    const bool counts = tallies["naive"].wql() > 1e-3;
    datasets_ += counts;
    for (std::size_t i = 0; i < kNames.size(); ++i) {
      const Tally& tally = tallies[kNames[i]];
      const auto outcomes = static_cast<double>(std::max<std::int64_t>(1, tally.outcomes));
      if (counts) logs_[i] += std::log(tally.wql());
      fmt::print(" {:>7.4f} ({:.3f})", tally.wql(), static_cast<double>(tally.covered) / outcomes);
    }
    fmt::print("\n");
    std::fflush(stdout);
  }

  void print_means() const {
    fmt::print("{:<28} {:>9}", "geometric mean", "");
    for (const double log : logs_) fmt::print(" {:>7.4f}        ", std::exp(log / datasets_));
    fmt::print("\n");
  }

 private:
  static constexpr std::array<const char*, 6> kNames{
      "mix", "net", "ses", "theta", "seasonal-naive", "naive"};
  std::array<double, kNames.size()> logs_{};
  int datasets_ = 0;
};

struct Dataset {
  std::string name;
  std::vector<Series> workloads;
};

Result<std::vector<Dataset>> read_all(const std::vector<std::string>& files) {
  std::vector<Dataset> datasets;
  for (const auto& file : files) {
    auto trace = read_trace(file);
    if (!trace) return fail(trace.error());
    datasets.push_back({dataset_name(file), std::move(*trace)});
  }
  return datasets;
}

/// Three days at one minute and ten at ten, twice as many workloads as are used of a file.
std::vector<Dataset> synthesised(std::size_t workloads) {
  SynthOptions options;
  options.workloads = static_cast<int>(2 * workloads);
  options.length = 72h;
  std::vector<Dataset> datasets{{"synthesised, 1 min", synthesize(options, 1)}};
  options.step = 10min;
  options.length = 240h;
  datasets.push_back({"synthesised, 10 min", synthesize(options, 2)});
  return datasets;
}

int run(const std::vector<Dataset>& datasets, std::size_t workloads, std::size_t moments) {
  const auto artifact = read_artifact(kArtifact);
  if (!artifact) return fmt::print(stderr, "{}\n", artifact.error().message), 1;
  Study study(*artifact);
  Table table;
  for (const auto& [name, all] : datasets) {
    Tallies tallies;
    std::size_t used = 0;
    const std::size_t stride = std::max<std::size_t>(1, all.size() / (2 * workloads));
    for (std::size_t i = stride / 2; i < all.size() && used < workloads; i += stride) {
      used += study.add(all[i], moments, tallies);
    }
    table.add(name, used, tallies);
  }
  table.print_means();
  study.print_ratios();
  return 0;
}

}  // namespace
}  // namespace starling

int main(int argc, char** argv) {
  CLI::App app{"On-line forecasting moment after moment: the mix beside each of its experts"};
  std::vector<std::string> files;
  std::size_t workloads = 12;
  std::size_t moments = 100;
  app.add_option("traces", files, "Trace files (default: synthesised workloads)");
  app.add_option("--workloads", workloads, "Of each file")->check(CLI::Range(1, 100'000));
  app.add_option("--moments", moments, "Consecutive ones")->check(CLI::Range(20, 100'000));
  CLI11_PARSE(app, argc, argv);
  const auto datasets =
      files.empty() ? starling::synthesised(workloads) : starling::read_all(files);
  if (!datasets) return fmt::print(stderr, "{}\n", datasets.error().message), 1;
  return starling::run(*datasets, workloads, moments);
}
