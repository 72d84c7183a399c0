// One question to the histories of three agents: the whole is the sum of its nodes, and who does
// not answer is named.
#include <gtest/gtest.h>
#include <signal.h>

#include <atomic>
#include <functional>
#include <map>
#include <mutex>
#include <thread>
#include <utility>

#include "tests/running_fleet.h"

namespace starling::system_test {
namespace {

using Json = nlohmann::json;

constexpr Duration kPatience = 90s;
constexpr int kRequests = 20;  // to each gateway

class CubeTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    if (!missing_programs().empty()) return;
    auto fleet = RunningFleet::start(3);
    if (!fleet) throw std::runtime_error(fleet.error().message);
    fleet_ = std::move(*fleet);
    const auto applied = fleet_->command("starling apply -f models/digits.yaml");
    if (applied.exit_code != 0) throw std::runtime_error(applied.err);
    send_traffic();
  }
  static void TearDownTestSuite() { fleet_.reset(); }
  void SetUp() override {
    if (const auto missing = missing_programs(); !missing.empty()) GTEST_SKIP() << missing;
  }

  static void send_traffic() {
    for (const auto& member : fleet_->members()) {
      Result<std::string> body = fail(ErrorCode::kUnavailable, "not asked yet");
      if (!eventually(kPatience, [&] {
            body = request_of_zeros(member.gateway, "digits");
            return body.has_value();
          })) {
        throw std::runtime_error(body.error().message);
      }
      for (int i = 0; i < kRequests; ++i)
        ask({"POST", member.gateway, "/v2/models/digits/infer", *body, ""});
    }
  }

  static HttpAnswer cube(const Json& question, const std::string& path = "/v1/cube") {
    return ask({"POST", fleet_->members()[0].api, path, question.dump(), fleet_->token()});
  }

  static std::map<std::string, double> settled_requests(const Json& question);

  static std::unique_ptr<RunningFleet> fleet_;
};

std::unique_ptr<RunningFleet> CubeTest::fleet_;

TEST_F(CubeTest, TheWholeIsTheSumOfItsNodes) {
  const Json question{{"measures", {"requests", "p50_latency", "active_models"}},
                      {"rows", {"node"}},
                      {"rollup", true}};
  Json answer;
  EXPECT_TRUE(eventually(kPatience, [&] {  // until the histories have written what the gateways saw
    answer = cube(question).json();
    return answer.contains("table") && answer["table"].size() == 4 &&
           answer["table"][3]["values"][0][0] >= 3 * kRequests;
  })) << answer.dump();
  EXPECT_FALSE(answer["partial"].get<bool>()) << answer["missing"].dump();
  EXPECT_EQ(answer["nodes"].size(), 3u);
  double sum = 0, highest = 0, lowest = 1e9;
  for (int node = 0; node < 3; ++node) {
    const Json& values = answer["table"][node]["values"][0];
    sum += values[0].get<double>();
    highest = std::max(highest, values[1].get<double>());
    lowest = std::min(lowest, values[1].get<double>());
  }
  const Json& total = answer["table"][3];
  EXPECT_TRUE(total["keys"][0].is_null());
  EXPECT_EQ(total["values"][0][0], sum);
  EXPECT_GE(total["values"][0][1], lowest);
  EXPECT_LE(total["values"][0][1], highest);
  EXPECT_EQ(total["values"][0][2], 1);
}

TEST_F(CubeTest, EveryMeasureAndDimensionAnswers) {
  const auto catalogue = fleet_->get(fleet_->members()[1], "/v1/cube/measures").json();
  for (const auto& measure : catalogue["measures"]) {
    const auto answer = cube({{"measures", {measure["name"]}}, {"rows", {"cloud"}}});
    EXPECT_EQ(answer.status, 200) << answer.body;
  }
  for (const auto& dimension : catalogue["dimensions"]) {
    const auto answer =
        cube({{"measures", {"requests"}}, {"rows", {dimension["name"]}}, {"since", "1h"}});
    EXPECT_EQ(answer.status, 200) << answer.body;
  }
}

void expect_refused(const HttpAnswer& answer, int status, const std::string& words) {
  EXPECT_EQ(answer.status, status) << answer.body;
  EXPECT_NE(answer.body.find(words), std::string::npos) << answer.body;
}

TEST_F(CubeTest, WhatCannotBeIsRefusedWithTheNearestName) {
  expect_refused(cube({{"measures", {"p99_latancy"}}}), 400, "did you mean 'p99_latency'?");
  expect_refused(cube({{"measures", {"cost"}}, {"rows", {"regoin"}}}), 400,
                 "did you mean 'region'?");
  expect_refused(cube({{"measures", {"cost"}}, {"columns", {"huor"}}}), 400,
                 "did you mean 'hour'?");
  expect_refused(cube({{"measures", {"cost"}}, {"where", "clowd=aws"}}), 400,
                 "did you mean 'cloud'?");
  expect_refused(cube({{"measures", {"cost"}}, {"since", "yesterday"}}), 400, "neither a duration");
  expect_refused(cube({{"measures", {"cost"}}, {"sinse", "1h"}}), 400, "did you mean 'since'?");
  expect_refused(cube(Json::array()), 400, "expected a JSON body");
  expect_refused(cube({{"measures", {"cost"}}}, "/v1/cub"), 404, "no such path");
}

TEST_F(CubeTest, TheCommandPrintsTablesCsvAndPages) {
  const auto list = fleet_->command("starling cube --list");
  EXPECT_EQ(list.exit_code, 0) << list.err;
  EXPECT_NE(list.out.find("slo_attainment"), std::string::npos) << list.out;
  EXPECT_NE(list.out.find("hour_of_day"), std::string::npos) << list.out;
  const auto page = fleet_->folder().path() / "cube.html";
  const auto csv = fleet_->command(
      "starling cube --measures requests --rows node --columns hour --rollup "
      "--where \"model=digits\" -o csv --plot " +
      page.string());
  EXPECT_EQ(csv.exit_code, 0) << csv.err;
  EXPECT_EQ(csv.out.rfind("node,", 0), 0u) << csv.out;
  EXPECT_NE(csv.out.find("\nall,"), std::string::npos) << csv.out;
  EXPECT_TRUE(std::filesystem::exists(page)) << csv.err;
  const auto parquet = fleet_->folder().path() / "cube.parquet";
  const auto written = fleet_->command(
      "starling cube --measures requests,cost --rows node -o parquet:" + parquet.string());
  EXPECT_EQ(written.exit_code, 0) << written.err;
  EXPECT_TRUE(std::filesystem::exists(parquet));
  const auto wrong = fleet_->command("starling cube --measures requests --rows modl");
  EXPECT_EQ(wrong.exit_code, 1);
  EXPECT_NE(wrong.err.find("did you mean 'model'?"), std::string::npos) << wrong.err;
  EXPECT_EQ(wrong.out, "");
}

/// Stops a process for as long as it lives.
class Stopped {
 public:
  explicit Stopped(pid_t pid) : pid_(pid) { EXPECT_EQ(::kill(pid_, SIGSTOP), 0); }
  ~Stopped() { ::kill(pid_, SIGCONT); }
  Stopped(const Stopped&) = delete;
  Stopped& operator=(const Stopped&) = delete;

 private:
  pid_t pid_;
};

/// Asks one question again and again on a thread of its own, so that one is always under way.
class Asking {
 public:
  explicit Asking(std::function<Json()> question) : question_(std::move(question)) {}
  ~Asking() {
    over_ = true;
    thread_.join();
  }
  std::vector<Json> answers() const {
    const std::lock_guard lock(mutex_);
    return answers_;
  }

 private:
  const std::function<Json()> question_;
  mutable std::mutex mutex_;
  std::vector<Json> answers_;
  std::atomic<bool> over_{false};
  std::thread thread_{[this] {
    while (!over_) {
      Json answer = question_();
      {
        const std::lock_guard lock(mutex_);
        answers_.push_back(std::move(answer));
      }
      std::this_thread::sleep_for(50ms);
    }
  }};
};

double sum_of(const Json& table) {
  double sum = 0;
  for (const Json& row : table) sum += row["values"][0][0].get<double>();
  return sum;
}

/// All that the fleet has seen, by node, once its histories hold all of the traffic.
std::map<std::string, double> CubeTest::settled_requests(const Json& question) {
  std::map<std::string, double> last, requests;
  EXPECT_TRUE(eventually(kPatience, [&] {
    last = std::exchange(requests, {});
    for (const Json& row : cube(question).json().value("table", Json::array()))
      requests[row["keys"][0]] = row["values"][0][0];
    std::this_thread::sleep_for(2s);
    return requests.size() == 3 && requests == last;
  }));
  return requests;
}

// What an agent said when it was stopped in the middle of it is nowhere in the answer.
TEST_F(CubeTest, AnAgentStoppedWhileItAnswersIsNamedAndItsHalfIsNotCounted) {
  const auto& stopped = fleet_->members()[2];
  const Json question{{"measures", {"requests"}}, {"rows", {"node"}}, {"since", "1h"}};
  const auto requests = settled_requests(question);
  ASSERT_EQ(requests.size(), 3u);
  double whole = 0;
  for (const auto& [node, count] : requests) whole += count;

  std::vector<Json> answers;
  {
    const Asking asking([&] { return cube(question).json(); });
    const auto number_of = [&](bool partial) {
      const auto all = asking.answers();
      return std::count_if(all.begin(), all.end(),
                           [&](const Json& a) { return a.value("partial", false) == partial; });
    };
    EXPECT_TRUE(eventually(kPatience, [&] { return number_of(false) >= 3; }));
    {
      const Stopped stop(stopped.pid);
      // The first comes after the time-out, and soon it is known to be dead.
      EXPECT_TRUE(eventually(kPatience, [&] { return number_of(true) >= 5; }));
    }
    const auto before = number_of(false);
    EXPECT_TRUE(eventually(kPatience, [&] { return number_of(false) > before; }));
    answers = asking.answers();
  }
  int without_stopped = 0;
  for (const Json& answer : answers) {
    ASSERT_TRUE(answer.contains("table")) << answer;
    if (answer["partial"] == false) {
      EXPECT_EQ(answer["nodes"].size(), 3u) << answer;
      EXPECT_EQ(sum_of(answer["table"]), whole) << answer;
      continue;
    }
    // On a slow machine another node may be late as well. It is named, and nothing of it counts.
    double answered = whole;
    for (const Json& missing : answer["missing"]) {
      answered -= requests.at(missing["node"]);
      EXPECT_NE(missing["reason"], "") << answer;
      without_stopped += missing["node"] == stopped.name && answer["missing"].size() == 1 ? 1 : 0;
    }
    EXPECT_EQ(answer["nodes"].size() + answer["missing"].size(), 3u) << answer;
    EXPECT_EQ(sum_of(answer["table"]), answered) << answer;
  }
  EXPECT_GT(without_stopped, 0);
}

}  // namespace
}  // namespace starling::system_test
