// The lines of HAProxy's log and what is made of them.
#include "gateway/request_log.h"

#include <gtest/gtest.h>

namespace starling {
namespace {

TEST(RequestLine, ReadsAnAnsweredRequest) {
  const auto line = parse_request_line("request digits 200 -- 85726 85 51000");
  ASSERT_TRUE(line);
  EXPECT_EQ(line->model, "digits");
  EXPECT_EQ(line->status, 200);
  EXPECT_FALSE(line->broken);
  EXPECT_DOUBLE_EQ(line->latency_s, 0.085726);
  EXPECT_DOUBLE_EQ(line->service_s.value(), 0.051);
}

TEST(RequestLine, CountsTheTimeInWhichTheBodyArrived) {
  // 40 ms passed before the microseconds began.
  EXPECT_DOUBLE_EQ(parse_request_line("request digits 200 -- 2500 42 -")->latency_s, 0.042);
}

TEST(RequestLine, ALatencyIsNeverNegative) {
  EXPECT_EQ(parse_request_line("request digits -1 CD -5 -1 -")->latency_s, 0);
}

TEST(RequestLine, TellsBrokenConnectionsFromProperEnds) {
  EXPECT_TRUE(parse_request_line("request digits -1 CD 10 0 -")->broken);
  EXPECT_TRUE(parse_request_line("request digits 503 sQ 10 0 -")->broken);
  EXPECT_FALSE(parse_request_line("request digits 404 LR 10 0 -")->broken);
}

TEST(RequestLine, TellsTheGatewaysRejectionsFromAReplicas) {
  EXPECT_TRUE(parse_request_line("request digits 429 LR 10 0 -")->rejected);
  EXPECT_FALSE(parse_request_line("request digits 429 -- 10 0 -")->rejected);
}

TEST(RequestLine, IgnoresEverythingElse) {
  for (const auto* text :
       {"", "request", "Server slot0/a is DOWN, reason: Layer4 connection problem",
        "request digits 200 -- 1 2", "request digits 200 -- 1 2 - more",
        "request  200 -- 85726 85 51000", "request digits x -- 1 2 -",
        "request digits 200 -- 1x 2 -"}) {
    EXPECT_FALSE(parse_request_line(text)) << text;
  }
}

TEST(RequestTotals, AQuickRefusalIsNoGoodLatency) {
  RequestTotals totals;
  totals.add(*parse_request_line("request digits 200 -- 50000 50 40000"));
  totals.add(*parse_request_line("request digits 503 -- 100 0 -"));
  totals.add(*parse_request_line("request digits 400 -- 1000 1 -"));
  totals.add(*parse_request_line("request digits 429 LR 100 0 -"));
  EXPECT_EQ(totals.completed, 2u);
  EXPECT_EQ(totals.failed, 1u);
  EXPECT_EQ(totals.rejected, 1u);
  EXPECT_EQ(totals.latency.count(), 2u);
  EXPECT_EQ(totals.service_count, 1u);
  EXPECT_DOUBLE_EQ(totals.service_square_sum, 0.0016);
}

}  // namespace
}  // namespace starling
