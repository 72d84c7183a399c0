// Processes found again by a mark in their environment, for where no cgroup holds them together.
#pragma once

#include <string>

namespace starling {

/// "NAME=value", put into the environment of every replica of a node: children inherit it.
std::string replica_mark(const std::string& node);

/// SIGKILL to every other process of this user that carries the mark. Returns how many there were.
/// Those whose environment may not be read (another user's) are not this node's replicas.
int end_marked(const std::string& mark);

}  // namespace starling
