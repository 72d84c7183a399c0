// What a client over HTTP gets for questions that can't be right: a status and an error in JSON.
#include <gtest/gtest.h>

#include "tests/one_node.h"

namespace starling::system_test {
namespace {

using Json = nlohmann::json;

class ApiTest : public testing::Test {
 protected:
  void SetUp() override {
    fleet_ = one_node();
    if (fleet_ == nullptr) GTEST_SKIP() << missing_programs();
    api_ = fleet_->members().front().api;
    gateway_ = fleet_->members().front().gateway;
  }

  HttpAnswer api(const std::string& method, const std::string& path,
                 const std::string& body = "") const {
    return ask({method, api_, path, body, fleet_->token()});
  }

  const RunningFleet* fleet_ = nullptr;
  std::string api_, gateway_;
};

void expect_error(const HttpAnswer& answer, int status, const std::string& words) {
  EXPECT_EQ(answer.status, status) << answer.body;
  const auto json = answer.json();
  ASSERT_TRUE(json.is_object() && json.contains("error")) << answer.body;
  EXPECT_NE(json["error"].get<std::string>().find(words), std::string::npos) << answer.body;
}

TEST_F(ApiTest, RefusesWhoHasNoToken) {
  expect_error(ask({.address = api_, .path = "/v1/status"}), 401, "token");
  expect_error(ask({.address = api_, .path = "/v1/status", .token = "wrong"}), 401, "token");
  EXPECT_EQ(ask({.address = api_, .path = "/healthz"}).status, 200);
}

TEST_F(ApiTest, NamesWhatIsNotThere) {
  expect_error(api("GET", "/v1/nothing"), 404, "no such path");
  expect_error(api("GET", "/v1/models/nothing"), 404, "there is no model 'nothing'");
  expect_error(api("GET", "/v1/models/nothing/explain"), 404, "there is no model 'nothing'");
  expect_error(api("DELETE", "/v1/models/nothing"), 404, "there is no model 'nothing'");
}

TEST_F(ApiTest, SaysHowEveryNodeLearnsTogether) {
  for (const std::string path : {"/v1/learning", "/v1/learning?scope=node"}) {
    const auto learning = api("GET", path).json();
    ASSERT_EQ(learning["nodes"].size(), 1U) << learning.dump();
    EXPECT_EQ(learning["nodes"][0]["origin"], "configured");
    EXPECT_EQ(learning["nodes"][0]["rounds"], 0);
    EXPECT_EQ(learning["nodes"][0]["exchange"], true);
  }
}

TEST_F(ApiTest, RefusesBodiesThatCannotBe) {
  expect_error(api("PUT", "/v1/models/digits", "{not json"), 400, "not JSON");
  expect_error(api("PUT", "/v1/models/digits", R"({"kind": "Model"})"), 400, "apiVersion");
  expect_error(api("PUT", "/v1/models/digits", "[]"), 400, "");
  expect_error(api("PUT", "/v1/models/digits", "null"), 400, "");
  expect_error(api("PUT", "/v1/models/digits", std::string(9 << 20, 'x')), 413, "too large");
  expect_error(api("POST", "/v1/query", "{"), 400, "expected a JSON body");
  expect_error(api("POST", "/v1/query", R"({"sql": 3})"), 400, "expected a JSON body");
  expect_error(api("POST", "/v1/query", R"({"sql": "SELECT 1", "limit": -1})"), 400, "limit");
  // A deep nest must not exhaust a parser's stack.
  expect_error(api("PUT", "/v1/models/digits", std::string(100'000, '[')), 400, "");
}

TEST_F(ApiTest, RefusesParametersThatCannotBe) {
  expect_error(api("GET", "/v1/decisions?limit=many"), 400, "limit");
  expect_error(api("GET", "/v1/decisions?limit=-1"), 400, "limit");
  expect_error(api("DELETE", "/v1/models/digits?revision=last"), 400, "revision");
}

TEST_F(ApiTest, RefusesAChangeToAnotherRevision) {
  (void)deployed(*fleet_, "digits");
  const auto known = api("GET", "/v1/models/digits").json();
  const auto manifest = known["manifest"].dump();
  const std::uint64_t revision = known["revision"];
  expect_error(api("PUT", fmt::format("/v1/models/digits?revision={}", revision + 1000), manifest),
               409, "");
  expect_error(api("PUT", "/v1/models/digits?revision=0", manifest), 409, "");
  expect_error(api("PUT", "/v1/models/other", manifest), 400, "'other'");
  EXPECT_EQ(api("GET", "/v1/models/digits").json()["revision"], revision);
}

TEST_F(ApiTest, RefusesInferenceThatCannotBe) {
  const std::string good = deployed(*fleet_, "digits");
  auto flat = Json::parse(good);
  flat["inputs"][0]["shape"] = {1};
  flat["inputs"][0]["data"] = {0};
  std::string replica;
  ASSERT_TRUE(eventually(60s, [&] {
    for (const auto& r : api("GET", "/v1/replicas").json()) {
      if (r["model"] == "digits" && r["state"] == "ready") replica = r["address"];
    }
    return !replica.empty();
  }));
  const std::string path = "/v2/models/digits/infer";
  for (const auto& address : {gateway_, replica}) {
    SCOPED_TRACE(address == gateway_ ? "through the gateway" : "at the replica");
    EXPECT_EQ(ask({"POST", address, path, good, ""}).status, 200);
    expect_error(ask({"POST", address, path, "{not json", ""}), 400, "JSON");
    expect_error(ask({"POST", address, path, flat.dump(), ""}), 400, "shape");
    expect_error(ask({"POST", address, path, R"({"inputs": []})", ""}), 400, "");
    expect_error(ask({"POST", address, path, std::string(5 << 20, 'x'), ""}), 413, "");
    expect_error(ask({"POST", address, "/v2/models/nothing/infer", good, ""}), 404, "nothing");
    expect_error(ask({"GET", address, "/nowhere", "", ""}), 404, "");
  }
}

}  // namespace
}  // namespace starling::system_test
