// What one agent asks of all others: how many at a time, of whom, and for how long.
#include "api/ask_peers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "api/http_client.h"

namespace starling {
namespace {

FleetView view_of(int nodes) {
  FleetView view;
  view.self = "n0";
  for (int i = 0; i < nodes; ++i) {
    Member member;
    member.last.node.name = fmt::format("n{}", i);
    member.last.node.api_address = fmt::format("10.0.0.{}:7070", i);
    view.members.push_back(member);
  }
  return view;
}

TEST(AskPeers, AsksTheOthersThatAreThere) {
  auto view = view_of(5);
  view.members[2].state = MemberState::kDead;
  view.members[3].state = MemberState::kLeft;
  view.members[4].state = MemberState::kSuspect;
  std::vector<std::string> heard;
  ask_peers(
      view, [](const std::string& address) -> Result<std::string> { return address; },
      [&](const std::string& node, const Result<std::string>& answer) {
        heard.push_back(node + " at " + answer.value());
        return true;
      });
  EXPECT_THAT(heard, testing::UnorderedElementsAre("n1 at 10.0.0.1:7070", "n4 at 10.0.0.4:7070"));
}

TEST(AskPeers, AsksNoMoreThan32AtATime) {
  std::atomic<int> now{0}, most{0};
  int heard = 0;
  ask_peers(
      view_of(101),
      [&](const std::string&) -> Result<std::string> {
        const int asked = ++now;
        for (int before = most; before < asked && !most.compare_exchange_weak(before, asked);) {
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
        --now;
        return "";
      },
      [&](const std::string&, const Result<std::string>&) { return ++heard > 0; });
  EXPECT_EQ(heard, 100);
  EXPECT_LE(most, 32);
}

TEST(AskPeers, WhoIsNotAskedInTimeIsAnsweredFor) {
  std::atomic<int> asked{0};
  std::vector<std::string> refused;
  ask_peers(
      view_of(40),
      [&](const std::string&) -> Result<std::string> {
        ++asked;
        std::this_thread::sleep_for(kPeerTimeout + std::chrono::milliseconds(100));
        return "";
      },
      [&](const std::string&, const Result<std::string>& answer) {
        if (!answer) refused.push_back(answer.error().message);
        return true;
      });
  EXPECT_GE(asked, 32);
  EXPECT_EQ(asked + static_cast<int>(refused.size()), 39);
  EXPECT_THAT(refused, testing::Contains("it was not asked: too many others did not answer"));
}

TEST(AskPeers, AsksNobodyElseOnceItIsEnough) {
  std::atomic<int> asked{0};
  ask_peers(
      view_of(101),
      [&](const std::string&) -> Result<std::string> {
        ++asked;
        return fail(ErrorCode::kTooLarge, "too large");
      },
      [](const std::string&, const Result<std::string>&) { return false; });
  EXPECT_LE(asked, 32);
}

}  // namespace
}  // namespace starling
