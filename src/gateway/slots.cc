#include "gateway/slots.h"

#include <algorithm>
#include <utility>

#include "base/log.h"
#include "base/plain_text.h"

namespace starling {
namespace {

/// A dead replica must leave the rotation with the first refused connection, not after three
/// checks, and is back with the first check that succeeds.
constexpr const char* kServerOptions =
    "check inter 500ms rise 1 fall 3 observe layer4 error-limit 1 on-error mark-down "
    "pool-max-conn 64 pool-purge-delay 1s";

const StatRow* find_row(const std::vector<StatRow>& rows, const std::string& backend,
                        const std::string& server) {
  const auto row = std::find_if(rows.begin(), rows.end(), [&](const StatRow& r) {
    return r.backend == backend && r.server == server;
  });
  return row == rows.end() ? nullptr : &*row;
}

}  // namespace

Status SlotTable::check(const Routes& routes) {
  for (const auto& [model, targets] : routes) {
    if (!is_plain(model)) return fail(ErrorCode::kInvalid, "'{}' is not a model's name", model);
    for (const auto& target : targets) {
      if (!is_plain(target.replica) || !is_plain(target.address) || target.concurrency < 1) {
        return fail(ErrorCode::kInvalid,
                    "model {}: replica '{}' at '{}' with concurrency {}: expected letters, digits "
                    "and _.:- in id "
                    "and address, and a concurrency of at least 1",
                    model, target.replica, target.address, target.concurrency);
      }
    }
  }
  return {};
}

SlotTable::Slot* SlotTable::slot_of(const std::string& model) {
  const auto slot =
      std::find_if(slots_.begin(), slots_.end(), [&](const Slot& s) { return s.model == model; });
  return slot == slots_.end() ? nullptr : &*slot;
}

std::string SlotTable::backend(const Slot& slot) const {
  return slot_backend(static_cast<int>(&slot - slots_.data()));
}

std::string SlotTable::path(const Slot& slot, const Server& server) const {
  return backend(slot) + "/" + server.name;
}

std::map<std::string, int> SlotTable::slot_of_model() const {
  std::map<std::string, int> slots;
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    if (!slots_[i].model.empty()) slots[slots_[i].model] = static_cast<int>(i);
  }
  return slots;
}

Status SlotTable::assign(const Routes& routes) {
  for (const auto& [model, targets] : routes) {
    if (slot_of(model) != nullptr) continue;
    Slot* free = slot_of("");
    if (free == nullptr) {
      return fail(ErrorCode::kTooLarge,
                  "model {} cannot be served by this gateway: all of its {} slots are taken; "
                  "remove a model first",
                  model, slots_.size());
    }
    free->model = model;
  }
  return {};
}

void SlotTable::restarted(const Routes& routes) {
  for (auto& slot : slots_) {
    slot.servers.clear();
    if (!routes.contains(slot.model)) slot.model.clear();
    slot.mapped = !slot.model.empty();
  }
}

Status SlotTable::follow(const Routes& routes) {
  Status first_problem = assign(routes);
  static const std::vector<RouteTarget> kNone;
  for (auto& slot : slots_) {
    if (slot.model.empty()) continue;
    const auto wanted = routes.find(slot.model);
    Status status = follow_model(slot, wanted == routes.end() ? kNone : wanted->second);
    // Servers first: a new model's first requests then find them.
    if (!is_away(status)) {
      const Status mapped = map(slot, wanted != routes.end());
      if (status) status = mapped;
    }
    if (!status && first_problem) first_problem = status;
    if (is_away(status)) break;
  }
  return first_problem;
}

Status SlotTable::follow_model(Slot& slot, const std::vector<RouteTarget>& targets) {
  // Whatever can't be added: what is gone must leave the rotation.
  Status first_problem;
  for (const auto& target : targets) {
    Status status = ensure(slot, target);
    if (is_away(status)) return status;
    if (!status && first_problem) first_problem = std::move(status);
  }
  for (auto& server : slot.servers) {
    const bool wanted = std::any_of(targets.begin(), targets.end(), [&](const RouteTarget& target) {
      return target.replica == server.target.replica && target.address == server.target.address;
    });
    if (wanted || server.state == State::kDraining) continue;
    if (auto status = drain(slot, server); !status) return status;
  }
  return first_problem;
}

Status SlotTable::ensure(Slot& slot, const RouteTarget& target) {
  auto server = std::find_if(slot.servers.begin(), slot.servers.end(), [&](const Server& s) {
    return s.target.replica == target.replica && s.target.address == target.address;
  });
  if (server == slot.servers.end()) {
    if (auto status = add(slot, target); !status) return status;
    server = std::prev(slot.servers.end());
  }
  if (server->state == State::kAdded) {
    if (auto status = enable(slot, *server); !status) return status;
  } else if (server->state == State::kDraining) {
    if (auto status = runtime_.tell(fmt::format("set server {} state ready", path(slot, *server)));
        !status) {
      return status;
    }
    server->state = State::kActive;
    holding_.release(slot.model);
  }
  if (server->target.concurrency == target.concurrency) return {};
  const auto status = runtime_.tell(
      fmt::format("set maxconn server {} {}", path(slot, *server), target.concurrency));
  if (status) server->target.concurrency = target.concurrency;
  return status;
}

Status SlotTable::add(Slot& slot, const RouteTarget& target) {
  Server server{.name = fmt::format("{}.{}", target.replica, ++servers_added_), .target = target};
  const auto status =
      runtime_.tell(fmt::format("add server {} {} maxconn {} {}", path(slot, server),
                                target.address, target.concurrency, kServerOptions),
                    "New server registered.");
  if (status) slot.servers.push_back(std::move(server));
  return status;
}

Status SlotTable::enable(Slot& slot, Server& server) {
  for (const auto* command : {"enable health", "enable server"}) {
    if (auto status = runtime_.tell(fmt::format("{} {}", command, path(slot, server))); !status)
      return status;
  }
  server.state = State::kActive;
  holding_.release(slot.model);
  return {};
}

Status SlotTable::drain(Slot& slot, Server& server) {
  const auto status = runtime_.tell(fmt::format("set server {} state drain", path(slot, server)));
  if (status) server.state = State::kDraining;
  return status;
}

Status SlotTable::map(Slot& slot, bool wanted) {
  if (slot.mapped == wanted) return {};
  const auto status =
      wanted ? runtime_.tell(fmt::format("add map {} {} {}", map_file_, slot.model, backend(slot)))
             : runtime_.forget(map_file_, slot.model);
  if (status) slot.mapped = wanted;
  return status;
}

/// A replica on a node that was cut off answers nothing that it was sent, and HAProxy would wait as
/// long as a request may take. With its connection shut, the request goes to another replica. Not
/// the first time: a request that is still connecting goes elsewhere by itself.
void SlotTable::give_up_if_away(Slot& slot, Server& server, const std::vector<StatRow>& rows) {
  const StatRow* row = find_row(rows, backend(slot), server.name);
  const bool away =
      server.state == State::kDraining && row != nullptr && row->out_of_reach && row->sessions > 0;
  server.away = away ? server.away + 1 : 0;
  if (server.away < 2) return;
  if (auto status = runtime_.tell("shutdown sessions server " + path(slot, server)); !status)
    spdlog::warn("gateway: {}", status.error().message);
}

bool SlotTable::delete_if_idle(Slot& slot, Server& server, const std::vector<StatRow>& rows) {
  if (server.state != State::kDraining) return false;
  const StatRow* row = find_row(rows, backend(slot), server.name);
  // An earlier deletion was carried out, and its answer lost.
  if (row == nullptr) return find_row(rows, backend(slot), "BACKEND") != nullptr;
  if (row->sessions > 0) return false;
  // Refused while HAProxy still keeps an idle connection to it; those are closed within seconds.
  return runtime_.tell(fmt::format("set server {} state maint", path(slot, server))) &&
         runtime_.tell(fmt::format("del server {}", path(slot, server)), "Server deleted.");
}

void SlotTable::settle(const std::vector<StatRow>& rows) {
  for (auto& slot : slots_) {
    if (slot.model.empty()) continue;
    for (Server& server : slot.servers) give_up_if_away(slot, server, rows);
    std::erase_if(slot.servers, [&](Server& server) { return delete_if_idle(slot, server, rows); });
    const StatRow* stand_in = find_row(rows, backend(slot), kStandIn);
    const StatRow* sum = find_row(rows, backend(slot), "BACKEND");
    const bool replica_up =
        std::any_of(slot.servers.begin(), slot.servers.end(), [&](const Server& server) {
          const StatRow* row = find_row(rows, backend(slot), server.name);
          return row != nullptr && row->up && server.state == State::kActive;
        });
    if (replica_up && stand_in != nullptr && stand_in->sessions > 0) holding_.release(slot.model);
    const bool idle = sum != nullptr && sum->sessions == 0;
    if (!slot.mapped && slot.servers.empty() && idle) slot.model.clear();
  }
}

}  // namespace starling
