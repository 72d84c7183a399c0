// Events per step: language-model requests, Azure Functions, and tables of any events.
#include "trace/formats/files_for_tests.h"

namespace starling {
namespace {

using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;

using RequestFormatTest = FormatTest;

TEST_F(RequestFormatTest, AzureLlmCountsRequestsAndSumsTokens) {
  const auto path = file(
      "TIMESTAMP,ContextTokens,GeneratedTokens\n2023-11-16 18:15:46.6805900,374,44\n"
      "2023-11-16 18:15:50.9951690,396,109\n2023-11-16 18:17:01.0000000,5,6\n");
  EXPECT_EQ(format_of({path}), "azure-llm");
  const RawTrace trace = read({path});
  EXPECT_EQ(trace.quantity, Quantity::kCount);
  EXPECT_EQ(trace.unit, "requests");
  EXPECT_EQ(trace.step, Duration{60s});
  EXPECT_TRUE(trace.has_calendar);
  EXPECT_THAT(names(trace), ElementsAre("trace"));
  EXPECT_THAT(trace.workloads[0].values, ElementsAre(2, 0, 1)) << "a silent minute is 0";
  EXPECT_EQ(trace.workloads[0].times_us[0], 1700158500000000) << "18:15:00";

  const ReadRawOptions tokens{.step = 30s, .value = "GeneratedTokens"};
  EXPECT_THAT(read({path}, tokens).workloads[0].values, ElementsAre(153, 0, 0, 6));
  ReadRawOptions mean = tokens;
  mean.aggregate = Aggregate::kMean;
  const RawTrace means = read({path}, mean);
  EXPECT_EQ(means.quantity, Quantity::kGauge);
  EXPECT_THAT(means.workloads[0].values, ElementsAre(76.5, 6)) << "no mean without requests";
}

TEST_F(RequestFormatTest, BurstGptIsGroupedByModel) {
  const auto path = file(
      "Timestamp,Model,Request tokens,Response tokens,Total tokens,Log Type\n"
      "5,ChatGPT,472,18,490,Conversation log\n45,ChatGPT,1087,230,1317,Conversation log\n"
      "118,GPT-4,417,276,693,API log\n");
  EXPECT_EQ(format_of({path}), "burstgpt");
  const RawTrace trace = read({path});
  EXPECT_THAT(workload(trace, "ChatGPT").values, ElementsAre(2, 0));
  EXPECT_THAT(workload(trace, "GPT-4").values, ElementsAre(0, 1));
  EXPECT_THAT(names(read({path}, {.group = "Log Type"})),
              ElementsAre("Conversation log", "API log"));
}

TEST_F(RequestFormatTest, MooncakeJsonLinesAndCsvAreMilliseconds) {
  const auto json = file(
      "{\"timestamp\": 0, \"input_length\": 10, \"output_length\": 5, \"hash_ids\": [1, 2]}\n"
      "{\"timestamp\": 27482, \"input_length\": 7, \"output_length\": 5, \"hash_ids\": [3]}\n"
      "{\"timestamp\": 60000, \"input_length\"\n"
      "{\"timestamp\": 61000, \"input_length\": 4, \"output_length\": 9, \"hash_ids\": []}\n",
      "m.jsonl");
  EXPECT_EQ(format_of({json}), "mooncake");
  const RawTrace trace = read({json});
  EXPECT_THAT(trace.workloads[0].values, ElementsAre(2, 1));
  EXPECT_EQ(skipped(trace, "not JSON"), 1);
  EXPECT_THAT(trace.skipped[0].examples[0], HasSubstr("m.jsonl:3: "));
  EXPECT_THAT(read({json}, {.value = "input_length"}).workloads[0].values, ElementsAre(17, 4));

  const auto csv = file("t_ms,input_tokens,output_tokens\n0,1,2\n59999,1,2\n60000,1,2\n");
  EXPECT_EQ(format_of({csv}), "mooncake");
  EXPECT_THAT(read({csv}).workloads[0].values, ElementsAre(2, 1));
}

TEST_F(RequestFormatTest, AnyTableOfEventsByItsTimeColumn) {
  const auto path = file(
      "split,metric,t_s,value_ms,container\ntrain,load,0,10,a\ntrain,run,59,20,b\n"
      "train,load,61,30,a\ntrain,load,x,1,a\n");
  EXPECT_EQ(format_of({path}), "events");
  EXPECT_THAT(read({path}).workloads[0].values, ElementsAre(2, 1));
  const RawTrace trace =
      read({path}, {.value = "value_ms", .group = "metric", .aggregate = Aggregate::kMean});
  EXPECT_THAT(workload(trace, "load").values, ElementsAre(10, 30));
  EXPECT_THAT(workload(trace, "run").values, ElementsAre(20));
  EXPECT_EQ(skipped(trace, "not a timestamp"), 1);
}

TEST_F(RequestFormatTest, EventTimesInUnixMillisecondsAreKnownByTheirSize) {
  const RawTrace trace = read({file("timestamp,kind\n1714564800000,a\n1714564859999,b\n")});
  EXPECT_EQ(trace.workloads[0].times_us[0], 1714564800000000);
  EXPECT_THAT(trace.workloads[0].values, ElementsAre(2));
}

TEST_F(RequestFormatTest, AMistakenOptionIsExplained) {
  const auto path = file("t_s,kind\n0,a\n");
  EXPECT_THAT(error({path}, {.aggregate = Aggregate::kMean}).message, HasSubstr("value column"));
  EXPECT_THAT(error({path}, {.step = Duration{0}}).message, HasSubstr("step: "));
}

class AzureFunctionsTest : public FormatTest {
 protected:
  /// One day's file: each function has `count` invocations in its first and last minute.
  std::string day(const std::string& name, const std::vector<std::pair<std::string, int>>& rows) {
    std::string text = "HashOwner,HashApp,HashFunction,Trigger";
    for (int i = 1; i <= 1440; ++i) text += fmt::format(",{}", i);
    for (const auto& [function, count] : rows) {
      text += fmt::format("\no,app,{},http,{}", function, count);
      for (int i = 2; i <= 1440; ++i) text += i == 1440 ? fmt::format(",{}", count) : ",0";
    }
    return file(text + "\n", "invocations_per_function_md.anon." + name + ".csv");
  }
};

TEST_F(AzureFunctionsTest, DaysAreJoinedByTheirNumbersWhateverTheirOrder) {
  const auto second = day("d02", {{"f", 3}, {"g", 4}});
  const auto first = day("d01", {{"f", 1}, {"f", 10}});
  EXPECT_EQ(format_of({second, first}), "azure-functions");
  const RawTrace trace = read({second, first});
  EXPECT_EQ(trace.step, Duration{60s});
  const Samples& f = workload(trace, "f");
  ASSERT_EQ(f.values.size(), 2880u);
  EXPECT_EQ(f.values[0], 11) << "two rows of one function add up";
  EXPECT_EQ(f.values[1439], 11);
  EXPECT_EQ(f.values[1440], 3);
  EXPECT_EQ(f.times_us[1440], 86'400'000'000);
  const Samples& g = workload(trace, "g");
  EXPECT_EQ(g.values[0], 0) << "a day's file names only functions that ran";
  EXPECT_EQ(g.values[2879], 4);
  EXPECT_THAT(names(read({first, second}, {.group = "HashApp"})), ElementsAre("app"));
}

TEST_F(AzureFunctionsTest, ADayWithoutAFileIsMissingAndNotSilent) {
  const RawTrace trace = read({day("d01", {{"f", 1}}), day("d03", {{"f", 2}})});
  const Samples& f = workload(trace, "f");
  ASSERT_EQ(f.values.size(), 2880u);
  EXPECT_EQ(f.times_us[1440], 2 * 86'400'000'000);
}

TEST_F(AzureFunctionsTest, ADayGivenTwiceIsAnError) {
  const auto first = day("d01", {{"f", 1}});
  EXPECT_THAT(error({first, first}).message, HasSubstr("both of day 1"));
}

TEST_F(AzureFunctionsTest, DurationsAndMemoryAreTables) {
  const auto durations = file(
      "HashOwner,HashApp,HashFunction,Average,Count,Minimum,Maximum,percentile_Average_0,"
      "percentile_Average_1,percentile_Average_25,percentile_Average_50,percentile_Average_75,"
      "percentile_Average_99,percentile_Average_100\no,a,f,5,2,1,9,1,1,2,5,8,9,9\n");
  const auto memory = file(
      "HashOwner,HashApp,SampleCount,AverageAllocatedMb,AverageAllocatedMb_pct1\no,a,3,120,90\n",
      "m.csv");
  EXPECT_EQ(format_of({durations}), "azure-functions-durations");
  EXPECT_EQ(format_of({memory}), "azure-functions-memory");
  const auto table = read_table(memory);
  ASSERT_TRUE(table) << table.error().message;
  EXPECT_EQ(table->columns[3].mean, 120);
}

}  // namespace
}  // namespace starling
