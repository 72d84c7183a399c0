// starling-lab scenario and replay as a user runs them: what the one makes the other takes, what is
// refused is left as it was.
#include <gmock/gmock.h>

#include "base/file.h"
#include "tests/program.h"

namespace starling::system_test {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(ScenarioCommand, MakesWhatReplayTakesAndNeverReplacesTheTraceItRead) {
  const TemporaryFolder folder;
  const RunOptions there{.environment = {}, .directory = folder.path()};
  ASSERT_EQ(run("starling-lab trace synth --workloads 4 --length 3h --intermittent 0 --seed 7 "
                "--out day.csv",
                there)
                .exit_code,
            0);
  const auto made = run(
      "starling-lab scenario --trace day.csv --models 2 --capacity 1.5x --out mine.yaml", there);
  ASSERT_EQ(made.exit_code, 0) << made.err;
  EXPECT_THAT(made.err, HasSubstr("2 models of 4 workloads"));
  const auto replayed = run("starling-lab replay mine.yaml --policy hpa", there);
  EXPECT_EQ(replayed.exit_code, 0) << replayed.err;
  // The weights that come with the program are found from everywhere.
  const std::string foreseen = "starling-lab replay mine.yaml --policy predictive --forecaster net";
  EXPECT_EQ(run(foreseen, there).exit_code, 0);
  EXPECT_EQ(
      run(foreseen + " --model " STARLING_SOURCE_DIR "/models/forecaster.bin", there).exit_code, 0);
  EXPECT_THAT(run(foreseen + " --model nowhere.bin", there).err,
              HasSubstr("--model: nowhere.bin: no such file"));

  const auto before = read_file(folder.path() / "day.csv").value();
  const auto refused =
      run("starling-lab scenario --trace day.csv --models 2 --out day.yaml", there);
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_THAT(refused.err, HasSubstr("would replace day.csv"));
  EXPECT_EQ(read_file(folder.path() / "day.csv").value(), before);
}

TEST(ScenarioCommand, SaysWhatIsWrongAndWritesNothing) {
  const TemporaryFolder folder;
  const RunOptions there{.environment = {}, .directory = folder.path()};
  folder.write("day.csv", "timestamp,m\n0,1\n60,9\n120,1\n180,9\n");
  folder.write("below.csv", "timestamp,m\n0,1\n60,-9\n120,1\n180,9\n");
  folder.write("comma.csv", "timestamp;m\n0;1,5\n60;9,5\n");
  for (const auto& [words, problem] :
       {std::pair{"--out x.txt", "ends in .yaml"}, std::pair{"--out nowhere/x.yaml", "nowhere"},
        std::pair{"--out x.yaml --capacity nanx", "--capacity nanx: expected"},
        std::pair{"--out x.yaml --rate-min inf/s --rate-max inf/s", "--rate-min inf/s: expected"},
        std::pair{"--out x.yaml --rate-min 5/s", "given together"},
        std::pair{"--out x.yaml --slo soon", "--slo soon: expected a time"},
        std::pair{"--out x.yaml --slo 90ms", "requests can ever meet it"},
        std::pair{"--out x.yaml --cold-start 1h", "longer than the trace"},
        std::pair{"--out x.yaml --trace below.csv", "below.csv:3: 'm': -9 is below zero"},
        std::pair{"--out x.yaml --trace comma.csv", "comma.csv:2: '1,5' of column 'm'"}}) {
    const auto refused =
        run(std::string("starling-lab scenario --trace day.csv --models 1 ") + words, there);
    EXPECT_EQ(refused.exit_code, 1) << words;
    EXPECT_THAT(refused.err, HasSubstr(problem)) << words;
    EXPECT_FALSE(std::filesystem::exists(folder.path() / "x.yaml")) << words;
    EXPECT_FALSE(std::filesystem::exists(folder.path() / "x.csv")) << words;
  }
}

TEST(ScenarioCommand, SaysWhereEachModelNeedsAReplicaMoreThanTheCapacityAskedFor) {
  const TemporaryFolder folder;
  const RunOptions there{.environment = {}, .directory = folder.path()};
  folder.write("day.csv", "timestamp,a,b,c\n0,1,1,1\n60,9,9,9\n120,1,1,1\n180,9,9,9\n");
  const auto made =
      run("starling-lab scenario --trace day.csv --models 3 --capacity 1 --out three.yaml", there);
  ASSERT_EQ(made.exit_code, 0) << made.err;
  EXPECT_THAT(made.err, HasSubstr("--capacity 1 would be 1 replica; 3 are needed, one a model\n"));
  const auto one =
      run("starling-lab scenario --trace day.csv --models 1 --capacity 1 --out one.yaml", there);
  EXPECT_THAT(one.err, HasSubstr("one.yaml: 1 model of 3 workloads on 1 replica, "));
  EXPECT_THAT(one.err, Not(HasSubstr("needed")));
}

TEST(ReplayCommand, RefusesWhatItWouldIgnoreOrDoTwice) {
  const TemporaryFolder folder;
  const RunOptions there{.environment = {}, .directory = folder.path()};
  folder.write("day.csv", "timestamp,m\n0,1\n60,9\n120,1\n180,9\n");
  ASSERT_EQ(run("starling-lab scenario --trace day.csv --models 1 --out one.yaml", there).exit_code,
            0);
  for (const auto& [words, problem] :
       {std::pair{"--policy hpa,kpa,hpa", "--policy hpa: hpa is named twice"},
        std::pair{"--policy hpa --seed -1", "-1: expected a whole number from 0 on"},
        std::pair{"--policy hpa --model mine.bin", "only --forecaster net reads weights"}}) {
    const auto refused = run(std::string("starling-lab replay one.yaml ") + words, there);
    EXPECT_NE(refused.exit_code, 0) << words;
    EXPECT_THAT(refused.err, HasSubstr(problem)) << words;
    EXPECT_EQ(refused.out, "") << words;
  }
  folder.write("one.csv", "timestamp,m0\n0,1\n60,-9\n120,1\n180,9\n");
  EXPECT_THAT(run("starling-lab replay one.yaml --policy hpa", there).err,
              HasSubstr("one.csv:3: 'm0': -9 is below zero"));
}

}  // namespace
}  // namespace starling::system_test
