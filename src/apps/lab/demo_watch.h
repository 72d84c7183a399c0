// The demo's eye on the fleet: polls the agents that are left and keeps the account of it all.
#pragma once

#include <atomic>
#include <chrono>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "apps/cli/fleet.h"
#include "apps/lab/demo_account.h"

namespace starling::lab {

/// Polls on a thread of its own, ten times a second. Thread safe.
class FleetWatch {
 public:
  explicit FleetWatch(cli::Fleet fleet);
  ~FleetWatch();

  /// The last answer to /v1/status; null before the first.
  nlohmann::json status() const;
  std::map<std::string, ModelAccount> accounts() const;
  /// From now on the node counts as killed: it is not asked any more, and the recovery is timed.
  void lost(const Victim& victim);
  LossAccount loss() const;

 private:
  void run();

  mutable std::mutex mutex_;
  cli::Fleet fleet_;
  nlohmann::json status_;
  std::map<std::string, ModelAccount> accounts_;
  std::optional<LossAccount> loss_;
  std::chrono::steady_clock::time_point lost_at_;
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

}  // namespace starling::lab
