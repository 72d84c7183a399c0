// starling-lab demo: a local fleet of three clouds serves a day's traffic, and loses a node
// half-way.
#include <signal.h>
#include <unistd.h>

#include <cstdio>
#include <future>

#include "apps/agent/config.h"
#include "apps/cli/explanation.h"
#include "apps/cli/up.h"
#include "apps/cli/views.h"
#include "apps/lab/commands.h"
#include "apps/lab/demo_report.h"
#include "apps/lab/drive_payload.h"
#include "base/child_process.h"
#include "base/units.h"
#include "forecast/net/net_forecaster.h"
#include "trace/read.h"
#include "trace/synth.h"

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

/// The busiest second of each model, in requests per second: what two cores can serve beside the
/// fleet itself.
constexpr std::pair<const char*, double> kDriven[] = {{"digits", 140}, {"tones", 18}};
constexpr Duration kInterval = 1s;

std::atomic<bool> interrupted{false};

template <typename T>
T value_or_fail(Result<T> result) {
  if (result) return std::move(*result);
  fmt::print(stderr, "starling-lab demo: {}\n", result.error().message);
  throw Failed{};
}

void check(const Status& status) {
  if (status) return;
  fmt::print(stderr, "starling-lab demo: {}\n", status.error().message);
  throw Failed{};
}

void say(const std::string& text) {
  fmt::print("{}\n", text);
  std::fflush(stdout);
}

std::vector<Series> demand(const DemoArguments& arguments) {
  if (!arguments.trace.empty()) return value_or_fail(read_trace(arguments.trace, {}));
  SynthOptions options;
  options.workloads = static_cast<int>(std::size(kDriven));
  options.mean_rate_min = 20;
  options.mean_rate_max = 40;
  options.intermittent_share = 0;
  return synthesize(options, arguments.seed);
}

/// Each model follows one of the trace's workloads, compressed into `length` and scaled to the
/// model's peak.
std::vector<DriveModel> plan(const std::vector<Series>& trace, const std::vector<ModelSpec>& specs,
                             Duration length) {
  std::vector<DriveModel> models;
  for (std::size_t i = 0; i < specs.size(); ++i) {
    const Series& series = trace[i % trace.size()];
    const double speed =
        seconds(series.step) * static_cast<double>(series.size()) / seconds(length);
    RatePlan plan = plan_rates(series, speed, 1);
    auto sorted = plan.rate_per_s;
    std::sort(sorted.begin(), sorted.end());
    const double high =
        sorted[static_cast<std::size_t>(0.98 * static_cast<double>(sorted.size() - 1))];
    if (high <= 0)
      check(fail(ErrorCode::kInvalid,
                 "workload {} of the trace is almost always zero: give a busier one",
                 series.workload));
    for (double& rate : plan.rate_per_s) rate = std::min(rate / high, 1.2) * kDriven[i].second;
    models.push_back({specs[i].name, std::move(plan), "", specs[i].slo.latency});
  }
  return models;
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
      if (interrupted || std::chrono::steady_clock::now() > deadline) {
        check(fail(ErrorCode::kTimeout, "model {} is not ready after 60 s: {}", model.name,
                   metadata.error().message));
      }
      std::this_thread::sleep_for(200ms);
    }
  }
}

void show(const FleetWatch& watch, double passed_s, double whole_s, const std::string& news,
          bool screen) {
  const Json status = watch.status();
  if (status.is_null()) return;
  const std::string head =
      fmt::format("Starling demo  {:3.0f} of {:.0f} s   {}\n", passed_s, whole_s, news);
  if (screen) {
    fmt::print("\033[H\033[2J{}\n{}", head, cli::status_screen(status));
  } else {
    std::string line = head.substr(0, head.size() - 1);
    for (const auto& m : status["models"]) {
      line += fmt::format("| {} {:.0f} req/s{}, {} of {} replicas, p99 {:.0f} ms ",
                          m["name"].get<std::string>(), m["arrival_rate"].get<double>(),
                          forecast_text(m), m["ready"].get<int>(),
                          m["desired"].is_null() ? 0 : m["desired"].get<int>(),
                          m["latency_ms"]["p99"].get<double>());
    }
    fmt::print("{}\n", line);
  }
  std::fflush(stdout);
}

/// The node to lose: the first model's owner.
const cli::FleetNode& victim(const cli::Fleet& fleet, const Json& status) {
  for (const auto& node : fleet.nodes) {
    if (!status["models"].empty() && status["models"][0]["owner"] == node.name) return node;
  }
  return fleet.nodes.back();
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
  std::string news;
  double shown_s = -1e9;
  while (driving.wait_for(std::chrono::milliseconds(100)) != std::future_status::ready) {
    const double passed_s =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    if (news.empty() && passed_s >= seconds(length) / 2) {
      const auto& node = victim(local.fleet(), watch.status());
      watch.lost(node.name);
      ::kill(node.pid, SIGKILL);
      news =
          fmt::format("node {} KILLED at {:.0f} s, with all that ran on it", node.name, passed_s);
      shown_s = -1e9;
    }
    if (passed_s - shown_s >= (screen ? 1 : 10)) {
      show(watch, passed_s, seconds(length), news, screen);
      shown_s = passed_s;
    }
  }
  outcome.drive = value_or_fail(driving.get());
}

void report(const DemoOutcome& outcome, const cli::Fleet& fleet) {
  say("\nWhat the fleet did (predictive policy, live):\n" + models_summary(outcome));
  say(loss_summary(outcome.loss));
  const auto forecaster = value_or_fail(NetForecaster::load(agent::default_forecaster()));
  say("The same requests in simulation, with the service times and cold starts measured above and "
      "no node lost.\n"
      "(The day is squeezed into minutes; hpa keeps its own 15 s and 300 s windows, as it "
      "would.)\n" +
      value_or_fail(simulated_summary(outcome, *forecaster)));
  const auto explained = fleet.call("GET", "/v1/models/" + outcome.specs.front().name + "/explain");
  if (explained)
    say("One decision, as `starling explain " + outcome.specs.front().name + "` tells it:\n\n" +
        cli::explanation_text(*explained));
}

/// Service times as the owners last measured them.
std::map<std::string, ServiceTime> measured_services(const cli::Fleet& fleet,
                                                     const std::vector<ModelSpec>& specs) {
  std::map<std::string, ServiceTime> services;
  for (const auto& spec : specs) {
    const auto explained = fleet.call("GET", "/v1/models/" + spec.name + "/explain");
    if (!explained) continue;
    const Json& o = (*explained)["decision"]["observation"];
    services[spec.name] = {o["occupied_s"].get<double>(), o["service_scv"].get<double>()};
  }
  return services;
}

void run_demo(const DemoArguments& arguments) {
  const Duration length = value_or_fail(parse_duration(arguments.duration));
  if (length < 30s)
    check(fail(ErrorCode::kInvalid, "--duration: at least 30s, or nothing can be seen"));
  struct sigaction action {};
  action.sa_handler = [](int) { interrupted = true; };
  ::sigaction(SIGINT, &action, nullptr);
  ::sigaction(SIGTERM, &action, nullptr);

  DemoOutcome outcome;
  const std::filesystem::path models = arguments.models.empty()
                                           ? agent::default_forecaster().parent_path()
                                           : std::filesystem::path(arguments.models);
  for (const auto& [name, peak] : kDriven) {
    outcome.specs.push_back(
        value_or_fail(read_model_file((models / (std::string(name) + ".yaml")).string())).front());
  }
  outcome.driven = plan(demand(arguments), outcome.specs, length);
  outcome.decision_interval = kInterval;

  cli::UpOptions up;
  up.data = arguments.data;
  up.fleet = "demo";
  up.decision_interval = kInterval;
  up.hold_scale = 0.3;
  up.adapt_interval = 20s;
  say("Starting three agents in three clouds, none of them special ...");
  auto local = value_or_fail(cli::LocalFleet::start(up));
  check(local.wait_until_settled(60s, [] { return interrupted.load(); }));
  for (const auto& spec : outcome.specs)
    value_or_fail(local.fleet().call("PUT", "/v1/models/" + spec.name, to_json(spec)));
  say("Models applied; waiting for their first replicas ...");
  prepare_bodies(outcome.driven, local.fleet(), arguments.seed);
  outcome.replicas_max = 0;
  for (const auto& spec : outcome.specs) outcome.replicas_max += spec.replicas.max;

  FleetWatch watch(local.fleet());
  run_traffic(outcome, local, watch, arguments, length);
  if (interrupted) {
    fmt::print(stderr, "interrupted: the fleet is stopped, there is nothing to report\n");
    throw Failed{130};
  }
  outcome.accounts = watch.accounts();
  outcome.loss = watch.loss();
  outcome.services = measured_services(local.fleet(), outcome.specs);
  report(outcome, local.fleet());
  local.stop();

  const Verdict verdict = judge(outcome);
  for (const auto& failure : verdict.failures) fmt::print(stderr, "not survived: {}\n", failure);
  if (!verdict.failures.empty()) throw Failed{};
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
      ->capture_default_str();
  command->add_flag("--headless", arguments->headless, "Lines instead of a live screen");
  command->footer(
      "Examples:\n  starling-lab demo\n  starling-lab demo --trace mine.csv --duration 5m "
      "--headless\n");
  command->callback([arguments] { run_demo(*arguments); });
}

}  // namespace starling::lab
