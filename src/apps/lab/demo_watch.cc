#include "apps/lab/demo_watch.h"

namespace starling::lab {

using Json = nlohmann::json;
using Steady = std::chrono::steady_clock;

namespace {

double seconds_between(Steady::time_point from, Steady::time_point to) {
  return std::chrono::duration<double>(to - from).count();
}

}  // namespace

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

void FleetWatch::lost(const Victim& victim) {
  const std::lock_guard lock(mutex_);
  std::erase_if(fleet_.nodes, [&](const auto& n) { return n.name == victim.node; });
  loss_ = begin_loss(victim, status_);
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
      add_to_accounts(accounts_, *answer, seconds_between(before, now));
      // An answer that was under way when the node was killed may be older than the kill; it shows
      // the node alive, so it times nothing.
      if (loss_) time_recovery(*loss_, *answer, seconds_between(lost_at_, now));
      status_ = std::move(*answer);
      before = now;
    }
    std::this_thread::sleep_until(now + 100ms);
  }
}

}  // namespace starling::lab
