// One question of an agent to all other live agents, bounded in threads, memory and time.
#pragma once

#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "base/result.h"
#include "control/fleet_view.h"

namespace starling {

/// Asks the agent at one address ("10.0.0.11:7070"); called on a thread of its own. Should take no
/// longer than kPeerTimeout.
using AskPeer = std::function<Result<std::string>(const std::string& api_address)>;
/// Hears a node's answer, on the caller's thread. False: no more nodes are asked.
using TakeAnswer = std::function<bool(const std::string& node, Result<std::string> answer)>;

/// Asks the nodes of `view` that are not dead, have not left and are not its own, 32 at a time, as
/// each answer takes memory until it is taken. Who has not been asked within kPeerTimeout, because
/// too many before it did not answer, is answered for with an Error.
void ask_peers(const FleetView& view, const AskPeer& ask, const TakeAnswer& take);

/// What these nodes' answers to GET `path` list under `key`, 16 MiB in all. Who does not answer, or
/// not with a list of objects there, or when there is no room left, is added to `silent`.
std::vector<nlohmann::json> listed_by_peers(const FleetView& view, const std::string& token,
                                            const std::string& path, const char* key,
                                            std::vector<std::string>& silent);

}  // namespace starling
