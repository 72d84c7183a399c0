// Nodes on this machine: agents in processes of their own, which outlive the agent that starts
// them.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "control/node_provider.h"

namespace starling {

struct LocalProviderOptions {
  std::string pool;
  std::filesystem::path directory;  // a node's data are in DIRECTORY/NAME
  std::filesystem::path program;    // starlingd; it is given --config FILE --keeper FILE
  Duration stop_grace{15s};         // from SIGTERM to SIGKILL

  std::filesystem::path keeper_file() const { return directory / (pool + ".keeper"); }
};

/// Any agent of this machine finds the nodes again that another made in the same directory: a node
/// is there while its process runs. Nodes end by themselves when no agent has had the provider open
/// for a while, see keeper.h. Errors: the directory can't be written in.
Result<std::unique_ptr<NodeProvider>> make_local_provider(LocalProviderOptions options);

/// Ends all nodes of the pool. Errors: the first node's that could not be ended.
Status end_local_nodes(const LocalProviderOptions& options);

}  // namespace starling
