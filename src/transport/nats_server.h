// This node's NATS server: a supervised child, alone or joined with the other nodes' servers to a
// cluster.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"

namespace starling {

struct NatsServerOptions {
  std::string name;  // unique in the cluster
  std::filesystem::path
      directory;  // configuration, messages and JetStream's files; created, mode 0700
  std::string client_host = "127.0.0.1";
  int client_port = 0;  // must be given
  std::string user, password;

  // Without a cluster port it is a single server, and what follows is not used.
  int cluster_port = 0;
  std::string cluster_host = "127.0.0.1";  // where the other servers reach this one
  std::string cluster_name = "starling";
  std::vector<std::string>
      routes;  // "host:port" of all servers' cluster ports; its own may be among them
  std::string cluster_user, cluster_password;

  std::int64_t message_bytes_max = 1 << 20;
  std::int64_t store_bytes_max = 1LL << 30;
};

/// nats-server's configuration. Error: kInvalid for a name, password or address that cannot be
/// written there.
Result<std::string> nats_config_text(const NatsServerOptions& options);

/// The child belongs to the thread that starts or polls it, and ends with that thread. Not thread
/// safe.
class NatsServer {
 public:
  /// Writes the configuration (mode 0600, it holds the passwords) and returns once clients can
  /// connect. Errors: nats-server not installed, a port taken (kConflict, names the port), or what
  /// it printed.
  static Result<std::unique_ptr<NatsServer>> start(const NatsServerOptions& options);
  virtual ~NatsServer() = default;

  /// Starts the server again when it has ended, with back-off. Errors: as start(), or that it is
  /// too early.
  virtual Status poll() = 0;
  /// Ends it, cleanly if it can. Nothing is started again.
  virtual void stop() = 0;
  /// "nats://127.0.0.1:4222", without user and password.
  virtual std::string url() const = 0;
  /// 0 while it is dead.
  virtual pid_t pid() const = 0;
};

}  // namespace starling
