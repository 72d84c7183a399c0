// cgroup v2: one tree; a group's controllers must be switched on in every folder above it.
#include <cstdlib>
#include <system_error>

#include "runtime/cgroup.h"
#include "runtime/cgroup_files.h"

namespace starling {
namespace {

namespace fs = std::filesystem;

class CgroupV2 final : public Cgroup {
 public:
  explicit CgroupV2(fs::path place) : place_(std::move(place)) {}

  std::vector<fs::path> procs_files() const override { return {place_ / "cgroup.procs"}; }

  Status set_limits(const Resources& resources) override {
    // Where v1 refuses, v2 ends the process.
    if (const auto used = memory_in_use(); used && *used > resources.memory_bytes) {
      return fail(ErrorCode::kConflict, "{}: {} bytes of memory are in use, more than {}",
                  place_.string(), *used, resources.memory_bytes);
    }
    const auto quota = cpu_quota(resources.cpu_millis);
    if (auto s = cgroup::write_value(place_ / "cpu.max",
                                     fmt::format("{} {}", quota.quota_us, quota.period_us));
        !s) {
      return s;
    }
    return cgroup::write_value(place_ / "memory.max", std::to_string(resources.memory_bytes));
  }

  Result<double> cpu_seconds() const override {
    if (cgroup::read_value(place_ / "cpu.stat").empty()) {
      return fail(ErrorCode::kNotFound, "{} has no cpu.stat", place_.string());
    }
    return static_cast<double>(cgroup::read_keyed(place_ / "cpu.stat", "usage_usec")) * 1e-6;
  }

  Result<std::int64_t> memory_in_use() const override {
    return cgroup::memory_in_use(place_ / "memory.current", place_ / "memory.stat",
                                 "inactive_file");
  }

  std::int64_t memory_kills() const override {
    return cgroup::read_keyed(place_ / "memory.events", "oom_kill");
  }

  void kill_all() override { cgroup::kill_members(place_); }
  Status remove() override { return cgroup::remove_group(place_); }

 private:
  fs::path place_;
};

class CgroupTreeV2 final : public CgroupTree {
 public:
  explicit CgroupTreeV2(fs::path folder) : folder_(std::move(folder)) {}

  Result<std::unique_ptr<Cgroup>> create(const std::string& name) override {
    std::error_code error;
    fs::create_directories(folder_ / name, error);
    if (error) {
      return fail(ErrorCode::kUnavailable, "cannot make the cgroup {}: {}",
                  (folder_ / name).string(), error.message());
    }
    return std::make_unique<CgroupV2>(folder_ / name);
  }

  int sweep() override { return cgroup::sweep_folder(folder_); }
  void remove_folder() override { static_cast<void>(cgroup::remove_group(folder_)); }

 private:
  fs::path folder_;
};

}  // namespace

Result<std::unique_ptr<CgroupTree>> open_cgroups_v2(const std::string& folder,
                                                    const fs::path& root) {
  std::error_code error;
  fs::create_directories(root / folder, error);
  if (error) {
    return fail(ErrorCode::kUnavailable, "no rights to make {}: {} (run as root, or delegate it)",
                (root / folder).string(), error.message());
  }
  for (const auto& place : {root, root / folder}) {
    if (auto s = cgroup::switch_on_controllers(place); !s) {
      return fail(ErrorCode::kUnavailable, "cannot switch on the cpu and memory controllers: {}",
                  s.error().message);
    }
  }
  return std::make_unique<CgroupTreeV2>(root / folder);
}

}  // namespace starling
