// starling up: a local fleet in the foreground.
#include <signal.h>

#include <cstdio>

#include "apps/cli/commands.h"
#include "apps/cli/up.h"
#include "base/counted.h"
#include "base/units.h"

namespace starling::cli {
namespace {

struct UpArguments {
  UpOptions options;
  std::string cpu = "2", memory = "4Gi", interval = "2s", adapt = "60s", idle = "1m";
};

template <typename T>
T parsed(Result<T> result, const char* option) {
  if (!result) stop_usage(fmt::format("{}: {}", option, result.error().message));
  return *result;
}

void run_up(UpArguments& arguments) {
  UpOptions& options = arguments.options;
  if (options.data.empty())
    stop_usage("--data (STARLING_FLEET): is empty: name a directory, such as .starling");
  options.cpu_millis = parsed(parse_cpu_millis(arguments.cpu), "--cpu");
  options.memory_bytes = parsed(parse_memory_bytes(arguments.memory), "--memory");
  options.decision_interval = parsed(parse_duration(arguments.interval), "--interval");
  if (options.decision_interval < 1s) stop_usage("--interval: must be at least 1s");
  options.adapt_interval = parsed(parse_duration(arguments.adapt), "--adapt-every");
  options.elastic_idle = parsed(parse_duration(arguments.idle), "--elastic-idle");
  // Waited for below with a time-out, never handled.
  sigset_t ending;
  sigemptyset(&ending);
  sigaddset(&ending, SIGINT);
  sigaddset(&ending, SIGTERM);
  ::pthread_sigmask(SIG_BLOCK, &ending, nullptr);

  const auto stopped = [&ending] {
    const timespec at_once{0, 0};
    return ::sigtimedwait(&ending, nullptr, &at_once) > 0;
  };
  fmt::print(stderr, "starting {} in {} ...\n", counted(options.nodes, "agent"),
             std::filesystem::absolute(options.data).string());
  auto fleet = LocalFleet::start(options);
  if (!fleet) stop_with(fleet.error());
  if (auto status = fleet->wait_until_settled(60s, stopped); !status) {
    fleet->stop();
    stop_with(status.error());
  }
  for (const auto& node : fleet->fleet().nodes) {
    fmt::print("node {:<9} cloud {:<6} API http://{}  models at http://{}/v2/models/NAME/infer\n",
               node.name, node.cloud, node.api, node.gateway);
  }
  const std::string flag = options.data == ".starling" ? "" : " --fleet " + options.data;
  fmt::print(
      "The fleet is up. In another terminal:\n  starling apply -f models/digits.yaml{}\n  starling "
      "status --watch{}\nCtrl-C stops it all.\n",
      flag, flag);
  std::fflush(stdout);
  while (true) {
    const timespec second{1, 0};
    if (::sigtimedwait(&ending, nullptr, &second) > 0) break;
    for (const auto& name : fleet->ended())
      fmt::print(stderr, "agent {} ended; the others carry on\n", name);
  }
  fmt::print(stderr, "\nstopping ...\n");
  fleet->stop();
  fmt::print(stderr, "stopped: nothing is left running; history and logs stay in {}\n",
             options.data);
}

}  // namespace

void add_up_command(CLI::App& app) {
  auto* command = app.add_subcommand("up", "Start a local fleet in the foreground");
  auto arguments = std::make_shared<UpArguments>();
  auto& o = arguments->options;
  command->add_option("--nodes", o.nodes, "How many agents, dealt to three clouds")
      ->check(CLI::Range(1, 30))
      ->capture_default_str();
  command->add_option("--data", o.data, "Directory for everything the fleet keeps")
      ->envname("STARLING_FLEET")
      ->capture_default_str();
  command->add_option("--cpu", arguments->cpu, "CPU that each node offers")->capture_default_str();
  command->add_option("--memory", arguments->memory, "Memory that each node offers")
      ->capture_default_str();
  command
      ->add_option("--elastic", o.elastic,
                   "Start up to so many agents more when demand needs them, and end them after it")
      ->check(CLI::Range(0, 30))
      ->capture_default_str();
  command
      ->add_option("--elastic-idle", arguments->idle,
                   "How long such an agent is kept when it is not needed")
      ->capture_default_str();
  command->add_option("--interval", arguments->interval, "Between decisions")
      ->capture_default_str();
  command
      ->add_option("--hold-scale", o.hold_scale,
                   "Shortens (below 1) how long capacity is held after a peak")
      ->check(CLI::Range(0.01, 100.0))
      ->capture_default_str();
  command->add_option("--adapt-every", arguments->adapt, "How often each model's forecaster adapts")
      ->capture_default_str();
  command->add_option("--forecaster", o.forecaster,
                      "Meta-learned weights (default: the shipped ones)");
  command->add_option("--nats", o.nats_url,
                      "An existing NATS with JetStream instead of the agents' own servers");
  command->add_option("--nats-user", o.nats_user, "User for --nats");
  command->add_option("--nats-password", o.nats_password, "Password for --nats")
      ->envname("STARLING_NATS_PASSWORD");
  command->add_option("--log-level", o.log_level, "trace, debug, info, warn, error or off")
      ->capture_default_str();
  command->footer(
      "Examples:\n  starling up\n  starling up --nodes 5 --data /var/tmp/fleet --cpu 4 --memory "
      "8Gi\n  starling up --nodes 1 --elastic 2\n");
  command->callback([arguments] { run_up(*arguments); });
}

}  // namespace starling::cli
