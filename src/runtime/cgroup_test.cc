#include "runtime/cgroup.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <set>
#include <utility>

#include "runtime/cgroup_files.h"
#include "runtime/restart_backoff.h"

namespace starling {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

/// A plain folder that stands for a cgroup mount: what is written to its files can be read back.
class CgroupTest : public ::testing::Test {
 protected:
  CgroupTest() {
    char pattern[] = "/tmp/cgroup_test_XXXXXX";
    root_ = ::mkdtemp(pattern);
  }
  ~CgroupTest() override { fs::remove_all(root_); }

  static void make(const fs::path& file, const std::string& text = "") {
    fs::create_directories(file.parent_path());
    std::ofstream(file) << text;
  }

  fs::path root_;
};

TEST_F(CgroupTest, V1WritesQuotaPeriodAndMemory) {
  for (const auto* controller : {"cpu", "cpuacct", "memory"})
    fs::create_directories(root_ / controller);
  const auto tree = open_cgroups_v1("starling-n", root_);
  ASSERT_TRUE(tree) << tree.error().message;
  const auto group = (*tree)->create("r1");
  ASSERT_TRUE(group);
  const auto cpu = root_ / "cpu/starling-n/r1";
  const auto memory = root_ / "memory/starling-n/r1";
  make(cpu / "cpu.cfs_quota_us");
  make(cpu / "cpu.cfs_period_us");
  make(memory / "memory.limit_in_bytes");
  make(memory / "memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill 2\n");
  make(root_ / "cpuacct/starling-n/r1/cpuacct.usage", "1500000000\n");
  ASSERT_TRUE((*group)->set_limits({250, 64 << 20}));
  EXPECT_EQ(cgroup::read_value(cpu / "cpu.cfs_quota_us"), "5000");
  EXPECT_EQ(cgroup::read_value(cpu / "cpu.cfs_period_us"), "20000");
  EXPECT_EQ(cgroup::read_value(memory / "memory.limit_in_bytes"), "67108864");
  EXPECT_DOUBLE_EQ((*group)->cpu_seconds().value(), 1.5);
  EXPECT_EQ((*group)->memory_kills(), 2);
  make(memory / "memory.usage_in_bytes", "9000\n");
  make(memory / "memory.stat", "inactive_file 1\ntotal_inactive_file 4000\n");
  EXPECT_EQ((*group)->memory_in_use().value(), 5000);
  EXPECT_EQ((*group)->procs_files().size(), 3u);
}

TEST_F(CgroupTest, V2SwitchesControllersOnAndWritesItsOwnFiles) {
  make(root_ / "cgroup.subtree_control");
  make(root_ / "starling-n/cgroup.subtree_control");
  const auto tree = open_cgroups_v2("starling-n", root_);
  ASSERT_TRUE(tree) << tree.error().message;
  EXPECT_EQ(cgroup::read_value(root_ / "starling-n/cgroup.subtree_control"), "+cpu +memory");
  const auto group = (*tree)->create("r1");
  const auto place = root_ / "starling-n/r1";
  make(place / "cpu.max");
  make(place / "memory.max");
  make(place / "memory.events", "low 0\noom 3\noom_kill 1\n");
  make(place / "cpu.stat", "usage_usec 2500000\nuser_usec 1\n");
  ASSERT_TRUE((*group)->set_limits({1500, 1024}));
  EXPECT_EQ(cgroup::read_value(place / "cpu.max"), "30000 20000");
  EXPECT_EQ(cgroup::read_value(place / "memory.max"), "1024");
  EXPECT_DOUBLE_EQ((*group)->cpu_seconds().value(), 2.5);
  EXPECT_EQ((*group)->memory_kills(), 1);
  EXPECT_EQ((*group)->procs_files(), std::vector<fs::path>{place / "cgroup.procs"});
  EXPECT_FALSE((*group)->memory_in_use());
  make(place / "memory.current", "5000\n");
  make(place / "memory.stat", "anon 3000\nfile 2000\ninactive_file 1500\n");
  EXPECT_EQ((*group)->memory_in_use().value(), 3500);
  EXPECT_EQ((*group)->set_limits({1500, 3499}).error().code, ErrorCode::kConflict)
      << "the kernel would end the process";
  EXPECT_EQ(cgroup::read_value(place / "memory.max"), "1024");
  EXPECT_TRUE((*group)->set_limits({1500, 3500}));
}

/// The kernel's rule, which a plain folder does not have: a group that holds processes switches no
/// controllers on.
class NoInternalProcesses {
 public:
  explicit NoInternalProcesses(fs::path group) : group_(std::move(group)) {}

  Status operator()(const fs::path& file, const std::string& value) {
    if (file == group_ / "cgroup.subtree_control") {
      if (!members_.empty()) return fail(ErrorCode::kConflict, "Device or resource busy");
      controllers_ = value;
      return {};
    }
    if (file != group_ / "supervisor/cgroup.procs")
      return fail(ErrorCode::kInternal, "{}", file.string());
    if (value == ended_) return fail(ErrorCode::kInternal, "No such process");
    members_.erase(value);
    if (std::exchange(forks_, false)) members_.insert("900");
    show();
    return {};
  }
  void show() const {
    std::ofstream file(group_ / "cgroup.procs");
    for (const auto& pid : members_) file << pid << "\n";
  }

  fs::path group_;
  std::set<std::string> members_;
  std::string ended_;  // listed, but not to be moved any more
  bool forks_ = false;
  std::string controllers_;
};

TEST_F(CgroupTest, V2MovesTheProcessesOfAGroupOutOfTheWayOfItsControllers) {
  NoInternalProcesses kernel(root_);
  kernel.members_ = {"12", "34", "56"};
  kernel.forks_ = true;
  kernel.show();
  const auto status = cgroup::switch_on_controllers(root_, std::ref(kernel));
  ASSERT_TRUE(status) << status.error().message;
  EXPECT_EQ(kernel.controllers_, "+cpu +memory");
  EXPECT_TRUE(fs::is_directory(root_ / "supervisor"));
}

TEST_F(CgroupTest, V2GivesUpOnProcessesThatCannotBeMoved) {
  NoInternalProcesses kernel(root_);
  kernel.members_ = {"12", "34"};
  kernel.ended_ = "34";
  kernel.show();
  const auto status = cgroup::switch_on_controllers(root_, std::ref(kernel));
  ASSERT_FALSE(status);
  EXPECT_THAT(status.error().message, HasSubstr("busy"));
  EXPECT_EQ(kernel.members_, std::set<std::string>{"34"});
}

TEST_F(CgroupTest, V2MovesNothingWhereTheControllersSwitchOn) {
  NoInternalProcesses kernel(root_);
  ASSERT_TRUE(cgroup::switch_on_controllers(root_, std::ref(kernel)));
  EXPECT_FALSE(fs::exists(root_ / "supervisor"));
}

TEST_F(CgroupTest, WhatIsMissingIsNamed) {
  EXPECT_THAT(open_cgroups("starling-n", root_ / "nowhere").error().message, HasSubstr("nowhere"));
  EXPECT_THAT(open_cgroups("starling-n", root_).error().message, HasSubstr("no controller 'cpu'"));
  EXPECT_THAT(open_cgroups_v2("starling-n", root_).error().message, HasSubstr("switch on"));
}

RC_GTEST_PROP(CpuQuota, IsInProportionAndWithinTheKernelsBounds, ()) {
  const auto millis = *rc::gen::inRange<std::int64_t>(1, 64'000);
  const auto quota = cpu_quota(millis);
  RC_ASSERT(quota.quota_us >= 1'000);
  RC_ASSERT(quota.period_us >= 1'000 && quota.period_us <= 1'000'000);
  const double share =
      1000.0 * static_cast<double>(quota.quota_us) / static_cast<double>(quota.period_us);
  RC_ASSERT(std::abs(share - static_cast<double>(millis)) <= 0.02 * static_cast<double>(millis));
}

TEST(RestartBackoff, DoublesToTheLongestAndGivesUp) {
  RestartBackoff backoff({500ms, 30s, 10, 30s});
  std::vector<double> waits_s;
  while (const auto wait = backoff.failed(0s)) waits_s.push_back(seconds(*wait));
  EXPECT_EQ(waits_s, (std::vector<double>{0.5, 1, 2, 4, 8, 16, 30, 30, 30}));
}

TEST(RestartBackoff, OnlyALongTimeReadyForgetsFailures) {
  RestartBackoff backoff({500ms, 30s, 5, 30s});
  for (int i = 0; i < 4; ++i) ASSERT_TRUE(backoff.failed(29s));
  EXPECT_FALSE(backoff.failed(29s));
  RestartBackoff recovered({500ms, 30s, 5, 30s});
  for (int i = 0; i < 4; ++i) ASSERT_TRUE(recovered.failed(0s));
  EXPECT_EQ(recovered.failed(30s), Duration(500ms));
}

}  // namespace
}  // namespace starling
