// Fetching from Prometheus: against a small server of ours that answers as its API documents.
#include "apps/lab/prometheus_fetch.h"

#include <gmock/gmock.h>
#include <httplib.h>

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <mutex>
#include <thread>

#include "base/file.h"
#include "trace/import.h"

namespace starling::lab {
namespace {

using testing::HasSubstr;

constexpr const char* kAnswer =
    R"({"status":"success","data":{"resultType":"matrix","result":[]}})";

/// A server on a free port of the loopback interface that gives one answer to every range query.
class FakePrometheus {
 public:
  /// With `bytes_a_second` each answer is filled up with blanks, as many for a second asked for.
  explicit FakePrometheus(std::string answer, int status = 200, double bytes_a_second = 0) {
    ::setenv("no_proxy", "127.0.0.1", 1);
    server_.Post("/prefix/api/v1/query_range", [this, answer = std::move(answer), status,
                                                bytes_a_second](const httplib::Request& request,
                                                                httplib::Response& response) {
      const std::lock_guard lock(mutex_);
      asked_.push_back({request.get_param_value("query"), request.get_param_value("start"),
                        request.get_param_value("end"), request.get_param_value("step")});
      response.status = status;
      const double range = std::stod(asked_.back().end) - std::stod(asked_.back().start);
      const auto blanks = static_cast<std::size_t>(range * bytes_a_second);
      response.set_content(answer + std::string(blanks, ' '), "application/json");
    });
    port_ = server_.bind_to_any_port("127.0.0.1");
    thread_ = std::thread([this] { server_.listen_after_bind(); });
    while (!server_.is_running()) std::this_thread::yield();
  }
  ~FakePrometheus() {
    server_.stop();
    thread_.join();
  }

  struct Asked {
    std::string query, start, end, step;
  };
  std::vector<Asked> asked() {
    const std::lock_guard lock(mutex_);
    return asked_;
  }
  PrometheusQuery query() const {
    PrometheusQuery query;
    query.url = fmt::format("http://127.0.0.1:{}/prefix/", port_);
    query.promql = "sum by (model) (rate(requests_total{code!=\"500\"}[1m])) + 1";
    query.from = TimePoint{1'714'564'800s};
    query.to = query.from + 24h;
    return query;
  }

 private:
  httplib::Server server_;
  int port_ = 0;
  std::mutex mutex_;
  std::vector<Asked> asked_;
  std::thread thread_;
};

TEST(FetchPrometheus, AsksForTheRangeAndKeepsTheAnswerAsLongAsItIsHeld) {
  FakePrometheus server(kAnswer);
  std::string file;
  {
    const auto answers = fetch_prometheus(server.query());
    ASSERT_TRUE(answers) << answers.error().message;
    ASSERT_EQ((*answers)->files().size(), 1u);
    file = (*answers)->files().front();
    EXPECT_EQ(*read_file(file), kAnswer);
  }
  EXPECT_FALSE(std::filesystem::exists(file));
  ASSERT_EQ(server.asked().size(), 1u);
  const auto asked = server.asked().front();
  EXPECT_EQ(asked.query, server.query().promql);
  EXPECT_EQ(asked.start, "1714564800.000");
  EXPECT_EQ(asked.end, "1714651200.000");
  EXPECT_EQ(asked.step, "30.000");
}

TEST(FetchPrometheus, MoreThan11000PointsAreAskedForInParts) {
  FakePrometheus server(kAnswer);
  PrometheusQuery query = server.query();
  query.step = 1s;
  query.to = query.from + 25'000s;
  const auto answers = fetch_prometheus(query);
  ASSERT_TRUE(answers) << answers.error().message;
  EXPECT_EQ((*answers)->files().size(), 3u);
  const auto asked = server.asked();
  ASSERT_EQ(asked.size(), 3u);
  EXPECT_EQ(asked[0].end, "1714575799.000");
  EXPECT_EQ(asked[1].start, "1714575800.000");
  EXPECT_EQ(asked[2].end, "1714589800.000");
}

/// An answer of `series` series of a point a second, on one line as Prometheus gives it.
std::string long_answer(int series, int points) {
  std::string text = R"({"status":"success","data":{"resultType":"matrix","result":[)";
  for (int i = 0; i < series; ++i) {
    text += fmt::format(R"({}{{"metric":{{"__name__":"up","job":"{}"}},"values":[)",
                        i == 0 ? "" : ",", i);
    for (int j = 0; j < points; ++j) {
      text += fmt::format(R"({}[{}.781,"{}"])", j == 0 ? "" : ",", 1'714'564'800 + j, i + j);
    }
    text += "]}";
  }
  return text + "]}}";
}

TEST(FetchPrometheus, WhatItFetchesTheReaderTakesAlsoWhenTheLineIsLong) {
  const std::string answer = long_answer(30, 10'000);
  ASSERT_GT(answer.size(), 6u << 20);
  FakePrometheus server(answer);
  const auto answers = fetch_prometheus(server.query());
  ASSERT_TRUE(answers) << answers.error().message;
  const auto trace = read_raw((*answers)->files());
  ASSERT_TRUE(trace) << trace.error().message;
  EXPECT_EQ(trace->format, "prometheus");
  ASSERT_EQ(trace->workloads.size(), 30u);
  EXPECT_EQ(trace->workloads[29].workload, "up{job=\"29\"}");
  ASSERT_EQ(trace->workloads[29].values.size(), 10'000u);
  EXPECT_EQ(trace->workloads[29].values.back(), 29 + 9'999);
}

TEST(FetchPrometheus, WhatIsTooLongForTheReaderIsAskedForInSmallerParts) {
  FakePrometheus server(kAnswer, 200, 10'000);
  PrometheusQuery query = server.query();
  query.step = 1s;
  query.to = query.from + 10'000s;  // 100 MB
  const auto answers = fetch_prometheus(query);
  ASSERT_TRUE(answers) << answers.error().message;
  EXPECT_GE((*answers)->files().size(), 3u);
  TimePoint next = query.from;
  for (const std::string& file : (*answers)->files()) {
    EXPECT_LE(static_cast<std::int64_t>(std::filesystem::file_size(file)),
              kPrometheusAnswerBytesMax);
  }
  // The parts that were answered follow each other without a gap.
  for (const auto& asked : server.asked()) {
    const double start = std::stod(asked.start), end = std::stod(asked.end);
    EXPECT_EQ(start, unix_seconds(next));
    if ((end - start) * 10'000 < static_cast<double>(kPrometheusAnswerBytesMax)) {
      next = TimePoint{Duration{std::llround((end + 1) * 1e6)}};
    }
  }
  EXPECT_EQ(next, query.to + 1s);
}

TEST(FetchPrometheus, TheServersOwnWordsAreInTheError) {
  FakePrometheus server(
      R"({"status":"error","errorType":"bad_data","error":"1:5: parse error: unexpected <by>"})",
      400);
  const auto answers = fetch_prometheus(server.query());
  ASSERT_FALSE(answers);
  EXPECT_THAT(answers.error().message,
              HasSubstr("/prefix/api/v1/query_range: HTTP status 400: 1:5: parse error"));
}

TEST(FetchPrometheus, AnAnswerOverTheBoundIsRefused) {
  FakePrometheus server(std::string(100'000, ' '));
  PrometheusQuery query = server.query();
  query.bytes_max = 99'999;
  const auto answers = fetch_prometheus(query);
  ASSERT_FALSE(answers);
  EXPECT_EQ(answers.error().code, ErrorCode::kTooLarge);
}

TEST(FetchPrometheus, WhatCannotBeAsked) {
  FakePrometheus server(kAnswer);
  PrometheusQuery query = server.query();
  query.url = "file:///etc/passwd?";
  EXPECT_FALSE(fetch_prometheus(query));
  query = server.query();
  query.url = "http://127.0.0.1:1";
  EXPECT_EQ(fetch_prometheus(query).error().code, ErrorCode::kUnavailable);
  query = server.query();
  query.to = query.from;
  EXPECT_THAT(fetch_prometheus(query).error().message, HasSubstr("empty"));
  query.to = query.from + 24h * 3650;
  query.step = 1ms;
  EXPECT_THAT(fetch_prometheus(query).error().message, HasSubstr("longer step"));
  EXPECT_TRUE(server.asked().empty());
}

}  // namespace
}  // namespace starling::lab
