// CPU and memory limits of one process group, the same over cgroup v1 (also hybrid) and v2.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "manifest/model_spec.h"

namespace starling {

/// One group. The destructor leaves it be: `remove` it once its processes have ended.
class Cgroup {
 public:
  virtual ~Cgroup() = default;
  /// Files that a process writes itself into to join.
  virtual std::vector<std::filesystem::path> procs_files() const = 0;
  /// Takes effect on running processes at once. Errors: the kernel refuses (memory below what is in
  /// use).
  virtual Status set_limits(const Resources& resources) = 0;
  /// CPU time used since the group was made, in seconds.
  virtual Result<double> cpu_seconds() const = 0;
  /// Memory in use, without the file pages that the kernel would drop first, in bytes.
  virtual Result<std::int64_t> memory_in_use() const = 0;
  /// How often the kernel ended a process here for its memory limit.
  virtual std::int64_t memory_kills() const = 0;
  /// SIGKILL to every process in it.
  virtual void kill_all() = 0;
  /// Errors: processes are still in it.
  virtual Status remove() = 0;
};

/// Makes groups under `<controller>/<folder>`; the folder belongs to one node's runtime.
class CgroupTree {
 public:
  virtual ~CgroupTree() = default;
  virtual Result<std::unique_ptr<Cgroup>> create(const std::string& name) = 0;
  /// Ends what an earlier run left in the folder, and removes its groups. Returns how many there
  /// were.
  virtual int sweep() = 0;
  /// Removes the (empty) folder itself.
  virtual void remove_folder() = 0;
};

/// v2 when `root` is a cgroup2 mount, else v1 with its controllers below `root`.
/// Errors: no cgroups there, or no rights to make groups (both named, with what to do).
Result<std::unique_ptr<CgroupTree>> open_cgroups(
    const std::string& folder, const std::filesystem::path& root = "/sys/fs/cgroup");

/// Either version by name, for tests on a plain folder.
Result<std::unique_ptr<CgroupTree>> open_cgroups_v1(const std::string& folder,
                                                    const std::filesystem::path& root);
Result<std::unique_ptr<CgroupTree>> open_cgroups_v2(const std::string& folder,
                                                    const std::filesystem::path& root);

/// Quota and period in µs for so many thousandths of a core. The period is 20 ms instead of the
/// kernel's 100 ms, so that a throttled request stalls for less; it grows where the quota would
/// fall under the kernel's smallest, 1 ms.
struct CpuQuota {
  std::int64_t quota_us = 0;
  std::int64_t period_us = 0;
};
CpuQuota cpu_quota(std::int64_t cpu_millis);

}  // namespace starling
