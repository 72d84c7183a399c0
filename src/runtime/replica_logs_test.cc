// Which logs stay, and what is read of them.
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

class ReplicaLogsRead : public testing::Test {
 protected:
  void SetUp() override {
    char pattern[] = "/tmp/replica_logs_XXXXXX";
    folder_ = ::mkdtemp(pattern);
  }
  void TearDown() override { fs::remove_all(folder_); }
  void write(const std::string& name, const std::string& text, std::chrono::minutes age = {}) {
    std::ofstream(folder_ / (name + ".log")) << text;
    fs::last_write_time(folder_ / (name + ".log"), fs::file_time_type::clock::now() - age);
  }
  std::vector<std::string> of_model(const std::string& model, const std::string& node) const {
    std::vector<std::string> found;
    for (const auto& log : read_logs(folder_, node, {.model = model})) found.push_back(log.replica);
    return found;
  }

  fs::path folder_;
};

TEST_F(ReplicaLogsRead, AModelsAreThoseOfItsOwnReplicasTheNewestLast) {
  using std::chrono::minutes;
  write("m-n-1f-1", "", minutes(1));
  write("m-n-1f-2", "", minutes(2));
  write("m-n-n-1f-3", "of model m-n");
  write("m2-n-1f-4", "of model m2");
  write("m-n-notes", "of somebody else");
  EXPECT_THAT(of_model("m", "n"), testing::ElementsAre("m-n-1f-2", "m-n-1f-1"));
  EXPECT_THAT(of_model("m-n", "n"), testing::ElementsAre("m-n-n-1f-3"));
  EXPECT_THAT(of_model("x", "n"), testing::IsEmpty());
  for (int i = 10; i < 40; ++i) write("many-n-1-" + std::to_string(i), "", minutes(i));
  EXPECT_EQ(of_model("many", "n").size(), kLogsReadMax);
  EXPECT_EQ(of_model("many", "n").back(), "many-n-1-10");
}

TEST_F(ReplicaLogsRead, APartIsTheLastBytesOrThoseFromAPlaceOn) {
  write("m-n-1-1", "one\ntwo\n");
  const auto part = [&](std::optional<std::int64_t> from, std::int64_t most) {
    const auto logs =
        read_logs(folder_, "n", {.replica = "m-n-1-1", .from = from, .bytes_max = most});
    return logs.size() == 1 ? logs[0] : ReplicaLog{};
  };
  EXPECT_EQ(part({}, 100).text, "one\ntwo\n");
  EXPECT_EQ(part({}, 4).text, "two\n");
  EXPECT_EQ(part({}, 4).begin, 4);
  EXPECT_EQ(part(4, 2).text, "tw") << "a line longer than what is asked for";
  EXPECT_EQ(part(4, 2).end, 6);
  write("m-n-1-1", "one\ntwo\nthr");
  EXPECT_EQ(part(4, 100).text, "two\n") << "the third is still being written";
  EXPECT_EQ(part(8, 100).end, 8);
  EXPECT_EQ(part({}, 3).text, "thr");
  EXPECT_EQ(part({}, 3).lines_end, 8);
  EXPECT_EQ(part({}, 6).lines_end, 8);
  write("m-n-1-1", "one\ntwo\n");
  EXPECT_EQ(part(8, 100).text, "");
  EXPECT_EQ(part(9, 100).text, "one\ntwo\n") << "it was emptied since";
  EXPECT_EQ(part({}, 0).end, 8);
  EXPECT_GT(part({}, 0).written, 1.6e9);
}

TEST_F(ReplicaLogsRead, NoNameLeadsOutOfTheFolder) {
  write("secret", "of another folder");
  fs::create_directory(folder_ / "logs");
  EXPECT_THAT(read_logs(folder_ / "logs", "n", {.replica = "../secret"}), testing::IsEmpty());
  EXPECT_THAT(read_logs(folder_ / "nowhere", "n", {.replica = "m"}), testing::IsEmpty());
}

}  // namespace
}  // namespace starling
