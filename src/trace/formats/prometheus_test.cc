// Answers of Prometheus: one line of any length, which is no reason to refuse them.
#include "trace/formats/prometheus.h"

#include "trace/formats/files_for_tests.h"

namespace starling {
namespace {

using testing::AllOf;
using testing::HasSubstr;

class PrometheusTest : public FormatTest {
 protected:
  static constexpr int kPoints = 10'000;

  static std::string answer(int series) {
    std::string text = R"({"status":"success","data":{"resultType":"matrix","result":[)";
    for (int i = 0; i < series; ++i) {
      text += fmt::format(R"({}{{"metric":{{"job":"{}"}},"values":[)", i == 0 ? "" : ",", i);
      for (int j = 0; j < kPoints; ++j) {
        text += fmt::format(R"({}[{},"{}"])", j == 0 ? "" : ",", 1'714'564'800 + 15 * j, i * j);
      }
      text += "]}";
    }
    return text + "]}}";
  }
};

TEST_F(PrometheusTest, ALineOfManyMegabytesIsReadPlainAndGzipped) {
  const std::string text = answer(36);
  ASSERT_GT(text.size(), 6u << 20);
  ASSERT_GT(static_cast<std::int64_t>(text.size()), ReadRawLimits{}.line_bytes_max);
  for (const std::string& path : {file(text, "answer.json"), gzipped(text, "packed.json")}) {
    EXPECT_EQ(format_of({path}), "prometheus");
    const RawTrace trace = read({path});
    ASSERT_EQ(trace.workloads.size(), 36u) << path;
    for (const Samples& samples : trace.workloads) ASSERT_EQ(samples.values.size(), kPoints);
    EXPECT_EQ(workload(trace, "{job=\"35\"}").values.back(), 35 * (kPoints - 1));
  }
}

TEST_F(PrometheusTest, AnAnswerAlmostAsLongAsAllowedFitsIntoTheMemory) {
  std::string text = answer(145);
  ASSERT_LT(static_cast<std::int64_t>(text.size()), kPrometheusAnswerBytesMax);
  ASSERT_GT(static_cast<std::int64_t>(text.size()), kPrometheusAnswerBytesMax / 10 * 9);
  EXPECT_EQ(read({file(text, "answer.json")}).workloads.size(), 145u);
}

TEST_F(PrometheusTest, ALongerOneIsRefusedWithWhatToDo) {
  const std::string path = file(answer(1), "answer.json");
  std::filesystem::resize_file(path, kPrometheusAnswerBytesMax + 1);
  const Error longer = error({path});
  EXPECT_EQ(longer.code, ErrorCode::kTooLarge);
  EXPECT_THAT(longer.message,
              AllOf(HasSubstr("answer of more than 32Mi"), HasSubstr("ask for less time")));
}

TEST_F(PrometheusTest, OtherJsonKeepsTheBoundOnLines) {
  const std::string text =
      R"({"timestamp": 0, "input_length": 1, "hash_ids": [)" + std::string(5 << 20, '1') + "]}";
  EXPECT_THAT(error({file(text, "requests.jsonl")}).message, HasSubstr("--max-line-bytes"));
}

TEST_F(PrometheusTest, IsKnownByItsBeginning) {
  EXPECT_TRUE(begins_like_prometheus("\n {\"status\": \"success\", \"data\": {\"resultType\": "));
  EXPECT_TRUE(begins_like_prometheus(R"({"status":"error","errorType":"bad_data")"));
  EXPECT_FALSE(begins_like_prometheus(R"([{"status":"success","resultType":"matrix"}])"));
  EXPECT_FALSE(begins_like_prometheus(R"({"status":"success"})"));
  EXPECT_FALSE(begins_like_prometheus(" \n"));
  EXPECT_FALSE(begins_like_prometheus(""));
}

}  // namespace
}  // namespace starling
