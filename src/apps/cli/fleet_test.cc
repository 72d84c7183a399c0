// How an agent is named, and what is said when none answers.
#include "apps/cli/fleet.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace starling::cli {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

/// A fleet of agents at ports where nobody listens.
Fleet unreachable(int agents) {
  Fleet fleet;
  for (int i = 1; i <= agents; ++i) {
    const std::string api = fmt::format("127.0.0.1:{}", i);
    fleet.nodes.push_back({fmt::format("node-{}", i), "aws", api, "", 0});
  }
  return fleet;
}

TEST(AgentAddress, IsAHostWithAPort) {
  EXPECT_EQ(agent_address("10.0.0.11:7070").value(), "10.0.0.11:7070");
  EXPECT_EQ(agent_address("http://node:7070/").value(), "node:7070");
  for (const std::string text : {"foo", "foo:", ":7070", "foo:70700", "foo:0", "foo:70x",
                                 "https://foo:7070", "foo:7070/v1"}) {
    const auto address = agent_address(text);
    ASSERT_FALSE(address) << text;
    EXPECT_EQ(address.error().message, "'" + text + "' is not host:port such as 10.0.0.11:7070");
  }
}

TEST(UnreachableFleet, SaysWhatBecameOfEachAttempt) {
  const auto answer = unreachable(2).call("GET", "/v1/status");
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, ErrorCode::kUnavailable);
  EXPECT_THAT(answer.error().message, AllOf(HasSubstr("no answer from the agent at 127.0.0.1:1 ("),
                                            HasSubstr("no answer from the agent at 127.0.0.1:2 ("),
                                            HasSubstr("Start one with `starling up`")));
}

TEST(UnreachableFleet, OfManyAgentsTheFirstFewAreNamed) {
  const auto answer = unreachable(8).call("GET", "/v1/status");
  ASSERT_FALSE(answer);
  EXPECT_THAT(answer.error().message, AllOf(HasSubstr("127.0.0.1:5 ("), HasSubstr("3 agents more"),
                                            Not(HasSubstr("127.0.0.1:6"))));
}

TEST(UnreachableFleet, WhoNamedAnAgentIsNotToldToStartAFleet) {
  Fleet fleet = unreachable(1);
  fleet.by_server = true;
  const auto answer = fleet.call("GET", "/v1/status");
  ASSERT_FALSE(answer);
  EXPECT_THAT(answer.error().message, AllOf(HasSubstr("127.0.0.1:1 ("), HasSubstr("--server"),
                                            Not(HasSubstr("starling up"))));
}

}  // namespace
}  // namespace starling::cli
