#include "apps/lab/demo_watch.h"

#include <fmt/format.h>

#include <algorithm>

namespace starling::lab {

using Json = nlohmann::json;
using Steady = std::chrono::steady_clock;

std::string forecast_text(const Json& model) {
  const Json& f = model["forecast"];
  if (f.is_null()) return "";
  const Json& coverage = f["coverage_90"];
  return fmt::format(
      " (forecast {:.0f}..{:.0f}{})", f["p50"].get<double>(), f["p90"].get<double>(),
      coverage.is_number() ? fmt::format(", covered {:.0f} %", 100 * coverage.get<double>()) : "");
}

FleetWatch::FleetWatch(cli::Fleet fleet) : fleet_(std::move(fleet)), thread_([this] { run(); }) {}

FleetWatch::~FleetWatch() {
  stopping_ = true;
  thread_.join();
}

Json FleetWatch::status() const {
  const std::lock_guard lock(mutex_);
  return status_;
}

std::map<std::string, ModelAccount> FleetWatch::accounts() const {
  const std::lock_guard lock(mutex_);
  return accounts_;
}

LossAccount FleetWatch::loss() const {
  const std::lock_guard lock(mutex_);
  return loss_.value_or(LossAccount{});
}

void FleetWatch::lost(const std::string& node) {
  const std::lock_guard lock(mutex_);
  std::erase_if(fleet_.nodes, [&](const auto& n) { return n.name == node; });
  LossAccount loss;
  loss.node = node;
  for (const auto& m : status_["models"]) {
    loss.models_owned += m["owner"] == node;
    loss.cold_start_s = std::max(loss.cold_start_s, m["cold_start_s"].get<double>());
  }
  for (const auto& r : status_["replicas"]) loss.replicas_lost += r["node"] == node;
  loss_ = loss;
  lost_at_ = Steady::now();
}

void FleetWatch::run() {
  auto before = Steady::now();
  while (!stopping_) {
    cli::Fleet fleet;
    {
      const std::lock_guard lock(mutex_);
      fleet = fleet_;
    }
    auto answer = fleet.call("GET", "/v1/status", std::nullopt, 1s);
    const auto now = Steady::now();
    if (answer) {
      const std::lock_guard lock(mutex_);
      account(*answer, std::chrono::duration<double>(now - before).count());
      if (loss_) time_recovery(*answer);
      status_ = std::move(*answer);
      before = now;
    }
    std::this_thread::sleep_until(now + 100ms);
  }
}

void FleetWatch::account(const Json& status, double passed_s) {
  for (const auto& r : status["replicas"]) {
    auto& a = accounts_[r["model"].get<std::string>()];
    a.replica_s += passed_s;
    a.cpu_s += passed_s * r["cpu_cores"].get<double>();
    a.limit_s += passed_s * r["resources"]["cpu_millis"].get<double>() / 1000;
  }
  for (const auto& m : status["models"]) {
    auto& a = accounts_[m["name"].get<std::string>()];
    a.cold_start_s = m["cold_start_s"].get<double>();
    if (m["desired"].is_null()) continue;
    const int desired = m["desired"].get<int>();
    a.scale_actions += a.desired != 0 && desired != 0 && desired != a.desired;
    if (desired != 0) a.desired = desired;
  }
}

void FleetWatch::time_recovery(const Json& status) {
  const double passed_s = std::chrono::duration<double>(Steady::now() - lost_at_).count();
  bool owned = true, whole = true;
  for (const auto& n : status["nodes"]) {
    // Until the survivors see the node as gone they still count its replicas.
    if (n["name"] == loss_->node && n["state"] != "dead" && n["state"] != "left")
      owned = whole = false;
  }
  for (const auto& m : status["models"]) {
    owned = owned && !m["owner"].get<std::string>().empty() && m["owner"] != loss_->node &&
            !m["desired"].is_null();
    whole = whole && !m["desired"].is_null() && m["ready"].get<int>() >= m["desired"].get<int>() &&
            m["desired"].get<int>() > 0;
  }
  if (owned && !loss_->owners_s) loss_->owners_s = passed_s;
  if (owned && whole && !loss_->replicas_s) loss_->replicas_s = passed_s;
}

}  // namespace starling::lab
