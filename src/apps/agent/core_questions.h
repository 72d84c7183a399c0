// What the API's threads ask of the core, which belongs to the control thread: through its inbox.
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "apps/agent/inbox.h"

namespace starling::agent {

/// {"decision", "last_change"} of a model that this node owns; nothing where it owns it not, has
/// not decided yet or is too busy to answer within a second.
std::optional<nlohmann::json> explain(Inbox& inbox, const std::string& model);

/// The mark that an operator gave this node, kept in its data folder over restarts: schedulable
/// where there is no file. Errors: a file that holds something else, with what it may hold.
Result<Scheduling> kept_scheduling(const std::filesystem::path& data);
/// Keeps the mark, then tells the core. Errors: it can't be written; then nothing changes.
Status set_scheduling(const std::filesystem::path& data, Scheduling scheduling, Inbox& inbox);

}  // namespace starling::agent
