// starling-lab trace synth: synthetic workloads from a seed.
#include <fmt/format.h>

#include <cstdio>
#include <iterator>
#include <memory>
#include <string>

#include "apps/lab/commands.h"
#include "apps/lab/refusal.h"
#include "apps/lab/seed_option.h"
#include "apps/lab/trace_reading.h"
#include "base/counted.h"
#include "base/file.h"
#include "base/units.h"
#include "trace/synth.h"
#include "trace/write.h"

namespace starling::lab {
namespace {

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
    refuse(
        "--step must be positive and no longer than --length, and --rate-min no more than "
        "--rate-max");
  }
  constexpr std::int64_t kPointsMax = 100'000'000;
  const std::int64_t points = options.length / options.step;
  if (points > kPointsMax / options.workloads) {
    refuse(fmt::format("--workloads {} × {} points (--length over --step) are more than {} million",
                       options.workloads, points, kPointsMax / 1'000'000));
  }
  ok_or_fail(check_writable(arguments.out));
  const auto series = synthesize(options, arguments.seed);
  ok_or_fail(write_trace(arguments.out, series));
  fmt::print(stderr, "{}: {}, {} points each, one a {}\n", arguments.out,
             counted(std::ssize(series), "workload"), series[0].size(),
             format_duration(options.step));
}

}  // namespace

void add_trace_synth(CLI::App& trace) {
  CLI::App* synth =
      trace.add_subcommand("synth", "Write a synthetic trace (requests per step, wide CSV)");
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
      ->check(negative_seed)
      ->capture_default_str();
  synth->add_option("--out", make->out, "File to write")->required();
  synth->footer(
      "Examples:\n"
      "  starling trace synth --workloads 4 --length 24h --seed 7 --out day.csv\n"
      "  starling trace synth --workloads 20 --step 5m --length 336h --intermittent 0.5 --out "
      "fortnight.csv.gz\n");
  synth->callback([make] { run_synth(*make); });
}

}  // namespace starling::lab
