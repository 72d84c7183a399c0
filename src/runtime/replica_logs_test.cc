// Which logs stay.
#include "runtime/replica_logs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <fstream>

namespace starling {
namespace {

namespace fs = std::filesystem;

TEST(ReplicaLogs, TheOldestGoButForThoseInUse) {
  char pattern[] = "/tmp/replica_logs_XXXXXX";
  const fs::path folder = ::mkdtemp(pattern);
  const auto now = fs::file_time_type::clock::now();
  for (int age = 0; age < 6; ++age) {
    const fs::path log = folder / (std::to_string(age) + ".log");
    std::ofstream(log) << "words\n";
    fs::last_write_time(log, now - std::chrono::hours(age));
  }
  std::ofstream(folder / "no log") << "of somebody else\n";
  fs::last_write_time(folder / "no log", now - std::chrono::hours(99));
  remove_old_logs(folder, {folder / "5.log"}, 2);
  std::set<std::string> left;
  for (const auto& entry : fs::directory_iterator(folder)) left.insert(entry.path().filename());
  EXPECT_THAT(left, testing::ElementsAre("0.log", "1.log", "5.log", "no log"));
  fs::remove_all(folder);
  remove_old_logs(folder, {});  // there is no folder: nothing to do
}

}  // namespace
}  // namespace starling
