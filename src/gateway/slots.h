// Which spare backend of HAProxy serves which model, and with which servers.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/result.h"
#include "control/ports.h"
#include "gateway/haproxy_config.h"
#include "gateway/haproxy_runtime.h"
#include "gateway/holding_server.h"

namespace starling {

/// Moves HAProxy's backends towards the routes, one runtime command at a time, and remembers how
/// far it got: what a failed command left undone is done by the next call. Not thread safe.
class SlotTable {
 public:
  SlotTable(const HaproxyOptions& options, HaproxyRuntime& runtime, HoldingServer& holding)
      : slots_(static_cast<std::size_t>(options.slots)),
        map_file_(haproxy_files(options).map.string()),
        runtime_(runtime),
        holding_(holding) {}

  /// A name or address that HAProxy's command line would misread. Error: kInvalid, naming it.
  static Status check(const Routes& routes);

  /// Gives every model of `routes` a slot. Error: kTooLarge when there are more models than slots.
  Status assign(const Routes& routes);
  /// Adds, changes and drains servers until HAProxy does what `routes` says.
  Status follow(const Routes& routes);
  /// Once a second. Deletes drained servers without requests, takes the requests of those that are
  /// out of reach back, lets held requests go where a replica came back, and frees the slots of
  /// removed models that have no request left.
  void settle(const std::vector<StatRow>& rows);
  /// A new HAProxy starts with the map of `slot_of_model` and no servers.
  void restarted(const Routes& routes);

  std::map<std::string, int> slot_of_model() const;

 private:
  enum class State { kAdded, kActive, kDraining };
  struct Server {
    std::string name;  // in HAProxy: the replica's id, and a number, for an id may come back
    RouteTarget target;
    State state = State::kAdded;
    int away = 0;  // times in a row that it was seen draining, out of reach and with requests
  };
  struct Slot {
    std::string model;  // empty: free
    bool mapped = false;
    std::vector<Server> servers;
  };

  Slot* slot_of(const std::string& model);
  std::string backend(const Slot& slot) const;
  std::string path(const Slot& slot, const Server& server) const;
  Status follow_model(Slot& slot, const std::vector<RouteTarget>& targets);
  Status ensure(Slot& slot, const RouteTarget& target);
  Status add(Slot& slot, const RouteTarget& target);
  Status enable(Slot& slot, Server& server);
  Status drain(Slot& slot, Server& server);
  Status map(Slot& slot, bool wanted);
  void give_up_if_away(Slot& slot, Server& server, const std::vector<StatRow>& rows);
  bool delete_if_idle(Slot& slot, Server& server, const std::vector<StatRow>& rows);

  std::vector<Slot> slots_;
  std::string map_file_;
  HaproxyRuntime& runtime_;
  HoldingServer& holding_;
  std::uint64_t servers_added_ = 0;
};

}  // namespace starling
