// The configuration text of the HAProxy that carries this node's requests.
#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "base/clock.h"

namespace starling {

struct HaproxyOptions {
  std::string host = "127.0.0.1";   // where clients connect
  int port = 0;                     // must be given
  std::filesystem::path directory;  // configuration, sockets and messages; created, mode 0700
  int slots = 128;                  // models that can be served at once
  Duration queue_timeout{30s};      // a request waits this long for a replica, then gets a 503
  Duration request_timeout{60s};    // a replica has this long to answer, then the client gets a 504
};

/// The files that HAProxy and the gateway share.
struct HaproxyFiles {
  std::filesystem::path configuration, map, messages;
  std::filesystem::path limits, retries;  // by model: see LimitTable
  std::filesystem::path runtime_socket, log_socket, hold_socket;
};
HaproxyFiles haproxy_files(const HaproxyOptions& options);

/// A request of up to this many bytes, head included, fits HAProxy's buffer: it can be held until a
/// replica is ready, and sent again when the replica that had it dies. A larger one cannot.
constexpr std::size_t kRepeatableRequestBytes = 112 * 1024;

/// The name of backend number `slot`, and of its stand-in server (see HoldingServer).
std::string slot_backend(int slot);
constexpr const char* kStandIn = "stand-in";
/// A line of the map beside those of the models: it says that these are all models.
inline constexpr const char* kRoutesKnown = "/routes known";

/// HAProxy 2.6 configuration. Backends cannot be added at run time, so it declares `slots` spare
/// ones; the map file says which of them serves which model, and both map and servers change at run
/// time. So do the limits of admission control, beyond which a model's request gets a 429 at once.
std::string haproxy_config_text(const HaproxyOptions& options);

/// The map file's text for slots by model.
std::string haproxy_map_text(const std::map<std::string, int>& slot_of_model, bool routes_known);

}  // namespace starling
