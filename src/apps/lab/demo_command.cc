// starling-lab demo: a local fleet of three clouds serves a day's traffic, and loses a node
// half-way.
#include <signal.h>
#include <unistd.h>

#include <cstdio>
#include <future>
#include <thread>

#include "apps/agent/config.h"
#include "apps/cli/demand_chart.h"
#include "apps/cli/explanation.h"
#include "apps/cli/shadow_report.h"
#include "apps/cli/up.h"
#include "apps/cli/views.h"
#include "apps/lab/commands.h"
#include "apps/lab/demo_report.h"
#include "apps/lab/demo_traffic.h"
#include "apps/lab/demo_watch.h"
#include "apps/lab/drive_payload.h"
#include "apps/lab/long_run.h"
#include "apps/lab/refusal.h"
#include "apps/lab/seed_option.h"
#include "base/units.h"
#include "forecast/net/net_forecaster.h"
#include "trace/read.h"

namespace starling::lab {
namespace {

using Json = nlohmann::json;

struct DemoArguments {
  std::string trace;
  std::string data = ".starling/demo";
  std::string models;
  std::string duration = "200s";
  std::uint64_t seed = 7;
  bool headless = false;
};

/// A day passes in minutes, so the fleet decides, holds and learns faster than it would by default:
/// how often it decides, how much of the usual time it keeps what it has before scaling down, how
/// often networks adapt.
constexpr Duration kDecisionInterval = 1s;
constexpr double kHoldScale = 0.3;
constexpr Duration kAdaptInterval = 20s;

/// Once Ctrl-C was pressed, ends the demo; the fleet ends with its owner.
void stop_if_interrupted() {
  if (interrupted())
    throw Failed{kInterrupted, "interrupted: the fleet is stopped, there is nothing to report"};
}

void say(const std::string& text) {
  fmt::print("{}\n", text);
  std::fflush(stdout);
}

/// Waits for a ready replica of each model, then makes a request body from its metadata.
void prepare_bodies(std::vector<DriveModel>& models, const cli::Fleet& fleet, std::uint64_t seed) {
  const auto deadline = std::chrono::steady_clock::now() + 60s;
  for (auto& model : models) {
    while (true) {
      const auto metadata = call_agent({fleet.nodes[0].gateway, ""}, "GET",
                                       "/v2/models/" + model.name, std::nullopt, 5s);
      if (metadata) {
        model.body = value_or_fail(random_payload(*metadata, Rng(seed)));
        break;
      }
      stop_if_interrupted();
      if (std::chrono::steady_clock::now() > deadline) {
        refuse(fmt::format("model {} is not ready after 60 s: {}", model.name,
                           metadata.error().message));
      }
      std::this_thread::sleep_for(200ms);
    }
  }
}

/// " (forecast 12..18, covered 91 %)" of a model in /v1/status: its median and 0.9 quantile over
/// the lead time, and how often the 0.9 quantile covered of late; empty without a forecast.
std::string forecast_text(const Json& model) {
  const Json& f = model.at("forecast");
  if (f.is_null()) return "";
  const Json& coverage = f.at("coverage_90");
  return fmt::format(
      " (forecast {:.0f}..{:.0f}{})", f.at("p50").get<double>(), f.at("p90").get<double>(),
      coverage.is_number() ? fmt::format(", covered {:.0f} %", 100 * coverage.get<double>()) : "");
}

/// One screen, or one line where there is none.
void show(const FleetWatch& watch, cli::DemandChart& chart, double passed_s, double whole_s,
          const std::string& news, bool screen) {
  const Json status = watch.status();
  if (status.is_null()) return;
  std::string line =
      fmt::format("Starling demo  {:3.0f} of {:.0f} s   {}", passed_s, whole_s, news);
  if (screen) {
    chart.add(status);
    fmt::print("\033[H\033[2J{}\n\n{}{}", line, cli::status_screen(status), chart.text());
  } else {
    for (const auto& m : status["models"]) {
      const auto& p99 = m["latency_ms"]["p99"];
      line += fmt::format(" | {} {:.0f} req/s{}, {} of {} replicas, p99 {}",
                          m["name"].get<std::string>(), m["arrival_rate"].get<double>(),
                          forecast_text(m), m["ready"].get<int>(),
                          m["desired"].is_null() ? 0 : m["desired"].get<int>(),
                          p99.is_null() ? "-" : fmt::format("{:.0f} ms", p99.get<double>()));
    }
    fmt::print("{}\n", line);
  }
  std::fflush(stdout);
}

/// Kills a node with all that runs on it, once half of the time has passed: one that owns a model
/// and runs replicas. Scaling may yet bring such a node about where there is none; after an eighth
/// of the time more another has to do. Gives what to say of it, or nothing when it is not time yet.
std::string kill_node_half_way(FleetWatch& watch, const cli::Fleet& fleet, double passed_s,
                               double whole_s) {
  if (passed_s < whole_s / 2) return "";
  const auto victim = choose_victim(watch.status());
  if (!victim || (!victim->owns_and_runs() && passed_s < whole_s * 5 / 8)) return "";
  for (const auto& node : fleet.nodes) {
    if (node.name != victim->node) continue;
    watch.lost(*victim);
    ::kill(node.pid, SIGKILL);
  }
  return fmt::format("node {} KILLED at {:.0f} s: {}", victim->node, passed_s, text_of(*victim));
}

/// Drives the traffic; half-way kills a node. The fleet is watched all the while.
void run_traffic(DemoOutcome& outcome, const cli::LocalFleet& local, FleetWatch& watch,
                 const DemoArguments& arguments, Duration length) {
  DriveOptions options;
  for (const auto& node : local.fleet().nodes) options.gateways.push_back("http://" + node.gateway);
  options.duration = length;
  options.seed = arguments.seed;
  options.quiet = true;
  auto driving =
      std::async(std::launch::async, [&] { return drive(outcome.driven, options, interrupted); });
  const bool screen = !arguments.headless && ::isatty(STDOUT_FILENO) != 0;
  const auto begin = std::chrono::steady_clock::now();
  cli::DemandChart chart;
  std::string news;
  constexpr double kNever = -1e9;
  double shown_s = kNever;
  while (driving.wait_for(std::chrono::milliseconds(100)) != std::future_status::ready) {
    const double passed_s =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    if (news.empty()) {
      news = kill_node_half_way(watch, local.fleet(), passed_s, seconds(length));
      if (!news.empty()) shown_s = kNever;
    }
    if (passed_s - shown_s >= (screen ? 1 : 10)) {
      show(watch, chart, passed_s, seconds(length), news, screen);
      shown_s = passed_s;
    }
  }
  outcome.drive = value_or_fail(driving.get());
}

/// Half of the traffic may be less than slow cold starts take. Without traffic fewer replicas are
/// wished for, so that a recovery which is still under way shows before long.
void await_recovery(const FleetWatch& watch) {
  constexpr auto kPatience = std::chrono::seconds(60);
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  while (!watch.loss().victim.node.empty() && !watch.loss().replicas_s && !interrupted() &&
         std::chrono::steady_clock::now() < deadline) {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
}

/// Service times as the owners last measured them; an owner that has not decided has none.
std::map<std::string, ServiceTime> measured_services(const cli::Fleet& fleet,
                                                     const std::vector<ModelSpec>& specs) {
  std::map<std::string, ServiceTime> services;
  for (const auto& spec : specs) {
    const auto explained = fleet.call("GET", "/v1/models/" + spec.name + "/explain");
    if (!explained) continue;
    const Json& o = explained->at("decision").at("observation");
    services[spec.name] = {o.at("occupied_s").get<double>(), o.at("service_scv").get<double>()};
  }
  return services;
}

/// What the living owners decided since the traffic began, beside what shadows would have.
std::string shadows_summary(const cli::Fleet& fleet, double elapsed_s) {
  const auto now = std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now());
  const auto since = TimePoint{now.time_since_epoch()} - from_seconds(elapsed_s);
  const auto shadows = cli::shadow_report(fleet, "", since);
  if (!shadows) return "No report of the shadows: " + shadows.error().message + "\n";
  return "What policies in shadow would have done, as `starling shadow report` tells it (without "
         "what the\nlost node had decided):\n" +
         cli::shadow_table(*shadows, "no policy ran in shadow");
}

void report(const DemoOutcome& outcome, const cli::Fleet& fleet) {
  say("\nWhat the fleet did, live:\n" + models_summary(outcome));
  say(loss_summary(outcome.loss));
  if (outcome.services.size() == outcome.specs.size()) {
    const auto forecaster = value_or_fail(NetForecaster::load(agent::default_forecaster()));
    say("The same requests in simulation, with the service times and cold starts that the fleet "
        "measured, and no node lost.\n"
        "(The day is squeezed into minutes; hpa keeps its own 15 s and 300 s windows, as it "
        "would.)\n" +
        value_or_fail(simulated_summary(outcome, *forecaster)));
  } else {
    say("No simulation: not every model's owner could tell the service times.\n");
  }
  say(shadows_summary(fleet, outcome.drive.elapsed_s));
  const auto& name = outcome.specs.front().name;
  const auto explained = fleet.call("GET", "/v1/models/" + name + "/explain");
  if (explained)
    say("One decision, as `starling explain " + name + "` tells it:\n\n" +
        cli::explanation_text(*explained));
}

cli::UpOptions fleet_options(const DemoArguments& arguments) {
  cli::UpOptions up;
  up.data = arguments.data;
  up.fleet = "demo";
  up.decision_interval = kDecisionInterval;
  up.hold_scale = kHoldScale;
  up.adapt_interval = kAdaptInterval;
  return up;
}

/// However the demo ends, its agents are asked to end, which lets them clear up after themselves.
struct StopAtEnd {
  cli::LocalFleet& fleet;
  ~StopAtEnd() { fleet.stop(); }
};

/// Deploys the models. When it returns every one has a ready replica and its request body.
void deploy(cli::LocalFleet& local, DemoOutcome& outcome, std::uint64_t seed) {
  const Status settled = local.wait_until_settled(60s, interrupted);
  stop_if_interrupted();
  ok_or_fail(settled);
  for (const auto& spec : outcome.specs)
    value_or_fail(local.fleet().call("PUT", "/v1/models/" + spec.name, to_json(spec)));
  say("Models applied; waiting for their first replicas ...");
  prepare_bodies(outcome.driven, local.fleet(), seed);
}

void run_demo(const DemoArguments& arguments) {
  const Duration length = value_or_fail(parse_duration(arguments.duration));
  if (length < 30s)
    refuse(fmt::format("--duration '{}': expected at least 30s, or nothing can be seen",
                       arguments.duration));
  note_interrupts();

  DemoOutcome outcome;
  outcome.decision_interval = kDecisionInterval;
  const std::filesystem::path models = arguments.models.empty()
                                           ? agent::default_forecaster().parent_path()
                                           : std::filesystem::path(arguments.models);
  for (const auto& driven : kDriven) {
    const auto file = models / (std::string(driven.name) + ".yaml");
    outcome.specs.push_back(value_or_fail(read_model_file(file.string())).front());
  }
  const auto trace = arguments.trace.empty() ? synthetic_day(arguments.seed)
                                             : value_or_fail(read_trace(arguments.trace));
  outcome.driven = value_or_fail(plan_traffic(trace, outcome.specs, length));

  say("Starting three agents in three clouds, none of them special ...");
  auto local = value_or_fail(cli::LocalFleet::start(fleet_options(arguments)));
  const StopAtEnd stop{local};
  deploy(local, outcome, arguments.seed);
  say(fmt::format(
      "Driving {} in {}; half-way a node that owns a model and runs replicas is killed.",
      arguments.trace.empty() ? "a synthetic day" : arguments.trace, format_duration(length)));
  FleetWatch watch(local.fleet());
  run_traffic(outcome, local, watch, arguments, length);
  outcome.accounts = watch.accounts();
  await_recovery(watch);
  stop_if_interrupted();
  outcome.loss = watch.loss();
  outcome.services = measured_services(local.fleet(), outcome.specs);
  report(outcome, local.fleet());

  const Verdict verdict = judge(outcome);
  for (const auto& failure : verdict.failures) fmt::print(stderr, "not survived: {}\n", failure);
  if (!verdict.survived()) throw Failed{};
  say(fmt::format("The fleet survived: {:.3f} % of the requests failed.  History and logs: {}",
                  100 * verdict.failed_share, arguments.data));
}

}  // namespace

void add_demo_command(CLI::App& app) {
  auto* command = app.add_subcommand(
      "demo", "A local fleet serves a day's traffic in minutes, and loses a node half-way");
  auto arguments = std::make_shared<DemoArguments>();
  command->add_option("--trace", arguments->trace,
                      "A trace of your own instead of the synthetic day");
  command->add_option("--duration", arguments->duration, "How long to drive traffic")
      ->capture_default_str();
  command->add_option("--data", arguments->data, "Directory for the fleet")->capture_default_str();
  command->add_option("--models", arguments->models,
                      "Folder of digits.yaml and tones.yaml (default: the shipped ones)");
  command->add_option("--seed", arguments->seed, "Of the synthetic day and of the arrivals")
      ->check(negative_seed)
      ->capture_default_str();
  command->add_flag("--headless", arguments->headless, "Lines instead of a live screen");
  command->footer(
      "Examples:\n  starling-lab demo\n  starling-lab demo --trace mine.csv --duration 5m "
      "--headless\n");
  command->callback([arguments] { run_demo(*arguments); });
}

}  // namespace starling::lab
