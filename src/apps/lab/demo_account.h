// What the demo keeps account of: pure functions of the agents' answers to /v1/status.
#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

namespace starling::lab {

/// One model's part of the account.
struct ModelAccount {
  double replica_s = 0;   // replicas × seconds, from start to end of each
  double cpu_s = 0;       // used by them
  double limit_s = 0;     // their CPU limits × seconds
  int scale_actions = 0;  // changes of the wished number
  int desired = 0;        // the last one that an owner wished
  double cold_start_s = 0;
};

/// Adds the `passed_s` seconds that ended with this status.
void add_to_accounts(std::map<std::string, ModelAccount>& accounts, const nlohmann::json& status,
                     double passed_s);

/// A node that may be killed, and what goes with it.
struct Victim {
  std::string node;
  int models_owned = 0;
  int replicas = 0;  // ready ones

  /// Only then do both recovery times say something: models need a new owner, and replicas are
  /// missing.
  bool owns_and_runs() const { return models_owned > 0 && replicas > 0; }
};

/// Of the live nodes one that owns a model and runs replicas, if there is any; of several the one
/// with the most replicas, then models, then the first. Nothing when `status` is null or names no
/// live node.
std::optional<Victim> choose_victim(const nlohmann::json& status);

/// "it owned 2 models and ran 1 ready replica"
std::string text_of(const Victim& victim);

/// How the fleet got over the loss of a node; times count from the kill.
struct LossAccount {
  Victim victim;                     // without a name: no node was killed
  double cold_start_s = 0;           // the slowest of the models', as measured before
  std::optional<double> owners_s;    // until every model had a live owner that had decided
  std::optional<double> replicas_s;  // until every model also had as many ready replicas as wished
};

LossAccount begin_loss(const Victim& victim, const nlohmann::json& status);

/// Notes in `loss` what this status, `passed_s` after the kill, shows as recovered. As long as the
/// agent that answered still counts the lost node in, its figures include the dead node's: nothing
/// counts as recovered then.
void time_recovery(LossAccount& loss, const nlohmann::json& status, double passed_s);

}  // namespace starling::lab
