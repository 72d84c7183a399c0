// A local fleet: agents on this machine, each in a cloud of its own, loopback only.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "apps/agent/config.h"
#include "apps/agent/data_lock.h"
#include "apps/cli/fleet.h"
#include "base/child_process.h"

namespace starling::cli {

struct UpOptions {
  int nodes = 3;
  std::string data = ".starling";
  std::string fleet = "local";
  std::int64_t cpu_millis = 2000;  // what each node offers
  std::int64_t memory_bytes = 4LL << 30;
  Duration decision_interval{2s};
  double hold_scale = 1;
  Duration adapt_interval{60s};
  std::string log_level = "info";
  std::string forecaster;  // empty: the shipped one
  std::string nats_url;    // empty: each agent has a server of its own
  std::string nats_user, nats_password;
  int elastic = 0;  // at most so many nodes more, as demand needs them
  Duration elastic_idle{1min};
};

/// Owns the agents' processes; ends them when destroyed. The thread that starts it must outlive it.
class LocalFleet {
 public:
  /// Writes each node's configuration with fresh credentials, starts the agents and leaves
  /// fleet.json. Errors: the directory is in use, an agent ended at once (with the last lines of
  /// its log).
  static Result<LocalFleet> start(const UpOptions& options);

  /// Waits until every agent sees all the others. Errors: an agent ended, `patience` is over, or
  /// `stopped` says that the user has had enough.
  Status wait_until_settled(Duration patience, const std::function<bool()>& stopped);
  /// Names of agents that ended since the last call, with how.
  std::vector<std::string> ended();
  /// SIGTERM to all, SIGKILL after a while, so that nothing is left running.
  void stop();

  const Fleet& fleet() const { return fleet_; }

 private:
  LocalFleet(UpOptions options, agent::DataLock lock)
      : options_(std::move(options)), lock_(std::move(lock)) {}
  Status start_agent(const agent::Config& config);
  /// Those of the elastic pool, which do not end with the agents.
  Status end_elastic_nodes() const;
  std::string last_words(const std::string& node) const;

  UpOptions options_;
  agent::DataLock lock_;
  Fleet fleet_;
  std::map<std::string, ChildProcess> agents_;
};

}  // namespace starling::cli
