// A fleet's own past, replayed under other policies.
#include <gtest/gtest.h>

#include <sstream>
#include <thread>

#include "base/file.h"
#include "tests/one_node.h"

namespace starling::system_test {
namespace {

using Json = nlohmann::json;

constexpr int kRequests = 120;
constexpr Duration kPatience = 90s;

class ReplayOfAFleet : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    fleet_ = one_node();
    if (fleet_ == nullptr) return;
    const std::string body = deployed(*fleet_, "tones");
    // What asked whether it is ready came through the gateway as well.
    int before = -1;
    for (int now = requests(); now == 0 || now != before; now = requests()) {
      before = now;
      std::this_thread::sleep_for(std::chrono::seconds(5));
    }
    const auto& gateway = fleet_->members().front().gateway;
    for (int i = 0; i < kRequests; ++i)
      ASSERT_EQ(ask({"POST", gateway, "/v2/models/tones/infer", body, ""}).status, 200);
    came_ = before + kRequests;
  }
  static void TearDownTestSuite() {
    if (fleet_ != nullptr) {
      EXPECT_EQ(fleet_->command("starling delete tones").exit_code, 0);
    }
  }
  void SetUp() override {
    if (fleet_ == nullptr) GTEST_SKIP() << missing_programs();
  }

  /// Those of the model that the gateway's history holds.
  static int requests() {
    const auto answer = Json::parse(
        fleet_
            ->command("starling query \"SELECT coalesce(sum(arrivals), 0)::BIGINT FROM usage "
                      "WHERE model = 'tones'\" -o json")
            .out);
    return answer["rows"][0][0].get<int>();
  }

  static const RunningFleet* fleet_;
  static int came_;
};

const RunningFleet* ReplayOfAFleet::fleet_ = nullptr;
int ReplayOfAFleet::came_ = 0;

TEST_F(ReplayOfAFleet, HasTheRequestsThatCameUnderEveryPolicy) {
  const std::string command =
      "starling replay --since 10m --model tones --policy hpa,kpa,predictive,learned,static-mean";
  Json json;
  // The newest seconds come in when their cost is recorded.
  EXPECT_TRUE(eventually(kPatience, [&] {
    const Ended ended = fleet_->command(command + " -o json");
    json = Json::parse(ended.out, nullptr, false);
    return ended.exit_code == 0 && json["measured"]["requests"] == came_;
  })) << json.dump(2);
  const Json& measured = json["measured"];
  EXPECT_GT(measured["slo_attainment"], 0.5);
  EXPECT_GT(measured["replica_hours"], 0);
  EXPECT_GT(measured["cost"], 0);
  EXPECT_GT(measured["latency_ms"]["p99"], 0);
  EXPECT_EQ(json["step_s"], 1);
  EXPECT_EQ(json["missing"], Json::array());
  ASSERT_EQ(json["policies"].size(), 5u);
  for (const Json& policy : json["policies"]) {
    EXPECT_EQ(policy["requests"], measured["requests"]) << policy;
    EXPECT_GT(policy["cost"], 0) << policy;
    for (const auto& [key, value] : measured.items()) EXPECT_TRUE(policy.contains(key)) << key;
  }
}

TEST_F(ReplayOfAFleet, ShowsWhatHappenedFirstAndWritesAPage) {
  const std::string page = (fleet_->folder().path() / "replay.html").string();
  Ended ended;
  EXPECT_TRUE(eventually(kPatience, [&] {
    ended =
        fleet_->command("starling replay --since 10m --model tones --policy hpa --report " + page);
    return ended.exit_code == 0;
  })) << ended.err;
  std::istringstream lines(ended.out);
  std::string heading, first, second, under;
  std::getline(lines, heading);
  std::getline(lines, first);
  std::getline(lines, second);
  std::getline(lines, under);
  EXPECT_EQ(heading.rfind("POLICY", 0), 0u) << ended.out;
  EXPECT_EQ(first.rfind("measured", 0), 0u) << ended.out;
  EXPECT_EQ(second.rfind("hpa", 0), 0u) << ended.out;
  EXPECT_NE(under.find("no node lost"), std::string::npos) << ended.out;
  const auto html = read_file(page);
  ASSERT_TRUE(html);
  EXPECT_NE(html->find("<td>measured</td>"), std::string::npos);
}

}  // namespace
}  // namespace starling::system_test
