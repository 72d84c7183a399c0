// A node that is told of its eviction drains, and says why.
#include "apps/agent/eviction_watch.h"

#include <gtest/gtest.h>

#include <fstream>

namespace starling::agent {
namespace {

TEST(EvictionWatch, TheNodeDrainsOnceTheNoticeAppears) {
  const auto folder = std::filesystem::path(testing::TempDir()) / "eviction_watch";
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  const auto notice = folder / "evict";
  const TimePoint now = from_unix_seconds(1'700'000'000);
  NodeInfo info;
  info.name = "spot-1";
  Agent core(info, 1, now);
  EvictionWatch watch(notice);
  EXPECT_TRUE(watch.look(core, now).empty());
  EXPECT_EQ(core.scheduling(), Scheduling::kOpen);

  std::ofstream(notice) << "soon\n";
  const Effects effects = watch.look(core, now);
  EXPECT_EQ(core.scheduling(), Scheduling::kDraining);
  ASSERT_FALSE(effects.empty());
  const auto* said = std::get_if<Notice>(&effects.back());
  ASSERT_NE(said, nullptr);
  EXPECT_NE(said->text.find(notice.string()), std::string::npos) << said->text;
  EXPECT_TRUE(watch.look(core, now).empty()) << "said once";
}

TEST(EvictionWatch, WithoutAPathNothingIsWatched) {
  NodeInfo info;
  info.name = "a";
  Agent core(info, 1, from_unix_seconds(1));
  EXPECT_TRUE(EvictionWatch({}).look(core, from_unix_seconds(2)).empty());
  EXPECT_EQ(core.scheduling(), Scheduling::kOpen);
}

}  // namespace
}  // namespace starling::agent
