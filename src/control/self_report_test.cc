// When a node tells all of itself, and when a beat is enough.
#include "control/self_report.h"

#include <gtest/gtest.h>

#include "control/values_for_tests.h"

namespace starling {
namespace {

using namespace testing_values;

/// Node a, beside node b that answers probes.
class SelfReportTest : public ::testing::Test {
 protected:
  SelfReportTest() {
    report_.tell_self(at(0s));
    Heartbeat b = heartbeat(node("b"), 1);
    b.understands = kUnderstands;
    members_.on_heartbeat(b, at(0s));
  }

  /// What it sends when it is due at `time`.
  Message told(Duration time, bool figures_matter = false, Epoch epoch = 1) {
    SelfReport::Occasion occasion{false, [&] { return figures_matter; }, {}};
    occasion.terms["m"] = {epoch, {}};
    Effects out;
    EXPECT_TRUE(report_.due(at(time)));
    report_.beat(occasion, at(time), out);
    EXPECT_EQ(out.size(), 1u);
    return std::get<Broadcast>(out.at(0)).message;
  }
  static bool is_beat(const Message& message) { return std::holds_alternative<Beat>(message); }

  NodeInfo self_ = node("a");
  Membership members_{MembershipOptions{}};
  SelfReport report_{self_,
                     1,
                     members_,
                     500ms,
                     [this](TimePoint) {
                       Heartbeat mine;
                       mine.node = self_;
                       return mine;
                     },
                     at(0s)};
};

TEST_F(SelfReportTest, BetweenTwoHeartbeatsThatSayTheSameAreBeats) {
  EXPECT_FALSE(is_beat(told(0s)));
  const auto content = report_.content();
  EXPECT_TRUE(is_beat(told(500ms)));
  const Beat beat = std::get<Beat>(told(1000ms));
  EXPECT_EQ(beat.content, content);
  EXPECT_GT(beat.sequence, content);
  EXPECT_FALSE(is_beat(told(1500ms))) << "every third has content, whatever happens";
}

TEST_F(SelfReportTest, WhatIsNewIsToldWithContent) {
  told(0s);
  EXPECT_FALSE(report_.due(at(100ms)));
  report_.soon();
  EXPECT_FALSE(is_beat(told(100ms)));
  report_.with_content();
  EXPECT_FALSE(is_beat(told(600ms)));
  EXPECT_FALSE(is_beat(told(1100ms, true))) << "others act on its figures";
  EXPECT_FALSE(is_beat(told(1600ms, false, 2))) << "an owner's terms are others";
  EXPECT_TRUE(is_beat(told(2100ms, false, 2)));
}

TEST_F(SelfReportTest, NumbersRiseWhateverIsTold) {
  const Heartbeat first = std::get<Heartbeat>(told(0s));
  const Heartbeat answer = report_.answer(at(100ms));
  const Beat beat = std::get<Beat>(told(500ms));
  EXPECT_LT(first.sequence, answer.sequence);
  EXPECT_LT(answer.sequence, beat.sequence);
  EXPECT_TRUE(report_.heartbeat(at(600ms), true).leaving);
}

}  // namespace
}  // namespace starling
