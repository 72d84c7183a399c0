// Access logs of nginx, Apache and HAProxy as requests per step and path.
#include "trace/formats/files_for_tests.h"

namespace starling {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::UnorderedElementsAre;

using AccessLogTest = FormatTest;

constexpr std::int64_t kOctober2000 = 971211336;  // 10/Oct/2000:13:55:36 -0700

TEST_F(AccessLogTest, ApacheCommonWithItsTimeZone) {
  const auto path = file(
      "127.0.0.1 - frank [10/Oct/2000:13:55:36 -0700] \"GET /a.gif HTTP/1.0\" 200 2326\n"
      "127.0.0.1 - - [10/Oct/2000:20:55:59 +0000] \"GET /a.gif?size=2 HTTP/1.0\" 304 -\n"
      "::1 - - [10/Oct/2000:22:57:01 +0200] \"POST /b HTTP/1.1\" 200 5\n",
      "access.log");
  EXPECT_EQ(format_of({path}), "combined");
  const RawTrace trace = read({path});
  for (const char* alias : {"nginx", "apache"}) {
    EXPECT_EQ(format_named(alias)->name, "combined");
    EXPECT_EQ(read({path}, {.format = alias}).workloads.size(), 2u) << alias;
  }
  EXPECT_THAT(error({path}, {.format = "combind"}).message, HasSubstr("did you mean 'combined'?"));
  EXPECT_EQ(trace.quantity, Quantity::kCount);
  EXPECT_TRUE(trace.has_calendar);
  EXPECT_THAT(workload(trace, "/a.gif").values, ElementsAre(2, 0, 0))
      << "the same minute in two zones, and the query is no part of the path";
  EXPECT_EQ(workload(trace, "/a.gif").times_us[0], (kOctober2000 - 36) * 1'000'000);
  EXPECT_THAT(workload(trace, "/b").values, ElementsAre(0, 0, 1));
}

TEST_F(AccessLogTest, NginxCombinedWithNoiseThatIsCountedAndNotTaken) {
  const std::string time = "[10/Oct/2000:13:55:36 -0700]";
  const auto path =
      file("1.2.3.4 - - " + time +
               " \"GET /v2/models/digits/infer HTTP/1.1\" 200 5 \"-\" \"curl/8 \\\"x\\\"\"\n" +
               "1.2.3.4 - - " + time +
               " \"GET http://host/v2/models/cats HTTP/1.1\" 200 5 \"-\" \"c\"\n" + "1.2.3.4 - - " +
               time + " \"\\x16\\x03\\x01\" 400 150 \"-\" \"-\"\n" +
               "1.2.3.4 - - [99/Foo/2000:13:55:36 -0700] \"GET / HTTP/1.1\" 200 5 \"-\" \"c\"\n" +
               "1.2.3.4 - - [10/Oct/9999:13:55:36 -0700] \"GET / HTTP/1.1\" 200 5 \"-\" \"c\"\n" +
               "1.2.3.4 - - " + time + " \"GET / HT",
           "access.log");
  const RawTrace trace = read({path}, {.path_segments = 2});
  EXPECT_THAT(names(trace), ElementsAre("/v2/models"));
  EXPECT_THAT(trace.workloads[0].values, ElementsAre(2));
  EXPECT_EQ(skipped(trace, "not a request in this log's format"), 2);
  EXPECT_EQ(skipped(trace, "not a timestamp"), 1);
  EXPECT_EQ(skipped(trace, "a date out of 1900 … 2199"), 1);
  EXPECT_THAT(trace.skipped[0].examples[0], HasSubstr("access.log:3: 1.2.3.4"));
}

TEST_F(AccessLogTest, OnlyTheBusiestPathsKeepTheirNames) {
  std::string text;
  for (int i = 0; i < 30; ++i) {
    for (int n = 0; n <= i % 10; ++n) {
      text +=
          fmt::format("h - - [10/Oct/2000:13:55:36 -0700] \"GET /p{} HTTP/1.1\" 200 5\n", i % 10);
    }
  }
  const RawTrace trace = read({gzipped(text, "access.log")}, {.paths_max = 2});
  EXPECT_THAT(names(trace), UnorderedElementsAre("(other)", "/p8", "/p9"));
  EXPECT_THAT(workload(trace, "/p9").values, ElementsAre(30));
  EXPECT_THAT(workload(trace, "(other)").values, ElementsAre(165 - 57));
}

TEST_F(AccessLogTest, RotatedFilesAddUpAtTheSeam) {
  const std::string line = "h - - [10/Oct/2000:13:55:36 -0700] \"GET /a HTTP/1.1\" 200 5\n";
  const RawTrace trace = read({file(line + line, "a.log.1"), file(line, "a.log")});
  EXPECT_THAT(workload(trace, "/a").values, ElementsAre(3));
}

TEST_F(AccessLogTest, HaproxyHttpLog) {
  const auto path = file(
      "Feb  6 12:14:14 localhost haproxy[14389]: 10.0.1.2:33317 [06/Feb/2009:12:14:14.655] http-in "
      "static/srv1 10/0/30/69/109 200 2750 - - ---- 1/1/1/1/0 0/0 {1wt.eu} {} "
      "\"GET /index.html?x=1 HTTP/1.1\"\n"
      "haproxy[1]: 10.0.1.2:33318 [06/Feb/2009:12:14:59.001] http-in static/srv1 1/0/0/-1/+9 200 9 "
      "- - ---- 1/1/1/1/0 0/0 \"GET /index.html HTTP/1.1\"\n"
      "haproxy[1]: 10.0.1.2:33319 [06/Feb/2009:12:15:02.001] http-in http-in/<NOSRV> -1/-1/-1/-1/7 "
      "400 187 - - PR-- 3/3/0/0/0 0/0 \"<BADREQ>\"\n"
      "haproxy[1]: Server static/srv1 is UP\n",
      "haproxy.log");
  EXPECT_EQ(format_of({path}), "haproxy");
  const RawTrace trace = read({path});
  EXPECT_THAT(names(trace), ElementsAre("/index.html"));
  EXPECT_THAT(trace.workloads[0].values, ElementsAre(2));
  EXPECT_EQ(trace.workloads[0].times_us[0], 1233922440LL * 1'000'000) << "UTC: no zone in it";
  EXPECT_EQ(skipped(trace, "not a request in this log's format"), 2);
}

}  // namespace
}  // namespace starling
