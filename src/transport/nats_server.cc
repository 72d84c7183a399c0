#include "transport/nats_server.h"

#include <algorithm>
#include <optional>
#include <string_view>
#include <thread>

#include "base/backoff.h"
#include "base/child_process.h"
#include "base/file.h"
#include "base/log.h"

namespace starling {
namespace {

constexpr Duration kStartTimeout = 10s;

/// Goes into the configuration and into URLs as it is.
Status check_plain(const char* what, const std::string& text, std::string_view others) {
  const bool plain = !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           others.find(c) != std::string_view::npos;
  });
  if (plain) return {};
  // A password stays out of the message.
  return fail(ErrorCode::kInvalid,
              "nats-server: the {} must be of letters, digits and {}, and not empty", what, others);
}

Status check_path(const std::filesystem::path& path) {
  const auto text = path.string();
  const bool plain = std::none_of(text.begin(), text.end(),
                                  [](unsigned char c) { return c < ' ' || c == '"' || c == '\\'; });
  if (plain) return {};
  return fail(ErrorCode::kInvalid,
              "nats-server: the folder {} has a quote, backslash or control character", text);
}

Status check(const NatsServerOptions& options) {
  constexpr std::string_view kWord = "-_.", kAddress = "-_.:[]";
  auto status = check_plain("name", options.name, kWord);
  if (status) status = check_plain("client host", options.client_host, kAddress);
  if (status) status = check_plain("user", options.user, kWord);
  if (status) status = check_plain("password", options.password, kWord);
  if (status) status = check_path(options.directory);
  if (options.cluster_port == 0) return status;
  if (status) status = check_plain("cluster name", options.cluster_name, kWord);
  if (status) status = check_plain("cluster host", options.cluster_host, kAddress);
  if (status) status = check_plain("cluster user", options.cluster_user, kWord);
  if (status) status = check_plain("cluster password", options.cluster_password, kWord);
  if (status && options.routes.empty()) {
    return fail(ErrorCode::kInvalid,
                "nats-server: a cluster needs the cluster address of at least one other server");
  }
  for (const auto& route : options.routes) {
    if (status) status = check_plain("route's address", route, kAddress);
  }
  return status;
}

std::string cluster_block(const NatsServerOptions& options) {
  std::string routes;
  for (const auto& route : options.routes) {
    routes += fmt::format("    \"nats-route://{}:{}@{}\"\n", options.cluster_user,
                          options.cluster_password, route);
  }
  // Client ports are each machine's own: other machines' clients must not learn of them.
  return fmt::format(R"(cluster {{
  name: "{}"
  listen: "{}:{}"
  no_advertise: true
  authorization {{ user: "{}", password: "{}" }}
  routes: [
{}  ]
}}
)",
                     options.cluster_name, options.cluster_host, options.cluster_port,
                     options.cluster_user, options.cluster_password, routes);
}

class SupervisedNats final : public NatsServer {
 public:
  SupervisedNats(NatsServerOptions options, std::filesystem::path program)
      : options_(std::move(options)), program_(std::move(program)) {}
  ~SupervisedNats() override { stop(); }

  Status poll() override {
    if (stopped_) return {};
    if (child_) {
      const auto ended = child_->ended();
      if (!ended) return {};
      spdlog::error("nats-server {} ended with {}; it is started again", options_.name,
                    ended->text());
      child_.reset();
    }
    if (std::chrono::steady_clock::now() < backoff_.next()) {
      return fail(ErrorCode::kUnavailable, "nats-server keeps ending; see {}", messages().string());
    }
    return launch();
  }

  void stop() override {
    stopped_ = true;
    if (child_) child_->terminate(2s);
    child_.reset();
  }

  std::string url() const override {
    return fmt::format("nats://{}:{}", options_.client_host, options_.client_port);
  }
  pid_t pid() const override { return child_ ? child_->pid() : 0; }

  Status launch() {
    backoff_.attempt(std::chrono::steady_clock::now());
    std::error_code ignored;
    std::filesystem::remove(messages(), ignored);
    ChildOptions child_options;
    child_options.arguments = {program_.string(), "-c", configuration().string()};
    child_options.output = options_.directory / "nats-output.log";
    auto child = ChildProcess::spawn(child_options);
    if (!child) return fail(child.error());
    child_ = std::move(*child);
    return wait_until_ready();
  }

  std::filesystem::path configuration() const { return options_.directory / "nats.conf"; }

 private:
  std::filesystem::path messages() const { return options_.directory / "nats.log"; }

  /// It opens the cluster's port after it has said that it is ready, and ends if that port is
  /// taken.
  bool says_ready(const std::string& text) const {
    return text.find("Server is ready") != std::string::npos &&
           (options_.cluster_port == 0 ||
            text.find("Listening for route connections") != std::string::npos);
  }

  Status wait_until_ready() {
    const auto deadline = std::chrono::steady_clock::now() + kStartTimeout;
    while (true) {
      const auto ended = child_->ended();
      // Looking for its own words, and not for somebody who listens: that could be the one who has
      // the port.
      const auto text = read_file(messages(), 1 << 20).value_or("");
      if (says_ready(text) && !ended) return {};
      if (ended || std::chrono::steady_clock::now() > deadline) {
        child_.reset();
        return start_error(text, ended ? ended->text() : "not ready in time");
      }
      std::this_thread::sleep_for(5ms);
    }
  }

  tl::unexpected<Error> start_error(const std::string& text, const std::string& ended) const {
    if (text.find("address already in use") != std::string::npos) {
      const bool cluster = text.find("router port") != std::string::npos;
      return fail(ErrorCode::kConflict,
                  "nats-server cannot listen on {} port {}: another program has it; choose another "
                  "port or stop it",
                  cluster ? "cluster" : "client",
                  cluster ? options_.cluster_port : options_.client_port);
    }
    const std::string printed =
        read_file(options_.directory / "nats-output.log", 1 << 20).value_or("");
    const std::string& words = text.empty() ? printed : text;
    return fail(ErrorCode::kInternal, "nats-server did not start ({}); it says, in {}: {}", ended,
                messages().string(), words.substr(words.size() > 1000 ? words.size() - 1000 : 0));
  }

  NatsServerOptions options_;
  std::filesystem::path program_;
  Backoff backoff_;
  std::optional<ChildProcess> child_;
  bool stopped_ = false;
};

}  // namespace

Result<std::string> nats_config_text(const NatsServerOptions& options) {
  if (auto status = check(options); !status) return fail(status.error());
  std::string text = fmt::format(
      R"(server_name: "{}"
listen: "{}:{}"
authorization {{ user: "{}", password: "{}" }}
max_payload: {}
log_file: "{}"
logfile_size_limit: 8388608
jetstream {{
  store_dir: "{}"
  max_memory_store: 67108864
  max_file_store: {}
}}
)",
      options.name, options.client_host, options.client_port, options.user, options.password,
      options.message_bytes_max, (options.directory / "nats.log").string(),
      (options.directory / "jetstream").string(), options.store_bytes_max);
  if (options.cluster_port != 0) text += cluster_block(options);
  return text;
}

Result<std::unique_ptr<NatsServer>> NatsServer::start(const NatsServerOptions& options) {
  const auto program = find_program("nats-server", "nats-server");
  if (!program) return fail(program.error());
  const auto config = nats_config_text(options);
  if (!config) return fail(config.error());
  std::error_code error;
  std::filesystem::create_directories(options.directory, error);
  if (!error)
    std::filesystem::permissions(options.directory, std::filesystem::perms::owner_all, error);
  if (error)
    return fail(ErrorCode::kInternal, "{}: {}", options.directory.string(), error.message());

  auto server = std::make_unique<SupervisedNats>(options, *program);
  if (auto status = write_file_atomically(server->configuration(), *config, 0600); !status) {
    return fail(status.error());
  }
  if (auto status = server->launch(); !status) return fail(status.error());
  return server;
}

}  // namespace starling
