// starling node cordon, uncordon and drain: taking nodes out of service and back.
#include <chrono>
#include <cstdio>
#include <thread>

#include "apps/cli/commands.h"
#include "apps/cli/drain.h"
#include "base/units.h"

namespace starling::cli {
namespace {

using Json = nlohmann::json;
using SteadyClock = std::chrono::steady_clock;

constexpr auto kLookEvery = std::chrono::milliseconds(500);

struct NodeOptions {
  Common common;
  std::string node;
  std::string timeout = "5m";
  bool no_wait = false;
};

std::string plain(const std::string& name) {
  return name.rfind("node/", 0) == 0 ? name.substr(5) : name;
}

Json mark(const Fleet& fleet, const std::string& node, const char* scheduling) {
  auto answer = fleet.call("PUT", "/v1/nodes/" + url_encode(node) + "/scheduling",
                           Json{{"scheduling", scheduling}});
  if (!answer) stop_with(answer.error());
  return *answer;
}

/// "node/a cordoned", or that it was before.
void run_mark(const NodeOptions& options, const char* scheduling, const char* done) {
  const Fleet fleet = fleet_of(options.common);
  const std::string node = plain(options.node);
  const Json answer = mark(fleet, node, scheduling);
  if (options.common.output == "json") return fmt::print("{}\n", answer.dump(2));
  const std::string before = answer.value("before", "");
  fmt::print("node/{} {}{}{}\n", node, before == scheduling ? "already " : "", done,
             before == "draining" && before != scheduling ? ", drains no longer" : "");
}

void finish(const NodeOptions& options, const DrainState& drain, const std::string& node) {
  if (options.common.output == "json") {
    fmt::print("{}\n", drain_json(drain, node).dump(2));
  } else if (drain.empty()) {
    fmt::print("node/{} drained\n", node);
  }
}

/// Why it makes no sense to wait on; empty: it does.
std::string broken_off(const DrainState& drain) {
  if (!drain.known) return "the fleet has forgotten it";
  if (drain.state == "dead" || drain.state == "left")
    return fmt::format("it is {}: what it ran is replaced elsewhere", drain.state);
  if (drain.scheduling != "draining")
    return fmt::format("it is {} again: somebody took the drain back", drain.scheduling);
  return "";
}

/// Shows what is left whenever that changes, until nothing is, or until `end`.
void wait_until_empty(const NodeOptions& options, const Fleet& fleet, const std::string& node,
                      std::optional<SteadyClock::time_point> end) {
  std::string said;
  DrainState drain;
  for (;;) {
    const auto status = fleet.call("GET", "/v1/status");
    if (status) {
      drain = drain_state(*status, node);
      if (const auto why = broken_off(drain); !why.empty()) {
        finish(options, drain, node);
        stop_with({ErrorCode::kConflict, fmt::format("the drain of {} broke off: {}", node, why)});
      }
      if (drain.empty()) return finish(options, drain, node);
    }
    const std::string line = status ? drain_line(drain) : status.error().message;
    if (line != said) fmt::print(stderr, "{}: {}\n", node, line);
    said = line;
    if (end && SteadyClock::now() >= *end) break;
    std::this_thread::sleep_for(kLookEvery);
  }
  finish(options, drain, node);
  fmt::print(stderr, "{}", drain_table(drain));
  stop_with({ErrorCode::kTimeout,
             fmt::format("{} is not empty after {}: {}. It goes on draining; wait on with the same "
                         "command, or take it back with: starling node uncordon {}",
                         node, options.timeout, drain_line(drain), node)});
}

void run_drain(const NodeOptions& options) {
  const auto timeout = parse_duration(options.timeout);
  if (!timeout) stop_usage(fmt::format("--timeout: {}", timeout.error().message));
  const Fleet fleet = fleet_of(options.common);
  const std::string node = plain(options.node);
  const Json answer = mark(fleet, node, "draining");
  if (options.no_wait) {
    if (options.common.output == "json") return fmt::print("{}\n", answer.dump(2));
    return fmt::print("node/{} {}draining\n", node,
                      answer.value("before", "") == "draining" ? "already " : "");
  }
  fmt::print(stderr,
             "{} is draining, also when this is interrupted; undo with: starling node "
             "uncordon {}\n",
             node, node);
  std::optional<SteadyClock::time_point> end;
  if (*timeout > 0s) end = SteadyClock::now() + *timeout;
  wait_until_empty(options, fleet, node, end);
}

std::shared_ptr<NodeOptions> add_verb(CLI::App& node, const char* verb, const char* what,
                                      CLI::App*& command) {
  command = node.add_subcommand(verb, what);
  auto options = std::make_shared<NodeOptions>();
  command->add_option("node", options->node, "Its name, as `starling get nodes` shows it")
      ->required();
  add_common(*command, options->common);
  return options;
}

}  // namespace

void add_node_commands(CLI::App& app) {
  auto* node = app.add_subcommand("node", "Take a node out of service and back");
  node->require_subcommand(1);
  node->footer(
      "Examples:\n  starling node drain aws-1\n  starling node uncordon aws-1\n  starling get "
      "nodes\n");
  CLI::App* command = nullptr;
  auto cordon = add_verb(*node, "cordon",
                         "The node takes no new replicas and keeps those that it has", command);
  command->footer("Example:\n  starling node cordon aws-1\n");
  command->callback([cordon] { run_mark(*cordon, "cordoned", "cordoned"); });

  auto uncordon = add_verb(*node, "uncordon", "The node takes replicas again", command);
  command->footer("Example:\n  starling node uncordon aws-1\n");
  command->callback([uncordon] { run_mark(*uncordon, "schedulable", "uncordoned"); });

  auto drain =
      add_verb(*node, "drain",
               "Cordon the node and have others take over what it runs and decides for", command);
  command
      ->add_option("--timeout", drain->timeout,
                   "Wait at most so long until it is empty; 0s: on and on")
      ->capture_default_str();
  command->add_flag("--no-wait", drain->no_wait, "Say so and return at once");
  command->footer(
      "Each ready replica is replaced on another node before it goes; one that no node has room "
      "for\n"
      "stays. Exits with 0 once the node is empty, with 1 and what is left at the timeout.\n"
      "Examples:\n  starling node drain aws-1\n  starling node drain aws-1 --timeout 1h -o json\n");
  command->callback([drain] { run_drain(*drain); });
}

}  // namespace starling::cli
