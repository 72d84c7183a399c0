// What both cgroup versions share: small kernel files, and groups ended and removed by their
// folder.
#pragma once

#include <filesystem>
#include <functional>
#include <string>

#include "base/result.h"

namespace starling::cgroup {

/// Errors: errno's words, with the file and the value; kConflict for EBUSY.
Status write_value(const std::filesystem::path& file, const std::string& value);
/// The file's text without its last newline; empty when it can't be read.
std::string read_value(const std::filesystem::path& file);
/// The number after `key` in a file of "key number" lines; 0 when there is none.
std::int64_t read_keyed(const std::filesystem::path& file, const std::string& key);
/// A group's memory less what memory.stat has under `droppable`. Errors: there is no such file.
Result<std::int64_t> memory_in_use(const std::filesystem::path& usage,
                                   const std::filesystem::path& stat, const std::string& droppable);
/// v2: lets groups below `group` have limits of CPU and memory. The kernel refuses that (EBUSY)
/// where processes live in `group` itself: they are moved to a leaf below it first, `supervisor`,
/// as systemd asks of whom it delegates a group to and as Docker's own image for nested use does.
/// `write` stands for write_value. Errors: what the kernel says.
using Write = std::function<Status(const std::filesystem::path& file, const std::string& value)>;
Status switch_on_controllers(const std::filesystem::path& group, const Write& write = write_value);
/// SIGKILL to every process of the group.
void kill_members(const std::filesystem::path& group);
/// Errors: processes are still in it. A group that is gone is fine.
Status remove_group(const std::filesystem::path& group);
/// Kills and removes every group below `folder`; waits a moment for the killed ones. Returns how
/// many.
int sweep_folder(const std::filesystem::path& folder);

}  // namespace starling::cgroup
