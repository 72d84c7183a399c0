// cgroup v1: every controller has its own tree, so a group is one folder in each of three.
#include <algorithm>
#include <cstdlib>
#include <set>
#include <system_error>

#include "runtime/cgroup.h"
#include "runtime/cgroup_files.h"

namespace starling {
namespace {

namespace fs = std::filesystem;

constexpr const char* kControllers[] = {"cpu", "cpuacct", "memory"};

class CgroupV1 final : public Cgroup {
 public:
  /// `places`: the group's folder under cpu, cpuacct and memory.
  explicit CgroupV1(std::vector<fs::path> places)
      : cpu_(places[0]), cpuacct_(places[1]), memory_(places[2]) {}

  std::vector<fs::path> procs_files() const override {
    std::vector<fs::path> files;
    for (const auto& place : distinct()) files.push_back(place / "cgroup.procs");
    return files;
  }

  Status set_limits(const Resources& resources) override {
    const auto quota = cpu_quota(resources.cpu_millis);
    // A period that grows first would be out of proportion to the old quota for a moment: lift the
    // limit.
    if (auto s = cgroup::write_value(cpu_ / "cpu.cfs_quota_us", "-1"); !s) return s;
    if (auto s = cgroup::write_value(cpu_ / "cpu.cfs_period_us", std::to_string(quota.period_us));
        !s)
      return s;
    if (auto s = cgroup::write_value(cpu_ / "cpu.cfs_quota_us", std::to_string(quota.quota_us)); !s)
      return s;
    return cgroup::write_value(memory_ / "memory.limit_in_bytes",
                               std::to_string(resources.memory_bytes));
  }

  Result<double> cpu_seconds() const override {
    const auto text = cgroup::read_value(cpuacct_ / "cpuacct.usage");
    if (text.empty())
      return fail(ErrorCode::kNotFound, "{} has no cpuacct.usage", cpuacct_.string());
    return std::strtod(text.c_str(), nullptr) * 1e-9;
  }

  Result<std::int64_t> memory_in_use() const override {
    return cgroup::memory_in_use(memory_ / "memory.usage_in_bytes", memory_ / "memory.stat",
                                 "total_inactive_file");
  }

  std::int64_t memory_kills() const override {
    return cgroup::read_keyed(memory_ / "memory.oom_control", "oom_kill");
  }

  void kill_all() override { cgroup::kill_members(cpu_); }

  Status remove() override {
    for (const auto& place : distinct()) {
      if (auto s = cgroup::remove_group(place); !s) return s;
    }
    return {};
  }

 private:
  /// cpu and cpuacct are one folder under two names on most systems.
  std::set<fs::path> distinct() const {
    std::set<fs::path> places;
    for (const auto& place : {cpu_, cpuacct_, memory_}) {
      std::error_code error;
      const auto real = fs::weakly_canonical(place, error);
      places.insert(error ? place : real);
    }
    return places;
  }

  fs::path cpu_;
  fs::path cpuacct_;
  fs::path memory_;
};

class CgroupTreeV1 final : public CgroupTree {
 public:
  CgroupTreeV1(fs::path root, std::string folder)
      : root_(std::move(root)), folder_(std::move(folder)) {}

  Result<std::unique_ptr<Cgroup>> create(const std::string& name) override {
    std::vector<fs::path> places;
    for (const auto* controller : kControllers) {
      places.push_back(root_ / controller / folder_ / name);
      std::error_code error;
      fs::create_directories(places.back(), error);
      if (error) {
        return fail(ErrorCode::kUnavailable, "cannot make the cgroup {}: {}",
                    places.back().string(), error.message());
      }
    }
    return std::make_unique<CgroupV1>(std::move(places));
  }

  int sweep() override {
    int count = 0;
    for (const auto* controller : kControllers) {
      count = std::max(count, cgroup::sweep_folder(root_ / controller / folder_));
    }
    return count;
  }

  void remove_folder() override {
    for (const auto* controller : kControllers) {
      static_cast<void>(cgroup::remove_group(root_ / controller / folder_));
    }
  }

 private:
  fs::path root_;
  std::string folder_;
};

}  // namespace

Result<std::unique_ptr<CgroupTree>> open_cgroups_v1(const std::string& folder,
                                                    const fs::path& root) {
  for (const auto* controller : kControllers) {
    std::error_code error;
    if (!fs::is_directory(root / controller, error)) {
      return fail(ErrorCode::kUnavailable, "{} has no controller '{}'", root.string(), controller);
    }
    fs::create_directories(root / controller / folder, error);
    if (error) {
      return fail(ErrorCode::kUnavailable, "no rights to make {}: {} (run as root, or delegate it)",
                  (root / controller / folder).string(), error.message());
    }
  }
  return std::make_unique<CgroupTreeV1>(root, folder);
}

}  // namespace starling
