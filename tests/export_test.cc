// The history leaves as Parquet, over HTTP and by the command, and other programs read it.
#include <gtest/gtest.h>

#include "sql/database.h"
#include "tests/one_node.h"

namespace starling::system_test {
namespace {

using Json = nlohmann::json;

constexpr int kRequests = 20;

/// The first row of a query over the exported files, which another DuckDB reads by Hive's layout.
std::string read(const Json& exported, const std::string& table, const std::string& select) {
  const std::string files = exported["directory"].get<std::string>() + "/" + table + "/*/*.parquet";
  auto connection = sql::Database::open("")->connect();
  auto rows =
      connection->query(fmt::format("SELECT ({})::VARCHAR FROM read_parquet({}, hive_partitioning "
                                    "= true, hive_types_autocast = false)",
                                    select, sql::quoted(files)));
  if (!rows) return rows.error().message;
  auto chunk = rows->next();
  if (!chunk || !*chunk) return "nothing";
  return (*chunk)->is_null(0, 0) ? "null" : std::string((*chunk)->text(0, 0));
}

class ExportTest : public testing::Test {
 protected:
  void SetUp() override {
    fleet_ = one_node();
    if (fleet_ == nullptr) GTEST_SKIP() << missing_programs();
    const auto body = deployed(*fleet_, "digits");
    const auto before = recorded();
    for (int i = 0; i < kRequests; ++i)
      ask({"POST", fleet_->members()[0].gateway, "/v2/models/digits/infer", body, ""});
    // Also what came earlier is recorded by now: nothing has been added for so long.
    std::int64_t last = -1;
    ASSERT_TRUE(eventually(90s, [&] {
      const auto now = recorded();
      if (now >= before + kRequests && now == last) return true;
      last = now;
      std::this_thread::sleep_for(5s);
      return false;
    }));
  }
  HttpAnswer post(const std::string& path, const Json& body) const {
    return ask({"POST", fleet_->members()[0].api, path, body.dump(), fleet_->token()});
  }
  /// Requests for the model that the history itself knows of.
  std::int64_t recorded() const {
    const auto answer = post(
        "/v1/query",
        {{"sql", "SELECT coalesce(sum(arrivals), 0)::BIGINT FROM usage WHERE model = 'digits'"}});
    return answer.json()["rows"][0][0].get<std::int64_t>();
  }

  const RunningFleet* fleet_ = nullptr;
};

constexpr const char* kArrivals = "sum(arrivals) FILTER (model = 'digits')";

TEST_F(ExportTest, OverHttpItGivesFilesThatHoldWhatTheHistoryHolds) {
  const auto answer = post("/v1/export", {{"tables", {"usage", "demand"}}});
  ASSERT_EQ(answer.status, 200) << answer.body;
  const Json exported = answer.json();
  ASSERT_GE(exported["files"].size(), 2u) << exported;
  for (const Json& file : exported["files"]) {
    EXPECT_EQ(file["file"], fmt::format("{}/day={}/{}.parquet", file["table"].get<std::string>(),
                                        file["day"].get<std::string>(), fleet_->members()[0].name));
    EXPECT_GT(file["bytes"], 0) << file;
  }
  EXPECT_EQ(read(exported, "usage", kArrivals), std::to_string(recorded()));
  EXPECT_EQ(read(exported, "usage", "bool_and(day = strftime(time, '%Y-%m-%d'))"), "true");
  EXPECT_EQ(read(exported, "usage", "string_agg(DISTINCT node)"), fleet_->members()[0].name);
  EXPECT_EQ(read(exported, "demand", "count(*) > 0"), "true");
}

TEST_F(ExportTest, TheCommandTellsWhatEachNodeWrote) {
  const auto json = fleet_->command("starling export --tables usage --since 1h -o json");
  ASSERT_EQ(json.exit_code, 0) << json.err;
  const Json exports = Json::parse(json.out, nullptr, false)["exports"];
  ASSERT_EQ(exports.size(), 1u) << json.out;
  EXPECT_EQ(exports[0]["node"], fleet_->members()[0].name);
  EXPECT_EQ(read(exports[0], "usage", kArrivals), std::to_string(recorded()));

  const auto table = fleet_->command("starling export --tables usage");
  EXPECT_EQ(table.exit_code, 0) << table.err;
  EXPECT_NE(table.out.find(exports[0]["directory"].get<std::string>() + "/usage"),
            std::string::npos)
      << table.out;
}

TEST_F(ExportTest, WhatCannotBeExportedIsSaid) {
  const auto http = post("/v1/export", {{"tables", {"usege"}}});
  EXPECT_EQ(http.status, 404) << http.body;
  EXPECT_NE(http.body.find("did you mean 'usage'?"), std::string::npos) << http.body;
  EXPECT_EQ(post("/v1/export", {{"since", "yesterday"}}).status, 400);
  const auto command = fleet_->command("starling export --tables usege");
  EXPECT_EQ(command.exit_code, 1);
  EXPECT_NE(command.err.find("did you mean 'usage'?"), std::string::npos) << command.err;
  EXPECT_EQ(command.out, "");
}

}  // namespace
}  // namespace starling::system_test
