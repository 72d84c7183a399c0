// Cordoning over HTTP: which agent keeps the mark, and what is said where none can.
#include "api/node_routes.h"

#include <gtest/gtest.h>

#include <thread>

#include "api/backend_for_tests.h"

namespace starling {
namespace {

using Json = nlohmann::json;

/// An agent of the nodes a and b, and of c, which is dead, for as long as it lives.
class Asked final : public SilentBackend {
 public:
  explicit Asked(const std::string& self) {
    view_.self = self;
    for (const char* name : {"aws-1", "aws-2", "gcp-1"}) {
      Member member;
      member.last.node.name = name;
      if (name == std::string("gcp-1")) member.state = MemberState::kDead;
      view_.members.push_back(member);
    }
    add_node_routes(server_, *this, "token");
    address_ = fmt::format("127.0.0.1:{}", server_.bind_to_any_port("127.0.0.1"));
    thread_ = std::thread([this] { server_.listen_after_bind(); });
    while (!server_.is_running()) std::this_thread::sleep_for(1ms);
  }
  ~Asked() override {
    server_.stop();
    thread_.join();
  }

  const std::string& address() const { return address_; }
  Member& member(std::size_t index) { return view_.members[index]; }
  std::optional<Scheduling> set() const { return set_; }

  std::shared_ptr<const FleetView> view() const override {
    return std::make_shared<FleetView>(view_);
  }
  Status set_scheduling(Scheduling scheduling) override {
    set_ = scheduling;
    return {};
  }

 private:
  FleetView view_;
  std::optional<Scheduling> set_;
  httplib::Server server_;
  std::string address_;
  std::thread thread_;
};

struct Answer {
  int status = 0;
  Json body;
  std::string error() const { return body.value("error", ""); }
};

Answer put(const Asked& asked, const std::string& node, const std::string& body) {
  httplib::Client client("http://" + asked.address());
  client.set_read_timeout(30);
  const auto answer = client.Put("/v1/nodes/" + node + "/scheduling", body, "application/json");
  if (!answer) return {};
  return {answer->status, Json::parse(answer->body, nullptr, false)};
}

const char* const kDrain = R"({"scheduling": "draining"})";

TEST(NodeRoutes, AnAgentMarksItsOwnNode) {
  Asked one("aws-1");
  const Answer answer = put(one, "aws-1", kDrain);
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body["before"], "schedulable");
  EXPECT_EQ(answer.body["scheduling"], "draining");
  EXPECT_EQ(one.set(), Scheduling::kDraining);
}

TEST(NodeRoutes, AnotherNodesMarkGoesToThatNodesAgent) {
  Asked one("aws-1"), two("aws-2");
  one.member(1).last.node.api_address = two.address();
  EXPECT_EQ(put(one, "aws-2", kDrain).status, 200);
  EXPECT_EQ(two.set(), Scheduling::kDraining);
  EXPECT_FALSE(one.set());
}

TEST(NodeRoutes, WhoCannotBeToldIsNamed) {
  Asked one("aws-1");
  Answer answer = put(one, "aws1", kDrain);
  EXPECT_EQ(answer.status, 404);
  EXPECT_EQ(answer.error(), "there is no node 'aws1' (did you mean 'aws-1'?)");
  answer = put(one, "gcp-1", kDrain);
  EXPECT_EQ(answer.status, 503);
  EXPECT_NE(answer.error().find("node 'gcp-1' is dead"), std::string::npos) << answer.error();
  one.member(1).last.node.api_address = "127.0.0.1:1";
  answer = put(one, "aws-2", kDrain);
  EXPECT_EQ(answer.status, 503);
  EXPECT_NE(answer.error().find("node 'aws-2' does not answer"), std::string::npos);
  Asked other("aws-3");
  one.member(1).last.node.api_address = other.address();
  answer = put(one, "aws-2", kDrain);
  EXPECT_EQ(answer.status, 409) << "another agent listens where the node's did";
  EXPECT_FALSE(other.set());
}

TEST(NodeRoutes, AnOlderAgentIsNamedAsSuch) {
  Asked one("aws-1");
  httplib::Server old;
  const int port = old.bind_to_any_port("127.0.0.1");
  old.set_error_handler([](const httplib::Request&, httplib::Response& response) {
    response.set_content(R"({"error": "no such path"})", "application/json");
  });
  std::thread thread([&] { old.listen_after_bind(); });
  while (!old.is_running()) std::this_thread::sleep_for(1ms);
  one.member(1).last.node.api_address = fmt::format("127.0.0.1:{}", port);
  const Answer answer = put(one, "aws-2", kDrain);
  old.stop();
  thread.join();
  EXPECT_EQ(answer.status, 503);
  EXPECT_NE(answer.error().find("runs an older agent"), std::string::npos) << answer.error();
}

TEST(NodeRoutes, BodiesThatCannotBeAreRefused) {
  Asked one("aws-1");
  for (const char* body : {"", "{", "[]", "{}", R"({"scheduling": 1})", "\"draining\""}) {
    const Answer answer = put(one, "aws-1", body);
    EXPECT_EQ(answer.status, 400) << body;
    EXPECT_NE(answer.error().find("expected a JSON body such as {\"scheduling\""),
              std::string::npos)
        << answer.error();
  }
  const Answer answer = put(one, "aws-1", R"({"scheduling": "drained"})");
  EXPECT_EQ(answer.status, 400);
  EXPECT_EQ(answer.error(),
            "'scheduling': 'drained' (did you mean 'draining'?): expected schedulable, cordoned or "
            "draining");
  EXPECT_FALSE(one.set());
}

}  // namespace
}  // namespace starling
