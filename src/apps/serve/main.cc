// starling-serve: one model replica behind the Open Inference Protocol v2.
#include <malloc.h>
#include <signal.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <cstdlib>

#include "base/log.h"
#include "base/units.h"
#include "serve/model_server.h"
#include "serve/torch_model.h"

namespace starling {
namespace {

struct Settings {
  ModelServerOptions server;
  std::string artifact;
  std::string body_max = "4Mi";
  std::string log_level = "info";
};

/// Blocked in every thread from here on, so that `sigwait` in the main thread gets them.
sigset_t block_ending_signals() {
  sigset_t ending;
  sigemptyset(&ending);
  sigaddset(&ending, SIGTERM);
  sigaddset(&ending, SIGINT);
  ::pthread_sigmask(SIG_BLOCK, &ending, nullptr);
  ::signal(SIGPIPE, SIG_IGN);
  return ending;
}

int complain(const Error& error) {
  std::fprintf(stderr, "starling-serve: %s\n", error.message.c_str());
  return 1;
}

int serve(Settings settings) {
  const auto start = std::chrono::steady_clock::now();
  const auto ending = block_ending_signals();
  // A thread a connection would give every one its own arena of tens of megabytes.
  ::mallopt(M_ARENA_MAX, 2);
  if (auto status = set_up_logging("starling-serve " + settings.server.model, settings.log_level);
      !status) {
    return complain(status.error());
  }
  const auto body_max = parse_memory_bytes(settings.body_max);
  if (!body_max) return complain(body_max.error());
  settings.server.body_bytes_max = *body_max;
  auto model = load_torch_model(settings.artifact);
  if (!model) return complain(model.error());
  ModelServer server(settings.server, std::move(*model));
  const auto port = server.start();
  if (!port) return complain(port.error());
  const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - start;
  spdlog::info("serving {} on {}:{}, loaded in {:.0f} ms", settings.artifact, settings.server.host,
               *port, took.count());

  int signal = 0;
  sigwait(&ending, &signal);
  spdlog::info("draining: requests in flight finish, new ones are refused");
  server.drain();
  spdlog::info("drained");
  spdlog::shutdown();
  // Every answer is written. Waiting for idle keep-alive connections would only hold the exit up.
  std::_Exit(0);
}

}  // namespace
}  // namespace starling

int main(int argc, char** argv) {
  CLI::App app{"Serves one TorchScript model over the Open Inference Protocol v2",
               "starling-serve"};
  starling::Settings settings;
  app.add_option("--model", settings.server.model, "Name of the model in the URLs")->required();
  app.add_option("--artifact", settings.artifact, "TorchScript file that holds a starling.json")
      ->required();
  app.add_option("--host", settings.server.host, "Address to listen on")->capture_default_str();
  app.add_option("--port", settings.server.port, "Port to listen on; 0 takes a free one")
      ->required()
      ->check(CLI::Range(0, 65535));
  app.add_option("--concurrency", settings.server.concurrency, "Forward passes at once")
      ->check(CLI::Range(1, 256))
      ->capture_default_str();
  app.add_option("--queue", settings.server.queue, "Requests that may wait for their turn")
      ->check(CLI::Range(0, 4096))
      ->capture_default_str();
  app.add_option("--body-max", settings.body_max, "Longest request body")->capture_default_str();
  app.add_option("--log-level", settings.log_level, "trace, debug, info, warn, error or off")
      ->capture_default_str();
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    return app.exit(e) == 0 ? 0 : 2;
  }
  return starling::serve(std::move(settings));
}
