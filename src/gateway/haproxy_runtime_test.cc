// HAProxy's statistics as text.
#include "gateway/haproxy_runtime.h"

#include <gtest/gtest.h>

namespace starling {
namespace {

TEST(Stats, ReadsColumnsByTheirNames) {
  const auto rows = parse_stats(
      "# pxname,svname,qcur,qmax,scur,smax,slim,stot,status,check_status\n"
      "slot0,r1.1,0,0,3,4,8,17,UP 1/3,L4OK\n"
      "slot0,r2.2,0,0,0,4,8,9,DOWN,* L4TOUT\n"
      "slot0,BACKEND,2,5,6,8,800,28,UP,\n\n");
  ASSERT_TRUE(rows) << rows.error().message;
  ASSERT_EQ(rows->size(), 3u);
  EXPECT_EQ((*rows)[0].server, "r1.1");
  EXPECT_TRUE((*rows)[0].up);
  EXPECT_FALSE((*rows)[1].up);
  EXPECT_FALSE((*rows)[0].out_of_reach);
  EXPECT_TRUE((*rows)[1].out_of_reach);
  EXPECT_FALSE((*rows)[2].out_of_reach);
  EXPECT_EQ((*rows)[2].queued, 2u);
  EXPECT_EQ((*rows)[2].sessions, 6u);
  EXPECT_EQ((*rows)[2].total, 28u);
}

TEST(Stats, NamesAMissingColumn) {
  const auto rows = parse_stats("# pxname,svname,qcur,scur,status\n");
  ASSERT_FALSE(rows);
  EXPECT_NE(rows.error().message.find("'stot'"), std::string::npos);
}

TEST(Runtime, SaysWhereNobodyListens) {
  const auto answer = HaproxyRuntime("/nowhere/runtime.sock").ask("show info");
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, ErrorCode::kUnavailable);
  EXPECT_NE(answer.error().message.find("/nowhere/runtime.sock"), std::string::npos);
}

}  // namespace
}  // namespace starling
