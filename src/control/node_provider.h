// Where nodes come from: what the fleet needs of a cloud, or of a machine, to grow and to shrink.
// Implemented by `provider` (exec_provider.h, local_provider.h). The core calls none of it: it
// returns AskProvider and takes a ProviderAnswer.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

namespace starling {

enum class ProviderAction { kList, kCreate, kDelete };
/// "list", "create", "delete".
const char* name_of(ProviderAction action);

/// A node that is to be.
struct NodeOrder {
  std::string name;    // also the key by which the same order, given twice, is known
  std::string config;  // its agent's configuration, see docs/configuration.md
};

/// One pool's source of nodes. Calls block, for a bounded time; one thread calls.
class NodeProvider {
 public:
  virtual ~NodeProvider() = default;
  /// Names of the pool's nodes that exist, whether their agents have joined or not. Errors: the
  /// provider's, or an answer that can't be true.
  virtual Result<std::vector<std::string>> list() = 0;
  /// Has the node made and its agent started. A node that exists already is left as it is.
  virtual Status create(const NodeOrder& order) = 0;
  /// Ends the node and what it keeps. A node that does not exist is no error.
  virtual Status remove(const std::string& name) = 0;
};

/// An effect: a call of the pool's provider, answered by Agent::on_provider.
struct AskProvider {
  std::string pool;
  ProviderAction action = ProviderAction::kList;
  std::string node;          // to be made or returned
  std::uint64_t number = 0;  // of the call, for the answer
};

struct ProviderAnswer {
  AskProvider asked;
  std::vector<std::string> nodes;  // of a list
  std::string error;               // empty: it went well
};

}  // namespace starling
