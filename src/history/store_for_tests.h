// A store in a folder of its own, facts to put into it, and child processes on the same folder.
#pragma once

#include <gmock/gmock.h>

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>

#include "base/child_process.h"
#include "history/store.h"

namespace starling::history {

inline const PlaceInfo kOwn{.cloud = "aws", .region = "eu-1", .zone = "eu-1a", .node = "n1"};
inline const TimePoint kStart =
    TimePoint{std::chrono::sys_days{std::chrono::May / 6 / 2024} + 12h};  // a Monday

inline UsageFact usage(const std::string& model, std::int64_t second, std::int64_t arrivals) {
  UsageFact fact;
  fact.time = kStart + second * 1s;
  fact.model = {"demo", model, "1"};
  fact.arrivals = arrivals;
  fact.completed = arrivals;
  return fact;
}

class StoreFixture : public testing::Test {
 protected:
  StoreFixture() {
    char name[] = "/tmp/starling-history-XXXXXX";
    folder_ = ::mkdtemp(name);
  }
  ~StoreFixture() override { std::filesystem::remove_all(folder_); }

  std::string path() const { return folder_ / "history.db"; }
  std::unique_ptr<Store> open(const StoreOptions& options = {}) {
    auto store = Store::open(path(), kOwn, options);
    if (!store) throw std::runtime_error(store.error().message);
    return std::move(*store);
  }
  /// The rows of a query as JSON text.
  static std::string ask(const Store& store, const std::string& sql) {
    const auto result = store.query(sql);
    EXPECT_TRUE(result) << sql << ": " << (result ? "" : result.error().message);
    return result ? result->rows.dump() : "";
  }
  /// Runs one disabled test of this program in a process of its own, on this test's folder.
  ChildProcess child(const std::string& test) const {
    auto process = ChildProcess::spawn(
        {.arguments = {std::filesystem::read_symlink("/proc/self/exe"), "--gtest_filter=" + test,
                       "--gtest_also_run_disabled_tests"},
         .environment = {"STARLING_TEST_FOLDER=" + folder_.string()},
         .output = folder_ / "child.log",
         .directory = {},
         .cgroup_procs = {}});
    EXPECT_TRUE(process) << process.error().message;
    return std::move(*process);
  }

  std::filesystem::path folder_;
};

/// In a child process: the folder of the test that started it; empty when run by hand.
inline std::filesystem::path child_folder() {
  const char* folder = std::getenv("STARLING_TEST_FOLDER");
  return folder == nullptr ? "" : folder;
}

}  // namespace starling::history
