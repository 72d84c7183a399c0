#include "apps/lab/replay_timeline.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "base/file.h"
#include "sim/timeline.h"

namespace starling::lab {
namespace {

TEST(TimelineFile, AppearsWhenItIsFinishedAndNotBefore) {
  const auto folder = std::filesystem::path(testing::TempDir()) / "timeline-file";
  std::filesystem::create_directories(folder);
  const std::string path = (folder / "t.csv").string();
  {
    auto left = TimelineFile::begin(path).value();
    ASSERT_TRUE(left.add("a row\n").has_value());
  }
  EXPECT_TRUE(std::filesystem::is_empty(folder)) << "what was not finished is gone";
  auto file = TimelineFile::begin(path).value();
  ASSERT_TRUE(file.add("a row\n").has_value());
  EXPECT_FALSE(std::filesystem::exists(path));
  ASSERT_TRUE(file.finish().has_value());
  EXPECT_EQ(read_file(path).value(), timeline_heading() + "a row\n");
  EXPECT_FALSE(TimelineFile::begin((folder / "missing" / "t.csv").string()).has_value());
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace starling::lab
