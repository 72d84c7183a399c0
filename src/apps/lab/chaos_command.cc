// starling-lab chaos: the control plane under faults that are data, on virtual time.
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <optional>
#include <thread>

#include "apps/lab/chaos_report.h"
#include "apps/lab/commands.h"
#include "apps/lab/long_run.h"
#include "apps/lab/output_option.h"
#include "apps/lab/refusal.h"
#include "apps/lab/seed_option.h"
#include "base/file.h"

namespace starling::lab {
namespace {

struct ChaosArguments {
  std::vector<std::string> files;
  int seeds = 20;
  std::uint64_t first_seed = 1;
  std::optional<std::uint64_t> seed;
  int threads = 0;
  std::string log;
  bool shrink = false;
  std::string out;
  std::string output = "table";
};

void check(const ChaosArguments& a) {
  const bool one = a.seed.has_value() && a.files.size() == 1;
  if (!a.log.empty() && !one) refuse("--log is of one run: give --seed and one file of faults");
  if (a.shrink && !one) refuse("--shrink is of one run: give --seed and one file of faults");
  if (a.shrink && !a.log.empty())
    refuse("--log and --shrink exclude each other: shrink first, then replay what it wrote");
  if (!a.out.empty() && !a.shrink) refuse("--out is where --shrink writes its plan: add --shrink");
  for (const auto* path : {&a.log, &a.out}) {
    if (path->empty()) continue;
    if (const auto status = check_writable(*path); !status) refuse(status.error().message);
  }
}

std::vector<ChaosRuns> read_recipes(const std::vector<std::string>& files) {
  std::vector<ChaosRuns> recipes;
  for (const auto& file : files) {
    auto plan = read_fault_plan(file);
    if (!plan) refuse(plan.error().message);
    recipes.push_back({file, std::move(*plan), {}});
  }
  return recipes;
}

class ChaosProgress {
 public:
  explicit ChaosProgress(std::size_t runs) : runs_(runs) {}

  double elapsed_s() const { return line_.elapsed_s(); }
  void add(const ChaosOutcome& outcome, std::size_t done) {
    hours_ += seconds(outcome.virtual_time) / 3600;
    broken_ += outcome.broken.has_value();
    if (!line_.due()) return;
    const double elapsed = line_.elapsed_s();
    line_.show(fmt::format(
        "{}/{} runs, {} broken  {:.2f} virtual hours a second  {:.0f} s left", done, runs_, broken_,
        hours_ / elapsed, elapsed / static_cast<double>(done) * static_cast<double>(runs_ - done)));
  }
  void clear() const { line_.clear(); }

 private:
  std::size_t runs_;
  ProgressLine line_;
  double hours_ = 0;
  int broken_ = 0;
};

/// Replays one seed with its log.
void replay_logged(const ChaosArguments& a, ChaosRuns& recipe) {
  ChaosOutcome outcome = run_chaos(recipe.plan, *a.seed, true);
  if (const auto status = write_file_atomically(a.log, outcome.log); !status)
    refuse(status.error().message);
  fmt::print(stderr, "{}: {} lines\n", a.log,
             std::count(outcome.log.begin(), outcome.log.end(), '\n'));
  recipe.outcomes.push_back(std::move(outcome));
}

void run_shrink(const ChaosArguments& a, const ChaosRuns& recipe) {
  const auto shrunk = shrink_plan(recipe.plan, *a.seed, [](std::size_t faults, int runs) {
    fmt::print(stderr, "faults left: {}, after {} runs\n", faults, runs);
  });
  if (!shrunk) {
    fmt::print(stderr, "{}: seed {} breaks no invariant: there is nothing to shrink\n", recipe.file,
               *a.seed);
    return;
  }
  const Violation& broken = *shrunk->outcome.broken;
  const std::string text = fmt::format("# Seed {}: invariant {} broken at {:.3f} s: {}\n", *a.seed,
                                       broken.invariant, seconds(broken.at), broken.detail) +
                           fault_plan_yaml(shrunk->plan);
  if (a.out.empty()) {
    fmt::print("{}", text);
    throw Failed{};
  }
  if (const auto status = write_file_atomically(a.out, text); !status)
    refuse(status.error().message);
  for (const auto& fault : shrunk->plan.faults) fmt::print("{}\n", describe(fault));
  fmt::print(stderr, "{}", chaos_failure(a.out, shrunk->outcome));
  throw Failed{};
}

void run_seeds(const ChaosArguments& a, std::vector<ChaosRuns>& recipes, ChaosProgress& progress) {
  ChaosSeeds seeds{a.seed.value_or(a.first_seed), a.seed ? 1 : a.seeds, a.threads};
  if (seeds.threads == 0)
    seeds.threads = static_cast<int>(std::max(1u, std::thread::hardware_concurrency()));
  std::vector<FaultPlan> plans;
  for (const auto& recipe : recipes) plans.push_back(recipe.plan);
  note_interrupts();
  auto outcomes = run_chaos_seeds(plans, seeds,
                                  [&](std::size_t, const ChaosOutcome& outcome, std::size_t done) {
                                    progress.add(outcome, done);
                                    return !interrupted();
                                  });
  progress.clear();
  if (interrupted()) fmt::print(stderr, "interrupted: what follows is of the runs that ended\n");
  for (std::size_t i = 0; i < recipes.size(); ++i) recipes[i].outcomes = std::move(outcomes[i]);
}

void run_chaos_command(const ChaosArguments& a) {
  check(a);
  std::vector<ChaosRuns> recipes = read_recipes(a.files);
  if (a.shrink) return run_shrink(a, recipes.front());
  ChaosProgress progress(recipes.size() * static_cast<std::size_t>(a.seed ? 1 : a.seeds));
  if (!a.log.empty()) {
    replay_logged(a, recipes.front());
  } else {
    run_seeds(a, recipes, progress);
  }
  const double elapsed_s = progress.elapsed_s();
  if (a.output == "json") {
    fmt::print("{}\n", chaos_json(recipes, elapsed_s).dump(2));
  } else {
    fmt::print("{}", chaos_table(recipes));
  }
  fmt::print(stderr, "{}\n", chaos_rate(recipes, elapsed_s));
  bool failed = false;
  for (const auto& recipe : recipes) {
    for (const auto& outcome : recipe.outcomes) {
      if (!outcome.broken) continue;
      if (!failed) fmt::print(stderr, "\n");
      failed = true;
      fmt::print(stderr, "{}", chaos_failure(recipe.file, outcome));
    }
  }
  if (failed) throw Failed{};
  if (interrupted()) throw Failed{kInterrupted};
}

}  // namespace

void add_chaos_command(CLI::App& app) {
  auto arguments = std::make_shared<ChaosArguments>();
  ChaosArguments& a = *arguments;
  CLI::App* chaos = app.add_subcommand(
      "chaos", "Break a simulated fleet as a file says, and check what must hold all the same");
  chaos->add_option("--faults", a.files, "Files of faults (kind: FaultPlan), comma separated")
      ->delimiter(',')
      ->required();
  chaos->add_option("--seeds", a.seeds, "Runs of each file, a seed each")
      ->check(CLI::Range(1, 1'000'000))
      ->capture_default_str();
  chaos->add_option("--first-seed", a.first_seed, "The first of them")->capture_default_str();
  chaos->add_option("--seed", a.seed, "Only this one")->check(negative_seed);
  chaos->add_option("--log", a.log, "With --seed: write every event of the run to this file");
  chaos->add_flag("--shrink", a.shrink,
                  "With --seed: remove faults while the same invariant still breaks");
  chaos->add_option("--out", a.out,
                    "Where the shrunk file of faults goes, instead of standard output");
  chaos->add_option("--threads", a.threads, "Runs at a time; 0: one a core. Outcomes are the same")
      ->check(CLI::Range(0, 256))
      ->capture_default_str();
  add_output_option(*chaos, a.output);
  chaos->footer(
      "Exits with 1 when an invariant broke. docs/testing.md says what is checked.\n"
      "Examples:\n"
      "  starling-lab chaos --faults tests/faults/storm.yaml --seeds 1000\n"
      "  starling-lab chaos --faults tests/faults/storm.yaml,tests/faults/scarce.yaml -o json\n"
      "  starling-lab chaos --faults tests/faults/storm.yaml --seed 17 --log seed-17.log\n"
      "  starling-lab chaos --faults tests/faults/storm.yaml --seed 17 --shrink --out "
      "small.yaml\n");
  chaos->callback([arguments] { run_chaos_command(*arguments); });
}

}  // namespace starling::lab
