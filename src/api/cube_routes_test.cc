// One question to three agents, one of which begins its answer and never ends it.
#include "api/cube_routes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <thread>

#include "api/backend_for_tests.h"
#include "api/listening_for_tests.h"
#include "history/cube_partial_codec.h"

namespace starling {
namespace {

using Json = nlohmann::json;
using testing::HasSubstr;

/// What a node that saw so many requests has to say.
history::CubePartial part_of(const history::Cube& cube, const std::string& node, double requests) {
  history::CubePartial partial;
  for (const auto* dimension : cube.keys()) {
    partial.keys.push_back({dimension, {history::Key(node)}, {0}});
  }
  partial.sums["arrivals"] = {requests};
  partial.groups = 1;
  return partial;
}

/// The asked agent, node a, which knows where b and c are.
class Backend final : public SilentBackend {
 public:
  void add(const std::string& name, const std::string& api) {
    Member member;
    member.last.node.name = name;
    member.last.node.api_address = api;
    view_->members.push_back(member);
  }
  std::shared_ptr<const FleetView> view() const override { return view_; }
  Result<history::CubePartial> cube(const history::Cube& question,
                                    const history::CubeLimits&) override {
    return part_of(question, "a", 1);
  }

 private:
  std::shared_ptr<FleetView> view_ = [] {
    auto view = std::make_shared<FleetView>();
    view->now = TimePoint{std::chrono::hours(480'000)};
    view->self = "a";
    Member self;
    self.last.node.name = "a";
    view->members.push_back(self);
    return view;
  }();
};

class CubeRoutesTest : public testing::Test {
 protected:
  /// The bytes that a node of so many requests answers to a question.
  static std::string bytes_of(const httplib::Request& request, const char* node, double requests) {
    EXPECT_EQ(request.get_param_value("scope"), "node");
    const auto cube =
        history::parse_cube(Json::parse(request.body), TimePoint{std::chrono::hours(480'000)});
    return encode(part_of(*cube, node, requests));
  }
  void SetUp() override {
    whole_.server().Post("/v1/cube", [](const httplib::Request& request, auto& response) {
      response.set_content(bytes_of(request, "c", 100), "application/octet-stream");
    });
    backend_.add("c", whole_.listen());
  }
  Json ask() {
    add_cube_routes(asked_.server(), backend_, "token");
    httplib::Client client("http://" + asked_.listen());
    client.set_read_timeout(60s);
    const auto answer = client.Post("/v1/cube", R"({"measures": ["requests"], "rows": ["node"],
                                    "rollup": true})",
                                    "application/json");
    EXPECT_TRUE(answer && answer->status == 200) << (answer ? answer->body : "no answer");
    return answer ? Json::parse(answer->body, nullptr, false) : Json();
  }
  static void expect_without_b(const Json& answer) {
    EXPECT_EQ(answer["partial"], true) << answer;
    EXPECT_EQ(answer["nodes"], Json({"a", "c"})) << answer;
    ASSERT_EQ(answer["missing"].size(), 1u) << answer;
    EXPECT_EQ(answer["missing"][0]["node"], "b") << answer;
    ASSERT_EQ(answer["table"].size(), 3u) << answer;
    EXPECT_EQ(answer["table"][2]["values"][0][0], 101) << "nothing of b is in the total";
  }

  Backend backend_;
  Listening whole_, asked_;
};

TEST_F(CubeRoutesTest, AllNodesTogetherAreTheWhole) {
  const Json answer = ask();
  EXPECT_EQ(answer["partial"], false) << answer;
  EXPECT_EQ(answer["nodes"], Json({"a", "c"}));
  EXPECT_EQ(answer["table"][2]["values"][0][0], 101) << answer;
}

TEST_F(CubeRoutesTest, AnAnswerThatStallsHalfWayIsLeftOutAndNamed) {
  std::promise<void> over;
  const std::shared_future<void> until_over = over.get_future().share();
  Listening half;
  half.server().Post("/v1/cube", [&](const httplib::Request& request, auto& response) {
    const std::string bytes = bytes_of(request, "b", 10'000);
    response.set_content_provider(
        bytes.size(), "application/octet-stream",
        [bytes, until_over](std::size_t offset, std::size_t, httplib::DataSink& sink) {
          if (offset == 0) return sink.write(bytes.data(), bytes.size() / 2);
          until_over.wait();
          return false;
        });
  });
  backend_.add("b", half.listen());
  const Json answer = ask();
  over.set_value();
  expect_without_b(answer);
  EXPECT_THAT(answer["missing"][0]["reason"].get<std::string>(), HasSubstr("no answer"));
}

TEST_F(CubeRoutesTest, AnAnswerThatBreaksOffIsLeftOutAndNamed) {
  Listening half;
  half.server().Post("/v1/cube", [&](const httplib::Request& request, auto& response) {
    const std::string bytes = bytes_of(request, "b", 10'000);
    response.set_content(bytes.substr(0, bytes.size() - 1), "application/octet-stream");
  });
  backend_.add("b", half.listen());
  const Json answer = ask();
  expect_without_b(answer);
  EXPECT_THAT(answer["missing"][0]["reason"].get<std::string>(), HasSubstr("of another form"));
}

}  // namespace
}  // namespace starling
