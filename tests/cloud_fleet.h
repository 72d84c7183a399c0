// A fleet over several clouds, one agent a network namespace, and what clients in them see of it.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <vector>

#include "base/child_process.h"
#include "base/result.h"
#include "tests/cloud_network.h"
#include "tests/running_fleet.h"

namespace starling::system_test {

/// Ends with the object. The thread that starts agents must outlive it.
class CloudFleet {
 public:
  /// Starts an agent on every node of the network, with the programs in `programs`. `data_of`:
  /// where a node's data is to be, instead of a folder of the test's.
  static Result<std::unique_ptr<CloudFleet>> start(
      CloudNetwork& network, const std::map<std::string, std::filesystem::path>& data_of = {},
      const std::filesystem::path& programs = STARLING_BIN_DIR);
  ~CloudFleet();

  const std::vector<NetworkNode>& nodes() const { return network_.nodes(); }
  const NetworkNode& node(const std::string& name) const;

  Status start_agent(const std::string& node,
                     const std::filesystem::path& programs = STARLING_BIN_DIR);
  /// Of a node's agent.
  pid_t pid(const std::string& node) const;
  /// Of its child of this name: "nats-server", "haproxy".
  pid_t child(const std::string& node, const std::string& program) const;
  /// SIGTERM; false where it does not end within a minute.
  bool stop_agent(const std::string& node);
  void kill_agent(const std::string& node);

  HttpAnswer get(const std::string& node, const std::string& path) const;
  HttpAnswer send(const std::string& from, HttpQuestion question) const;
  nlohmann::json model(const std::string& as_seen_by, const std::string& name) const;
  /// States of all nodes, as one of them sees them: "alive", "suspect", "dead", "left".
  std::map<std::string, std::string> states(const std::string& as_seen_by) const;
  /// Whether these nodes see exactly these as alive.
  bool agree(const std::vector<std::string>& nodes, const std::vector<std::string>& alive) const;
  std::vector<std::string> names() const;
  std::vector<std::string> names_of(const std::string& cloud, bool inside) const;
  /// The end of a node's log, for messages.
  std::string log(const std::string& node) const;

  const std::string& token() const { return token_; }

 private:
  explicit CloudFleet(CloudNetwork& network) : network_(network) {}
  Status write_configs(const std::map<std::string, std::filesystem::path>& data_of);

  CloudNetwork& network_;
  TemporaryFolder folder_;
  std::string token_;
  std::map<std::string, ChildProcess> agents_;
};

/// One request after the other from a node, to the first of these gateways; where there are
/// several, to the first that says that it is ready, as a load balancer in front of them would.
class CloudClient {
 public:
  CloudClient(const CloudFleet& fleet, const std::string& from, std::vector<std::string> gateways,
              std::string model, std::string body);
  ~CloudClient() { finish(); }

  int sent() const { return sent_; }
  /// Of the longest request so far.
  double longest_s() const { return longest_s_; }
  struct Failure {
    double after_s = 0;  // since the client's start
    int status = 0;
    std::string what;
  };
  /// Ends it; the requests that failed.
  std::vector<Failure> finish();
  const std::string& from() const { return from_; }

 private:
  void run();
  void one();

  std::string from_, space_;
  std::vector<std::string> addresses_;
  std::string model_, body_;
  std::atomic<bool> stop_{false};
  std::atomic<int> sent_{0};
  std::atomic<double> longest_s_{0};
  std::vector<Failure> failures_;
  std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
  std::thread thread_;
};

}  // namespace starling::system_test
