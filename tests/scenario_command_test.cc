// starling-lab scenario as a user runs it: what it makes can be replayed, what it refuses is left
// as it was.
#include <gmock/gmock.h>

#include "base/file.h"
#include "tests/program.h"

namespace starling::system_test {
namespace {

using testing::HasSubstr;

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
  const std::string foreseen = "starling-lab replay mine.yaml --policy predictive --forecaster net";
  EXPECT_EQ(
      run(foreseen + " --model " STARLING_SOURCE_DIR "/models/forecaster.bin", there).exit_code, 0);
  EXPECT_THAT(run(foreseen, there).err, HasSubstr("models/forecaster.bin: no such file"));

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
  for (const auto& [words, problem] :
       {std::pair{"--out x.txt", "ends in .yaml"}, std::pair{"--out nowhere/x.yaml", "nowhere"},
        std::pair{"--out x.yaml --capacity nanx", "--capacity nanx: expected"},
        std::pair{"--out x.yaml --rate-min inf/s --rate-max inf/s", "--rate-min inf/s: expected"},
        std::pair{"--out x.yaml --rate-min 5/s", "given together"},
        std::pair{"--out x.yaml --slo soon", "--slo soon: expected a time"}}) {
    const auto refused =
        run(std::string("starling-lab scenario --trace day.csv --models 1 ") + words, there);
    EXPECT_EQ(refused.exit_code, 1) << words;
    EXPECT_THAT(refused.err, HasSubstr(problem)) << words;
    EXPECT_FALSE(std::filesystem::exists(folder.path() / "x.yaml")) << words;
    EXPECT_FALSE(std::filesystem::exists(folder.path() / "x.csv")) << words;
  }
}

}  // namespace
}  // namespace starling::system_test
