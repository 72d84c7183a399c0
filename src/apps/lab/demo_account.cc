#include "apps/lab/demo_account.h"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

#include "base/counted.h"

namespace starling::lab {

using Json = nlohmann::json;

void add_to_accounts(std::map<std::string, ModelAccount>& accounts, const Json& status,
                     double passed_s) {
  for (const auto& r : status.at("replicas")) {
    auto& a = accounts[r.at("model").get<std::string>()];
    a.replica_s += passed_s;
    a.cpu_s += passed_s * r.at("cpu_cores").get<double>();
    a.limit_s += passed_s * r.at("resources").at("cpu_millis").get<double>() / 1000;
  }
  for (const auto& m : status.at("models")) {
    auto& a = accounts[m.at("name").get<std::string>()];
    a.cold_start_s = m.at("cold_start_s");
    // A new owner wishes nothing until its first decision: that is no change.
    const int desired = m.at("desired").is_null() ? 0 : m.at("desired").get<int>();
    if (desired == 0) continue;
    a.scale_actions += a.desired != 0 && desired != a.desired;
    a.desired = desired;
  }
}

std::optional<Victim> choose_victim(const Json& status) {
  if (status.is_null()) return std::nullopt;
  std::optional<Victim> chosen;
  const auto cost = [](const Victim& v) {
    return std::tuple(v.owns_and_runs(), v.replicas, v.models_owned);
  };
  for (const auto& node : status.at("nodes")) {
    if (node.at("state") != "alive") continue;
    Victim victim;
    victim.node = node.at("name");
    for (const auto& m : status.at("models")) victim.models_owned += m.at("owner") == victim.node;
    for (const auto& r : status.at("replicas"))
      victim.replicas += r.at("node") == victim.node && r.at("state") == "ready";
    if (!chosen || cost(victim) > cost(*chosen)) chosen = std::move(victim);
  }
  return chosen;
}

std::string text_of(const Victim& victim) {
  return fmt::format("it owned {} and ran {}", counted(victim.models_owned, "model"),
                     counted(victim.replicas, "ready replica"));
}

LossAccount begin_loss(const Victim& victim, const Json& status) {
  LossAccount loss;
  loss.victim = victim;
  for (const auto& m : status.at("models"))
    loss.cold_start_s = std::max(loss.cold_start_s, m.at("cold_start_s").get<double>());
  return loss;
}

void time_recovery(LossAccount& loss, const Json& status, double passed_s) {
  const auto& lost = loss.victim.node;
  for (const auto& n : status.at("nodes")) {
    if (n.at("name") == lost && n.at("state") != "dead" && n.at("state") != "left") return;
  }
  const auto& models = status.at("models");
  const bool owned =
      !models.empty() && std::all_of(models.begin(), models.end(), [&](const Json& m) {
        return m.at("owner") != "" && m.at("owner") != lost && !m.at("desired").is_null();
      });
  if (!owned) return;
  if (!loss.owners_s) loss.owners_s = passed_s;
  const bool whole = std::all_of(models.begin(), models.end(), [](const Json& m) {
    const int desired = m.at("desired");
    return desired > 0 && m.at("ready").get<int>() >= desired;
  });
  if (whole && !loss.replicas_s) loss.replicas_s = passed_s;
}

}  // namespace starling::lab
