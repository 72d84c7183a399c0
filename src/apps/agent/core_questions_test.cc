// The mark that a node keeps: over restarts, and never half written.
#include "apps/agent/core_questions.h"

#include <gtest/gtest.h>

#include "base/file.h"

namespace starling::agent {
namespace {

class KeptScheduling : public testing::Test {
 protected:
  KeptScheduling()
      : folder_(std::filesystem::path(testing::TempDir()) /
                testing::UnitTest::GetInstance()->current_test_info()->name()) {
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
  }
  ~KeptScheduling() override { std::filesystem::remove_all(folder_); }

  std::filesystem::path folder_;
};

TEST_F(KeptScheduling, IsWhatWasSetLastAndTheCoreIsTold) {
  EXPECT_EQ(*kept_scheduling(folder_), Scheduling::kOpen);
  Inbox inbox;
  for (const auto mark : {Scheduling::kDraining, Scheduling::kCordoned, Scheduling::kOpen}) {
    ASSERT_TRUE(set_scheduling(folder_, mark, inbox));
    EXPECT_EQ(*kept_scheduling(folder_), mark);
  }
  Agent core({}, 1, {});
  auto told = inbox.take(std::chrono::steady_clock::now());
  ASSERT_EQ(told.size(), 3u);
  told.front()(core, {});
  EXPECT_EQ(core.scheduling(), Scheduling::kDraining);
}

TEST_F(KeptScheduling, WhatCannotBeKeptChangesNothing) {
  Inbox inbox;
  EXPECT_FALSE(set_scheduling("/nowhere/at/all", Scheduling::kDraining, inbox));
  EXPECT_TRUE(inbox.take(std::chrono::steady_clock::now()).empty());
}

TEST_F(KeptScheduling, AnotherWordIsAnErrorThatSaysWhatToDo) {
  ASSERT_TRUE(write_file_atomically(folder_ / "scheduling", "drained\n"));
  const auto kept = kept_scheduling(folder_);
  ASSERT_FALSE(kept);
  EXPECT_NE(kept.error().message.find("'drained': expected schedulable, cordoned or draining"),
            std::string::npos)
      << kept.error().message;
}

}  // namespace
}  // namespace starling::agent
