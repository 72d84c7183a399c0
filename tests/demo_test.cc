// The demonstration as `make demo HEADLESS=1` runs it, in less time: what it prints, how it ends
// and what it leaves.
#include <gmock/gmock.h>
#include <signal.h>

#include <regex>
#include <set>

#include "base/child_process.h"
#include "base/file.h"
#include "tests/program.h"

namespace starling::system_test {
namespace {

using testing::HasSubstr;

constexpr Duration kPatience = 300s;

/// A demo that runs; every process that it ever had below it is kept in mind.
class RunningDemo {
 public:
  explicit RunningDemo(const std::string& duration) {
    ChildOptions options;
    options.arguments = {std::string(STARLING_BIN_DIR) + "/starling-lab",
                         "demo",
                         "--headless",
                         "--duration",
                         duration,
                         "--data",
                         (folder_.path() / "demo").string()};
    options.output = folder_.path() / "printed";
    auto process = ChildProcess::spawn(options);
    if (!process) throw std::runtime_error(process.error().message);
    process_ = std::move(*process);
  }
  /// One that is still running gets the time to end its fleet.
  ~RunningDemo() {
    interrupt();
    (void)eventually(30s, [&] { return !process_->running(); });
  }

  void interrupt() { process_->signal(SIGINT); }
  /// Both outputs, so far.
  std::string printed() const { return read_file(folder_.path() / "printed").value_or(""); }
  bool says(const std::string& words) {
    const auto more = descendants(process_->pid());
    seen_.insert(more.begin(), more.end());
    return printed().find(words) != std::string::npos;
  }
  /// "exit code 0" or what else it was.
  std::string end() {
    const bool ended = eventually(kPatience, [&] {
      (void)says("");
      return !process_->running();
    });
    return ended ? process_->ended()->text() : "still running";
  }
  std::size_t processes() const { return seen_.size(); }
  /// Processes of its that run on: none, once they have had a moment.
  std::string left_over() const {
    const std::vector<pid_t> all(seen_.begin(), seen_.end());
    (void)eventually(10s, [&] { return still_running(all).empty(); });
    return still_running(all);
  }

 private:
  TemporaryFolder folder_;
  std::optional<ChildProcess> process_;
  std::set<pid_t> seen_;
};

/// The lines of a text that begin with `head`, without it.
std::vector<std::string> lines_after(const std::string& head, const std::string& text) {
  std::vector<std::string> found;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (line.rfind(head, 0) == 0) found.push_back(line.substr(head.size()));
  }
  return found;
}

TEST(Demo, LosesANodeHalfWayAndSurvives) {
  if (const auto missing = missing_programs(); !missing.empty()) GTEST_SKIP() << missing;
  RunningDemo demo("40s");
  EXPECT_TRUE(eventually(kPatience, [&] { return demo.says(" KILLED at "); })) << demo.printed();
  const std::string how = demo.end();
  const std::string printed = demo.printed();

  std::smatch kill, loss;
  ASSERT_TRUE(std::regex_search(
      printed, kill,
      std::regex(R"(node (\S+) KILLED at (\d+) s: it owned (\d+) models? and ran (\d+) ready)")))
      << printed;
  EXPECT_GE(std::stoi(kill[2]), 20);
  EXPECT_TRUE(std::stoi(kill[3]) > 0 || std::stoi(kill[4]) > 0) << kill[0];
  // Recovery is a must; how long it takes on this machine, now, is for the verdict to say.
  ASSERT_TRUE(std::regex_search(printed, loss,
                                std::regex(R"(node (\S+) was killed \(SIGKILL\).*\n)"
                                           R"(  new owners after +[\d.]+ s\n)"
                                           R"(  replacements ready in +[\d.]+ s)")))
      << printed;
  EXPECT_EQ(loss[1], kill[1]);

  for (const auto* model : {"digits", "tones"}) {
    const auto rows = lines_after(std::string(model) + " ", printed);
    ASSERT_FALSE(rows.empty()) << printed;
    std::istringstream row(rows[0]);
    std::string policy;
    int requests = 0, failed = -1;
    row >> policy >> requests >> failed;
    EXPECT_GT(requests, 100) << rows[0];
    EXPECT_GE(failed, 0) << rows[0];
    EXPECT_LT(failed, requests / 5) << "more than a machine that is too slow explains: " << rows[0];
  }
  for (const auto* policy :
       {"predictive ", "learned ", "hpa ", "static ", "static-mean ", "static-peak "})
    EXPECT_EQ(lines_after(policy, printed).size(), 1U) << policy << "\n" << printed;
  EXPECT_THAT(printed, testing::ContainsRegex("digits +hpa +[0-9.]+ +[+-]"));
  EXPECT_THAT(printed, HasSubstr("One decision, as `starling explain digits` tells it:"));

  const auto not_survived = lines_after("not survived: ", printed);
  for (const auto& why : not_survived)
    EXPECT_THAT(why, testing::AnyOf(HasSubstr(" s allowed"), HasSubstr("of the requests failed")))
        << "only a slow machine may be a reason";
  EXPECT_EQ(how, not_survived.empty() ? "exit code 0" : "exit code 1") << printed;
  EXPECT_EQ(lines_after("The fleet survived: ", printed).size(), not_survived.empty() ? 1U : 0U);
  EXPECT_GE(demo.processes(), 10U) << "three agents with two servers each, and replicas";
  EXPECT_EQ(demo.left_over(), "");
}

TEST(Demo, EndsCleanlyWhenInterrupted) {
  if (const auto missing = missing_programs(); !missing.empty()) GTEST_SKIP() << missing;
  RunningDemo demo("10m");
  EXPECT_TRUE(eventually(kPatience, [&] { return demo.says("Driving a synthetic day"); }))
      << demo.printed();
  demo.interrupt();
  EXPECT_EQ(demo.end(), "exit code 130");
  EXPECT_THAT(demo.printed(), HasSubstr("interrupted: the fleet is stopped"));
  EXPECT_GE(demo.processes(), 10U);
  EXPECT_EQ(demo.left_over(), "");
}

TEST(Demo, RefusesWhatItCannotShowBeforeItStartsAFleet) {
  const TemporaryFolder folder;
  const auto data = (folder.path() / "demo").string();
  const auto zeros = folder.write("zeros.csv", "timestamp,workload,value\n0,w,0\n60,w,0\n");
  const std::vector<std::pair<std::string, std::string>> refused{
      {"--duration 5s", "--duration '5s': expected at least 30s"},
      {"--duration soon", "soon"},
      {"--trace " + zeros, "workload w of the trace is almost always zero"},
      {"--trace " + data + ".csv", "no such file"},
      {"--models " + folder.path().string(), "digits.yaml"}};
  for (const auto& [arguments, words] : refused) {
    const auto ended = run("starling-lab demo --headless --data " + data + " " + arguments);
    EXPECT_EQ(ended.exit_code, 1) << arguments;
    EXPECT_EQ(ended.out, "") << arguments;
    EXPECT_THAT(ended.err, HasSubstr(words)) << arguments;
    EXPECT_FALSE(std::filesystem::exists(data)) << arguments;
  }
}

}  // namespace
}  // namespace starling::system_test
