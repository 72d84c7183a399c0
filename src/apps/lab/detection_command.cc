// starling-lab detection: false deaths and the time until true ones are noticed, on a bad network.
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <thread>

#include "apps/lab/commands.h"
#include "apps/lab/fleet_commands.h"
#include "apps/lab/long_run.h"
#include "apps/lab/output_option.h"
#include "apps/lab/refusal.h"
#include "apps/lab/study_output.h"
#include "base/nearest_rank.h"
#include "base/table.h"
#include "base/units.h"
#include "sim/detection.h"

namespace starling::lab {
namespace {

using Json = nlohmann::json;

struct DetectionArguments {
  std::vector<int> nodes{6, 30};
  int seeds = 4;
  std::uint64_t first_seed = 1;
  std::string length = "1h";
  double loss = 0.05;
  std::string jitter = "200ms";
  std::string crash_every = "60s";
  int threads = 0;
  std::string output = "table";
};

Duration duration_of(const char* option, const std::string& text) {
  const auto value = parse_duration(text);
  if (!value) refuse(fmt::format("{}: {}", option, value.error().message));
  return *value;
}

/// One row of the table: a detector in fleets of a size, over the seeds.
struct DetectionRow {
  std::string detector;
  DetectionSetup setup;
  std::vector<DetectionOutcome> outcomes;
};

std::vector<DetectionRow> rows_of(const DetectionArguments& a) {
  DetectionSetup setup;
  setup.span = duration_of("--length", a.length);
  setup.network.loss = a.loss;
  setup.network.delay_max = std::max(setup.network.delay_min, duration_of("--jitter", a.jitter));
  setup.crash_every = duration_of("--crash-every", a.crash_every);
  if (setup.crash_every > 0s && setup.crash_every < setup.down_for + 15s)
    refuse("--crash-every: expected at least 30s, as a node stays down for 15s, or 0s for none");
  std::vector<DetectionRow> rows;
  for (const int nodes : a.nodes) {
    setup.nodes = nodes;
    setup.detector = {};
    rows.push_back({"adaptive", setup, {}});
    setup.detector = fixed_thresholds();
    rows.push_back({"fixed", setup, {}});
  }
  return rows;
}

/// Virtual time of all runs together.
class DetectionProgress {
 public:
  explicit DetectionProgress(Duration whole) : whole_(whole) {}
  bool add(Duration passed) {
    const std::lock_guard lock(mutex_);
    done_ += passed;
    if (!line_.due()) return !interrupted();
    const double share = seconds(done_) / seconds(whole_);
    line_.show(fmt::format("{:.0f} % of {:.1f} virtual hours, {:.0f} s left", 100 * share,
                           seconds(whole_) / 3600,
                           line_.elapsed_s() / std::max(1e-6, share) * (1 - share)));
    return !interrupted();
  }
  void clear() const { line_.clear(); }

 private:
  Duration whole_, done_{};
  std::mutex mutex_;
  ProgressLine line_;
};

void run_rows(const DetectionArguments& a, std::vector<DetectionRow>& rows) {
  const auto seeds = static_cast<std::size_t>(a.seeds);
  for (auto& row : rows) row.outcomes.resize(seeds);
  DetectionProgress progress(rows.front().setup.span * static_cast<int>(rows.size() * seeds));
  note_interrupts();
  std::atomic<std::size_t> next = 0;
  const auto work = [&] {
    for (std::size_t i = next++; i < rows.size() * seeds && !interrupted(); i = next++) {
      DetectionRow& row = rows[i / seeds];
      Duration told{};
      row.outcomes[i % seeds] =
          run_detection(row.setup, a.first_seed + i % seeds, [&](Duration passed) {
            if (passed - told < 1s) return !interrupted();
            const Duration more = passed - told;
            told = passed;
            return progress.add(more);
          });
    }
  };
  const int threads = a.threads > 0
                          ? a.threads
                          : static_cast<int>(std::max(1u, std::thread::hardware_concurrency()));
  std::vector<std::thread> others;
  for (int i = 1; i < threads; ++i) others.emplace_back(work);
  work();
  for (auto& other : others) other.join();
  progress.clear();
}

/// All seeds of a row together.
struct Summary {
  double hours = 0;
  int false_deaths = 0;
  int crashes = 0;
  int undetected = 0;
  std::vector<double> detection_s;
};

Summary summary_of(const DetectionRow& row) {
  Summary s;
  for (const auto& outcome : row.outcomes) {
    s.hours += seconds(outcome.span) / 3600;
    s.false_deaths += outcome.false_deaths;
    s.crashes += outcome.crashes;
    s.undetected += outcome.undetected;
    s.detection_s.insert(s.detection_s.end(), outcome.detection_s.begin(),
                         outcome.detection_s.end());
  }
  return s;
}

std::string table_of(const std::vector<DetectionRow>& rows) {
  Table table({">NODES", "DETECTOR", ">VIRTUAL H", ">FALSE DEATHS", ">CRASHES", ">P50", ">P99",
               ">MAX", ">UNNOTICED"});
  for (const auto& row : rows) {
    const Summary s = summary_of(row);
    const auto time = [&](double q) {
      return s.detection_s.empty() ? "-" : fmt::format("{:.2f}s", nearest_rank(s.detection_s, q));
    };
    table.add({std::to_string(row.setup.nodes), row.detector, fmt::format("{:.2f}", s.hours),
               std::to_string(s.false_deaths), std::to_string(s.crashes), time(0.5), time(0.99),
               time(1), std::to_string(s.undetected)});
  }
  return table.text();
}

Json json_of(const std::vector<DetectionRow>& rows) {
  Json list = Json::array();
  for (const auto& row : rows) {
    const Summary s = summary_of(row);
    Json seeds = Json::array();
    for (const auto& outcome : row.outcomes) {
      seeds.push_back({{"seed", outcome.seed},
                       {"false_deaths", outcome.false_deaths},
                       {"crashes", outcome.crashes},
                       {"undetected", outcome.undetected}});
    }
    list.push_back({{"nodes", row.setup.nodes},
                    {"detector", row.detector},
                    {"loss", row.setup.network.loss},
                    {"jitter_s", seconds(row.setup.network.delay_max)},
                    {"virtual_hours", s.hours},
                    {"false_deaths", s.false_deaths},
                    {"crashes", s.crashes},
                    {"detections", s.detection_s.size()},
                    {"undetected", s.undetected},
                    {"detection_p50_s", nearest_rank(s.detection_s, 0.5)},
                    {"detection_p99_s", nearest_rank(s.detection_s, 0.99)},
                    {"detection_max_s", nearest_rank(s.detection_s, 1)},
                    {"seeds", seeds}});
  }
  return {{"rows", list}};
}

void run_detection_command(const DetectionArguments& a) {
  auto rows = rows_of(a);
  run_rows(a, rows);
  end_with(a.output, "time that was run", rows, json_of, table_of);
}

}  // namespace

void add_detection_command(CLI::App& app) {
  auto arguments = std::make_shared<DetectionArguments>();
  DetectionArguments& a = *arguments;
  CLI::App* detection = app.add_subcommand(
      "detection", "Count false deaths and time true ones, in a simulated fleet on a bad network");
  detection->add_option("--nodes", a.nodes, "Sizes of fleets, comma separated")
      ->delimiter(',')
      ->check(CLI::Range(2, 1000))
      ->capture_default_str();
  detection->add_option("--seeds", a.seeds, "Runs of each")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  detection->add_option("--first-seed", a.first_seed, "The first of them")->capture_default_str();
  detection->add_option("--length", a.length, "Virtual time of a run")->capture_default_str();
  detection->add_option("--loss", a.loss, "Share of messages that never arrive")
      ->check(CLI::Range(0.0, 0.9))
      ->capture_default_str();
  detection->add_option("--jitter", a.jitter, "Messages take up to so long, each its own time")
      ->capture_default_str();
  detection
      ->add_option("--crash-every", a.crash_every,
                   "A node crashes so often, and is back 15 s later; 0s: never")
      ->capture_default_str();
  detection
      ->add_option("--threads", a.threads, "Runs at a time; 0: one a core. Outcomes are the same")
      ->check(CLI::Range(0, 256))
      ->capture_default_str();
  add_output_option(*detection, a.output);
  detection->footer(
      "Beside the detector of the agents (adaptive) the table has fixed thresholds: suspect after "
      "three missed\nheartbeats, dead after four. docs/testing.md says more.\n"
      "Examples:\n"
      "  starling-lab detection\n"
      "  starling-lab detection --nodes 30 --loss 0.1 --jitter 400ms --length 20m -o json\n");
  detection->callback([arguments] { run_detection_command(*arguments); });
}

}  // namespace starling::lab
