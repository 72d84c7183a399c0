// starling-lab drive against a fleet: what it says it sent is what the fleet was sent.
#include <gtest/gtest.h>

#include "tests/one_node.h"

namespace starling::system_test {
namespace {

using Json = nlohmann::json;

TEST(Drive, CountsAndRecordsWhatItSent) {
  const RunningFleet* fleet = one_node();
  if (fleet == nullptr) GTEST_SKIP() << missing_programs();
  (void)deployed(*fleet, "digits");
  const auto& folder = fleet->folder();
  const auto trace = folder.write(
      "trace.csv",
      "timestamp,workload,value\n0,busy,300\n60,busy,600\n120,busy,120\n180,busy,300\n");
  const auto record = (folder.path() / "sent.csv").string();
  const auto driven = fleet->command(fmt::format(
      "starling lab drive --trace {} --gateway http://{} --models digits=busy --speed 60x "
      "--slo digits=1s --rate-scale 1 --seed 3 --record {} -o json",
      trace, fleet->members().front().gateway, record));
  ASSERT_EQ(driven.exit_code, 0) << driven.err;
  const auto report = Json::parse(driven.out, nullptr, false);
  ASSERT_FALSE(report.is_discarded()) << driven.out;
  const auto& digits = report["models"][0];
  EXPECT_EQ(digits["model"], "digits");
  EXPECT_GT(digits["requests"].get<int>(), 0);
  EXPECT_EQ(digits["requests"].get<int>(),
            digits["answered"].get<int>() + digits["failed"].get<int>())
      << digits;
  EXPECT_EQ(digits["failed"], 0) << driven.err;
  EXPECT_EQ(digits["unfinished"], 0);

  const auto described =
      Json::parse(run("starling trace describe " + record + " -o json").out, nullptr, false);
  ASSERT_TRUE(described.is_object()) << described;
  ASSERT_EQ(described["workloads"].size(), 1U) << described;
  const auto& workload = described["workloads"][0];
  EXPECT_EQ(workload["workload"], "digits");
  EXPECT_EQ(workload["step"], "1s");
  EXPECT_EQ(workload["missing"], 0);
  const double recorded = workload["mean"].get<double>() * workload["points"].get<double>();
  EXPECT_NEAR(recorded, digits["requests"].get<double>(), 1e-6);
}

TEST(Drive, RefusesWhatItCannotDrive) {
  const TemporaryFolder folder;
  const auto trace =
      folder.write("trace.csv", "timestamp,workload,value\n0,busy,300\n60,busy,600\n");
  const std::vector<std::pair<std::string, std::string>> refused{
      {"--speed 0x", "--speed '0x': expected a factor such as 60x"},
      {"--speed fast", "--speed 'fast': expected a factor such as 60x"},
      {"--models digits", "--models 'digits': expected model=value"},
      {"--models digits=bussy", "no workload 'bussy' (did you mean 'busy'?)"},
      {"--slo digits=1s", "'digits=1s': no such model is driven"},
      {"--slo busy=1 --body busy=" + trace, "'1' is not"},
      {"--body busy=nowhere.json", "nowhere.json"},
      // Nobody listens on port 1.
      {"", "state its request with --body busy=request.json"}};
  for (const auto& [arguments, words] : refused) {
    const auto ended = run("starling-lab drive --trace " + trace +
                           " --gateway http://127.0.0.1:1 --duration 1s " + arguments);
    EXPECT_EQ(ended.exit_code, 1) << arguments;
    EXPECT_EQ(ended.out, "") << arguments;
    EXPECT_NE(ended.err.find(words), std::string::npos) << ended.err;
  }
}

}  // namespace
}  // namespace starling::system_test
