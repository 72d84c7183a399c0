// What the demo sees of the fleet: polls the surviving agents and keeps the account that its
// summary prints.
#pragma once

#include <atomic>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "apps/cli/fleet.h"

namespace starling::lab {

/// One model's part of the account.
struct ModelAccount {
  double replica_s = 0;   // replicas × seconds, from start to end of each
  double cpu_s = 0;       // used by them
  double limit_s = 0;     // their CPU limits × seconds
  int scale_actions = 0;  // changes of the wished number
  int desired = 0;
  double cold_start_s = 0;
};

/// How the fleet got over the loss of a node.
struct LossAccount {
  std::string node;
  int models_owned = 0;  // by the lost node
  int replicas_lost = 0;
  std::optional<double> owners_s;  // until every model had a live owner again
  std::optional<double>
      replicas_s;           // until every model had as many ready replicas as it then wished
  double cold_start_s = 0;  // the slowest of the models', as measured
};

/// " (forecast 12..18, covered 91 %)" of a model in /v1/status: its median and 0.9 quantile over
/// the lead time, and how often the 0.9 quantile covered of late; empty without a forecast.
std::string forecast_text(const nlohmann::json& model);

/// Polls on a thread of its own, ten times a second. Thread safe.
class FleetWatch {
 public:
  explicit FleetWatch(cli::Fleet fleet);
  ~FleetWatch();

  /// The last answer to /v1/status; null before the first.
  nlohmann::json status() const;
  std::map<std::string, ModelAccount> accounts() const;
  /// From now on the node counts as lost: it is not asked any more, and the recovery is timed.
  void lost(const std::string& node);
  LossAccount loss() const;

 private:
  void run();
  void account(const nlohmann::json& status, double passed_s);
  void time_recovery(const nlohmann::json& status);

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
