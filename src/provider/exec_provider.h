// Nodes from any command or script: a JSON object on its standard input, one on its standard
// output. docs/elastic-nodes.md has the protocol.
#pragma once

#include <atomic>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "control/node_provider.h"

namespace starling {

struct ExecProviderOptions {
  std::string fleet;
  std::string pool;
  std::vector<std::string> command;
  Duration timeout{60s};
  nlohmann::json node = nlohmann::json::object();  // told with every order: size, place, price
  const std::atomic<bool>* stop = nullptr;         // a running command is given up then
};

/// Errors name the command and what is wrong with it or with its answer, by ErrorCode: kTimeout,
/// kTooLarge, kUnavailable (it failed), kInvalid (its answer is not what the protocol says).
std::unique_ptr<NodeProvider> make_exec_provider(ExecProviderOptions options);

}  // namespace starling
