// starling-lab trace: makes synthetic traces and describes trace files.
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "apps/lab/commands.h"
#include "base/units.h"
#include "trace/read.h"
#include "trace/synth.h"
#include "trace/write.h"

namespace starling::lab {
namespace {

/// The value, or the end of the command with the error on standard error.
template <typename T>
T value_or_fail(Result<T> result) {
  if (result) return std::move(*result);
  fmt::print(stderr, "starling-lab trace: {}\n", result.error().message);
  throw Failed{};
}

struct SynthArguments {
  SynthOptions options;
  std::string step = "1m";
  std::string length = "24h";
  std::uint64_t seed = 0;
  std::string out;
};

void run_synth(SynthArguments arguments) {
  SynthOptions& options = arguments.options;
  options.step = value_or_fail(parse_duration(arguments.step));
  options.length = value_or_fail(parse_duration(arguments.length));
  if (options.step <= Duration{0} || options.length < options.step ||
      options.mean_rate_max < options.mean_rate_min) {
    fmt::print(stderr,
               "starling-lab trace synth: --step must be positive and no longer than --length, "
               "and --rate-min no more than --rate-max\n");
    throw Failed{};
  }
  const auto series = synthesize(options, arguments.seed);
  if (const Status written = write_trace(arguments.out, series); !written) {
    fmt::print(stderr, "starling-lab trace synth: {}\n", written.error().message);
    throw Failed{};
  }
  fmt::print(stderr, "{}: {} workloads, {} points each, one a {}\n", arguments.out, series.size(),
             series[0].size(), format_duration(options.step));
}

/// What `describe` tells of one workload. Missing points take no part in the statistics.
struct Description {
  std::string workload;
  std::string step;
  std::size_t points = 0;
  std::size_t missing = 0;
  double mean = 0;
  double peak = 0;
  double zero_share = 0;

  double peak_to_mean() const { return mean > 0 ? peak / mean : 0; }
};

Description describe(const Series& series) {
  Description d{.workload = series.workload, .step = format_duration(series.step)};
  d.points = series.size();
  double sum = 0;
  std::size_t zeros = 0;
  std::size_t known = 0;
  for (std::size_t i = 0; i < series.size(); ++i) {
    if (!series.present[i]) continue;
    d.peak = known == 0 ? series.values[i] : std::max(d.peak, series.values[i]);
    ++known;
    sum += series.values[i];
    zeros += series.values[i] == 0 ? 1 : 0;
  }
  d.missing = d.points - known;
  if (known > 0) {
    d.mean = sum / static_cast<double>(known);
    d.zero_share = static_cast<double>(zeros) / static_cast<double>(known);
  }
  return d;
}

void print_table(const std::vector<Description>& all) {
  std::size_t width = std::string("WORKLOAD").size();
  for (const Description& d : all) width = std::max(width, d.workload.size());
  fmt::print("{:<{}}  {:>6}  {:>8}  {:>8}  {:>12}  {:>12}  {:>9}  {:>6}\n", "WORKLOAD", width,
             "STEP", "POINTS", "MISSING", "MEAN", "PEAK", "PEAK/MEAN", "ZEROS");
  for (const Description& d : all) {
    fmt::print("{:<{}}  {:>6}  {:>8}  {:>8}  {:>12.6g}  {:>12.6g}  {:>9.4g}  {:>5.1f}%\n",
               d.workload, width, d.step, d.points, d.missing, d.mean, d.peak, d.peak_to_mean(),
               100 * d.zero_share);
  }
}

void print_json(const std::vector<Description>& all) {
  auto rows = nlohmann::json::array();
  for (const Description& d : all) {
    rows.push_back({{"workload", d.workload},
                    {"step", d.step},
                    {"points", d.points},
                    {"missing", d.missing},
                    {"mean", d.mean},
                    {"peak", d.peak},
                    {"peakToMean", d.peak_to_mean()},
                    {"zeroShare", d.zero_share}});
  }
  fmt::print("{}\n", rows.dump(2, ' ', false, nlohmann::json::error_handler_t::replace));
}

struct DescribeArguments {
  std::string file;
  std::string output = "table";
  bool average = false;
};

void run_describe(const DescribeArguments& arguments) {
  const auto series = value_or_fail(
      read_trace(arguments.file, ReadOptions{.average_within_step = arguments.average}));
  std::vector<Description> all;
  all.reserve(series.size());
  for (const Series& one : series) all.push_back(describe(one));
  arguments.output == "json" ? print_json(all) : print_table(all);
}

}  // namespace

void add_trace_command(CLI::App& app) {
  CLI::App* trace = app.add_subcommand("trace", "Make and describe workload traces");
  trace->require_subcommand(1);

  CLI::App* synth =
      trace->add_subcommand("synth", "Write a synthetic trace (requests per step, wide CSV)");
  auto make = std::make_shared<SynthArguments>();
  SynthOptions& options = make->options;
  synth->add_option("--workloads", options.workloads, "How many, named m0, m1, …")
      ->check(CLI::Range(1, 100'000))
      ->capture_default_str();
  synth->add_option("--step", make->step, "Time between points: 1s, 1m, 1h")->capture_default_str();
  synth->add_option("--length", make->length, "Time the trace covers")->capture_default_str();
  synth->add_option("--rate-min", options.mean_rate_min, "Lowest mean rate, requests per second")
      ->check(CLI::Range(1e-6, 1e6))
      ->capture_default_str();
  synth->add_option("--rate-max", options.mean_rate_max, "Highest mean rate, requests per second")
      ->check(CLI::Range(1e-6, 1e6))
      ->capture_default_str();
  synth
      ->add_option("--intermittent", options.intermittent_share, "Share of mostly silent workloads")
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str();
  synth->add_option("--bursts", options.bursts_per_day, "Mean surges a day and workload")
      ->check(CLI::Range(0.0, 1e4))
      ->capture_default_str();
  synth->add_option("--seed", make->seed, "The same seed gives the same bytes")
      ->capture_default_str();
  synth->add_option("--out", make->out, "File to write")->required();
  synth->callback([make] { run_synth(*make); });

  CLI::App* describe_command =
      trace->add_subcommand("describe", "Points, gaps, mean, peak and zeros of each workload");
  auto read = std::make_shared<DescribeArguments>();
  describe_command->add_option("file", read->file, "Trace file: CSV, or CSV in gzip")->required();
  describe_command->add_option("-o,--output", read->output, "table or json")
      ->check(CLI::IsMember({"table", "json"}))
      ->capture_default_str();
  describe_command->add_flag("--average", read->average,
                             "Average rows that fall into the same step instead of refusing them");
  describe_command->callback([read] { run_describe(*read); });
}

}  // namespace starling::lab
