// starling-lab scale: what grows with the fleet, measured on the agents' own code.
#include <fmt/format.h>

#include <memory>

#include "apps/lab/commands.h"
#include "apps/lab/fleet_commands.h"
#include "apps/lab/long_run.h"
#include "apps/lab/output_option.h"
#include "apps/lab/refusal.h"
#include "apps/lab/scale_report.h"
#include "apps/lab/seed_option.h"
#include "apps/lab/study_output.h"
#include "base/file.h"

namespace starling::lab {
namespace {

struct ScaleArguments {
  std::vector<int> nodes{10, 100, 1000};
  ScaleSetup setup;
  std::string report;
  std::string output = "table";
};

class ScaleProgress {
 public:
  explicit ScaleProgress(int nodes) : nodes_(nodes) {}
  bool operator()(Duration passed, Duration whole) {
    if (line_.due()) {
      line_.show(fmt::format("{} nodes: {:.0f} of {:.0f} virtual seconds", nodes_, seconds(passed),
                             seconds(whole)));
    }
    if (passed >= whole) line_.clear();
    return !interrupted();
  }

 private:
  int nodes_;
  ProgressLine line_;
};

void run_scale_command(const ScaleArguments& a) {
  if (!a.report.empty()) {
    if (const auto status = check_writable(a.report); !status) refuse(status.error().message);
  }
  note_interrupts();
  std::vector<ScaleOutcome> outcomes;
  for (const int nodes : a.nodes) {
    ScaleSetup setup = a.setup;
    setup.nodes = nodes;
    ScaleProgress progress(nodes);
    const auto outcome = run_scale(setup, std::ref(progress));
    if (!outcome) {
      fmt::print(stderr, "\ninterrupted: what follows is of the fleets that were measured\n");
      break;
    }
    outcomes.push_back(*outcome);
  }
  print_found(a.output, outcomes, scale_json, scale_table);
  if (!a.report.empty()) {
    const auto html = scale_page(outcomes).html();
    if (!html) refuse(html.error().message);
    if (const auto status = write_file_atomically(a.report, *html); !status)
      refuse(status.error().message);
  }
  if (interrupted()) throw Failed{kInterrupted};
}

}  // namespace

void add_scale_command(CLI::App& app) {
  auto arguments = std::make_shared<ScaleArguments>();
  ScaleArguments& a = *arguments;
  CLI::App* scale = app.add_subcommand(
      "scale", "Measure what grows with the fleet: decisions, traffic, recovery, memory");
  scale->add_option("--nodes", a.nodes, "Sizes of fleets, comma separated")
      ->delimiter(',')
      ->check(CLI::Range(3, 20'000))
      ->capture_default_str();
  scale->add_option("--models", a.setup.models_per_node, "Models a node")
      ->check(CLI::Range(1, 100))
      ->capture_default_str();
  scale
      ->add_option("--agents", a.setup.agents,
                   "Nodes that run the agent in full, the others are stand-ins; 0: all up to 30 "
                   "nodes, then 8, from 5000 on 3")
      ->check(CLI::Range(0, 1000))
      ->capture_default_str();
  scale
      ->add_option("--changes", a.setup.changes_per_hour,
                   "Replicas of stand-ins that start or stop, for each model and hour")
      ->check(CLI::Range(0.0, 3600.0))
      ->capture_default_str();
  scale->add_option("--seed", a.setup.seed, "Of all chances")
      ->check(negative_seed)
      ->capture_default_str();
  scale->add_option("--report", a.report, "Also write a page with the curves to this file");
  add_output_option(*scale, a.output);
  scale->footer(
      "CPU times are of this machine; the rest follows from the seed. docs/testing.md says what is "
      "measured\nand what stand-ins leave out.\n"
      "Examples:\n"
      "  starling-lab scale --nodes 10,100,1000 --report scale.html\n"
      "  starling-lab scale --nodes 10000 -o json\n");
  scale->callback([arguments] { run_scale_command(*arguments); });
}

}  // namespace starling::lab
