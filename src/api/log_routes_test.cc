// What replicas printed, of the asked node and of the others.
#include "api/log_routes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api/backend_for_tests.h"
#include "api/listening_for_tests.h"

namespace starling {
namespace {

using Json = nlohmann::json;
using testing::HasSubstr;

/// A node with one log.
class Backend final : public SilentBackend {
 public:
  explicit Backend(const std::string& name, double written) : written_(written) {
    view_->self = name;
  }
  void knows(const std::string& name, const std::string& api) {
    Member member;
    member.last.node.name = name;
    member.last.node.api_address = api;
    view_->members.push_back(member);
  }
  std::shared_ptr<const FleetView> view() const override { return view_; }
  std::vector<ReplicaLog> logs(const LogQuestion& question) const override {
    asked_ = question;
    const std::string replica = "m-" + view_->self + "-1-1";
    if (question.model != "m" && question.replica != replica) return {};
    return {{replica, written_, 0, 6, 0, "words\xff"}};
  }
  const LogQuestion& asked() const { return asked_; }

 private:
  std::shared_ptr<FleetView> view_ = std::make_shared<FleetView>();
  double written_;
  mutable LogQuestion asked_;
};

class LogRoutes : public testing::Test {
 protected:
  LogRoutes() {
    add_log_routes(at_a_.server(), a_, "t");
    add_log_routes(at_b_.server(), b_, "t");
    const auto a = at_a_.listen(), b = at_b_.listen();
    for (auto* backend : {&a_, &b_}) {
      backend->knows("a", a);
      backend->knows("b", b);
    }
    address_ = a;
  }
  std::pair<int, Json> get(const std::string& query) const {
    const auto answer = httplib::Client("http://" + address_).Get("/v1/logs" + query);
    if (!answer) return {0, {}};
    return {answer->status, Json::parse(answer->body, nullptr, false)};
  }

  Backend a_{"a", 20}, b_{"b", 10};
  Listening at_a_, at_b_;  // end before what they ask
  std::string address_;
};

TEST_F(LogRoutes, OfAModelAllNodesAreAskedAndTheLatelyWrittenIsLast) {
  const auto [status, answer] = get("?model=m");
  EXPECT_EQ(status, 200);
  ASSERT_EQ(answer["logs"].size(), 2U) << answer;
  EXPECT_EQ(answer["logs"][0]["replica"], "m-b-1-1");
  EXPECT_EQ(answer["logs"][0]["node"], "b");
  EXPECT_EQ(answer["logs"][1]["replica"], "m-a-1-1");
  EXPECT_THAT(answer["logs"][1]["text"].get<std::string>(), HasSubstr("words"));
  EXPECT_TRUE(answer["unreachable"].empty());
}

TEST_F(LogRoutes, OfAReplicaTheNodeThatHasItAnswers) {
  const auto [status, answer] = get("?replica=m-b-1-1&from=3&bytes=100");
  EXPECT_EQ(status, 200);
  ASSERT_EQ(answer["logs"].size(), 1U) << answer;
  EXPECT_EQ(answer["logs"][0]["node"], "b");
  EXPECT_EQ(b_.asked().from, 3);
  EXPECT_EQ(b_.asked().bytes_max, 100);
}

TEST_F(LogRoutes, ANodeThatDoesNotAnswerIsNamed) {
  a_.knows("c", "127.0.0.1:1");
  EXPECT_EQ(get("?model=m").second["unreachable"], Json({"c"}));
  EXPECT_EQ(get("?model=x").first, 200) << "c may have it";
}

TEST_F(LogRoutes, WhatCannotBeIsRefused) {
  EXPECT_EQ(get("?model=x").first, 404);
  for (const char* query : {"", "?model=m&replica=m-a-1-1", "?model=m&from=1", "?model=m&bytes=x",
                            "?model=m&bytes=99999999", "?replica=m-a-1-1&from=-1"}) {
    const auto [status, answer] = get(query);
    EXPECT_EQ(status, 400) << query;
    EXPECT_NE(answer["error"], "") << query;
  }
}

}  // namespace
}  // namespace starling
