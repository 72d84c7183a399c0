// Machines, pods and metrics: Bitbrains, Alibaba's GPU pods, Google's cluster usage, Prometheus.
#include "sql/database.h"
#include "trace/formats/files_for_tests.h"

namespace starling {
namespace {

using testing::DoubleEq;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsNan;

using MachineFormatTest = FormatTest;

constexpr const char* kBitbrainsHeader =
    "Timestamp [ms];\tCPU cores;\tCPU capacity provisioned [MHZ];\tCPU usage [MHZ];\tCPU usage "
    "[%];\tMemory capacity provisioned [KB];\tMemory usage [KB];\tDisk read throughput "
    "[KB/s];\tDisk write throughput [KB/s];\tNetwork received throughput [KB/s];\tNetwork "
    "transmitted throughput [KB/s]\n";

TEST_F(MachineFormatTest, BitbrainsMachinesAreNamedByTheirFiles) {
  const std::string header = kBitbrainsHeader;
  const auto first =
      file(header +
               "1376314846;\t4;\t11703;\t10912;\t93.2;\t67108864;\t6129274;\t0;\t1;\t2;\t3\n"
               "1376315146;\t4;\t11703;\t10890;\t93.0;\t67108864;\t6755624;\t0;\t1;\t4;\t3\n",
           "fastStorage/1.csv");
  const auto second =
      file(header + "1376314846;\t1;\t1;\t1;\t5.5;\t1;\t1;\t0;\t1;\t2;\t3\n", "rnd/1.csv");
  EXPECT_EQ(format_of({first, second}), "bitbrains");
  const RawTrace one = read({first});
  EXPECT_THAT(names(one), ElementsAre("1"));
  EXPECT_THAT(one.workloads[0].values, ElementsAre(93.2, 93.0));
  EXPECT_THAT(times_s(one.workloads[0]), ElementsAre(1376314846, 1376315146))
      << "seconds, whatever the header says";
  EXPECT_EQ(one.unit, "%");
  EXPECT_TRUE(one.has_calendar);
  EXPECT_THAT(names(read({first, second})), ElementsAre("fastStorage/1", "rnd/1"));

  const RawTrace network = read({first}, {.value = "Network received throughput [KB/s]"});
  EXPECT_THAT(network.workloads[0].values, ElementsAre(2, 4));
  EXPECT_EQ(network.unit, "KB/s");
  EXPECT_THAT(error({first}, {.value = "CPU usage [Mhz]"}).message,
              HasSubstr("did you mean 'CPU usage [MHZ]'?"));
}

TEST_F(MachineFormatTest, AlibabaPodsAreALevelOverTime) {
  const auto path = file(
      "name,cpu_milli,memory_mib,num_gpu,gpu_milli,gpu_spec,qos,pod_phase,creation_time,"
      "deletion_time,scheduled_time\n"
      "p0,12000,16384,2,1000,,LS,Running,0,120,0.0\n"
      "p1,6000,12288,1,460,V100M16,LS,Running,10,90,30.0\n"
      "p2,6000,12288,1,460,,BE,Pending,10,90,\n"
      "p3,1000,1000,0,0,,BE,Succeeded,5,100,60\n");
  EXPECT_EQ(format_of({path}), "alibaba-gpu");
  const RawTrace pods = read({path});
  EXPECT_EQ(pods.unit, "pods");
  // p1 runs for half of the first minute and half of the second; p3 for 40 s of the second.
  EXPECT_THAT(workload(pods, "LS").values, ElementsAre(1.5, 1.5, 0));
  EXPECT_THAT(workload(pods, "BE").values, ElementsAre(0, DoubleEq(0.666666667), 0));
  EXPECT_EQ(skipped(pods, "never scheduled"), 1);

  const RawTrace gpus = read({path}, {.step = 30s, .value = "gpus", .group = "gpu_spec"});
  EXPECT_THAT(workload(gpus, "V100M16").values, ElementsAre(0, 0.46, 0.46, 0, 0));
  EXPECT_THAT(workload(gpus, "(none)").values, ElementsAre(2, 2, 2, 2, 0));
  EXPECT_THAT(error({path}, {.value = "gpu"}).message, HasSubstr("pods, gpus, cpu, memory"));
}

TEST_F(MachineFormatTest, GoogleUsageIsSummedOverACollectionsInstances) {
  const auto path = file(
      "start_time,end_time,collection_id,instance_index,machine_id,average_usage,assigned_memory\n"
      "600000000,900000000,7,0,1,\"{'cpus': 0.5, 'memory': 0.01}\",0.2\n"
      "600000000,750000000,7,1,2,\"{'cpus': 0.25, 'memory': 0.02}\",0.1\n"
      "900000000,1200000000,7,0,1,\"{'cpus': 1e-1, 'memory': 0.03}\",0.2\n"
      "0,300000000,8,0,1,\"{'cpus': 0.5, 'memory': 0.01}\",0.2\n"
      "900000000,9223372036854775807,8,0,1,\"{'cpus': 0.5, 'memory': 0.01}\",0.2\n"
      "900000000,1200000000,8,0,1,,0.2\n");
  EXPECT_EQ(format_of({path}), "google-usage");
  const RawTrace trace = read({path});
  EXPECT_THAT(names(trace), ElementsAre("7"));
  EXPECT_THAT(workload(trace, "7").values, ElementsAre(0.625, 0.1))
      << "the second instance ran for half of the window";
  EXPECT_EQ(skipped(trace, "before the trace"), 1);
  EXPECT_EQ(skipped(trace, "after the trace"), 1);
  EXPECT_EQ(skipped(trace, "no value"), 1);
  EXPECT_THAT(
      workload(read({path}, {.value = "average_usage.memory", .group = "machine_id"}), "1").values,
      ElementsAre(0.01, 0.03));
}

TEST_F(MachineFormatTest, GoogleUsageAsParquetWithRecordsAndFlat) {
  auto database = sql::Database::open("");
  ASSERT_TRUE(database);
  auto connection = database->connect();
  ASSERT_TRUE(connection);
  const std::string usages[] = {"{'cpus': 0.5::FLOAT, 'memory': 0.25::FLOAT} AS average_usage",
                                "0.5 AS average_usage_cpus", "0.5 AS \"average_usage.cpus\""};
  for (const std::string& usage : usages) {
    const std::string path = folder_ / "usage.parquet";
    ASSERT_TRUE(connection->execute(
        "COPY (SELECT 600000000 AS start_time, 900000000 AS end_time, 7 AS collection_id, " +
        usage + ") TO '" + path + "' (FORMAT parquet)"));
    EXPECT_EQ(format_of({path}), "google-usage") << usage;
    EXPECT_THAT(read({path}).workloads[0].values, ElementsAre(0.5)) << usage;
  }
}

TEST_F(MachineFormatTest, PrometheusMatrixIsNamedByItsLabels) {
  const auto path = file(
      R"({"status":"success","data":{"resultType":"matrix","result":[
        {"metric":{"__name__":"up","job":"a","instance":"x:1"},"values":[[1435781430.781,"1"],[1435781445.781,"NaN"]]},
        {"metric":{},"values":[[1435781430,"2.5"],[1435781445,"one"]]}]}})",
      "answer.json");
  EXPECT_EQ(format_of({path}), "prometheus");
  const RawTrace trace = read({path});
  EXPECT_THAT(names(trace), ElementsAre("up{job=\"a\", instance=\"x:1\"}", "{}"));
  EXPECT_THAT(trace.workloads[0].values, ElementsAre(1, IsNan()));
  EXPECT_EQ(trace.workloads[0].times_us[0], 1435781430781000);
  EXPECT_EQ(trace.quantity, Quantity::kGauge);
  EXPECT_EQ(skipped(trace, "not a number"), 1);

  const RawTrace by_job = read({path}, {.group = "job"});
  EXPECT_THAT(names(by_job), ElementsAre("a"));
  EXPECT_EQ(skipped(by_job, "the label is not there"), 2);
}

TEST_F(MachineFormatTest, PrometheusTotalsAreCountersAndOtherAnswersErrors) {
  const auto counter = gzipped(
      R"({"status":"success","data":{"resultType":"matrix","result":[{"metric":{"__name__":"http_requests_total"},"values":[[10,"5"],[20,"9"]]}]}})",
      "c.json");
  EXPECT_EQ(read({counter}).quantity, Quantity::kCounter);
  const auto two = file(
      R"({"status":"success","data":{"resultType":"matrix","result":[
        {"metric":{"__name__":"http_requests_total","model":"m0","instance":"x:1"},"values":[[10,"5"],[20,"9"]]},
        {"metric":{"__name__":"http_requests_total","model":"m0","instance":"y:1"},"values":[[10,"1"],[20,"2"]]},
        {"metric":{"__name__":"http_requests_total","model":"m1","instance":"z:1"},"values":[[10,"3"],[20,"4"]]}]}})",
      "two.json");
  EXPECT_EQ(read({two}, {.group = "instance"}).quantity, Quantity::kCounter)
      << "by its metric's name, whatever the label says";
  EXPECT_THAT(
      error({two}, {.group = "model"}).message,
      HasSubstr("2 series of a counter have model=\"m0\": ask Prometheus for sum by (model) "
                "(rate(…)) instead"));
  const auto vector = file(
      R"({"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[1,"2"]}]}})",
      "v.json");
  EXPECT_THAT(error({vector}).message, HasSubstr("a Prometheus vector, not a matrix"));
  const auto refused = file(
      R"({"status":"error","errorType":"bad_data","error":"parse error at char 5"})", "e.json");
  EXPECT_THAT(error({refused}).message, HasSubstr("parse error at char 5"));
  const auto cut =
      file(R"({"status":"success","data":{"resultType":"matrix","result":[{"met)", "t.json");
  EXPECT_EQ(error({cut}).code, ErrorCode::kInvalid);
}

}  // namespace
}  // namespace starling
