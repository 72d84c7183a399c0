// starlingd: one node's agent.
#include <pthread.h>
#include <signal.h>

#include <CLI/CLI.hpp>
#include <atomic>
#include <cstdio>
#include <thread>

#include "apps/agent/config.h"
#include "apps/agent/keeper_watch.h"
#include "apps/agent/node.h"
#include "base/log.h"

namespace {

int complain(const starling::Error& error) {
  std::fprintf(stderr, "starlingd: %s\n", error.message.c_str());
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  using namespace starling;
  CLI::App app{"One node's agent: forecasts, decides, bids, runs models and serves them.",
               "starlingd"};
  std::string path;
  app.add_option("--config", path,
                 "The node's configuration (YAML); `starling up` writes one for each node")
      ->required();
  std::string keeper;
  app.add_option("--keeper", keeper,
                 "End when no agent has kept this file for a minute (a local pool's nodes)");
  app.footer("Example:\n  starlingd --config .starling/aws-1/node.yaml\n");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    return app.exit(e) == 0 ? 0 : 2;
  }

  // Blocked before any thread is made, so that only the waiting thread below sees them.
  sigset_t ending;
  sigemptyset(&ending);
  sigaddset(&ending, SIGTERM);
  sigaddset(&ending, SIGINT);
  ::pthread_sigmask(SIG_BLOCK, &ending, nullptr);
  ::signal(SIGPIPE, SIG_IGN);

  const auto config = agent::read_config(path);
  if (!config) return complain(config.error());
  if (auto status = set_up_logging(config->node.name, config->log_level); !status)
    return complain(status.error());
  auto node = agent::Node::start(*config);
  if (!node) return complain(node.error());
  spdlog::info("node {} of fleet {}: API on {}, gateway on {}", config->node.name, config->fleet,
               config->node.api_address, config->node.gateway_address);

  std::atomic<bool> stop{false};
  std::thread waiter([&] {
    int signal = 0;
    ::sigwait(&ending, &signal);
    stop = true;
  });
  waiter.detach();
  if (!keeper.empty()) {
    std::thread([&stop, keeper] {
      agent::wait_until_forsaken(keeper);
      spdlog::info("ends: no agent looks after this node any more");
      stop = true;
    }).detach();
  }
  (*node)->run(stop);
  return 0;
}
