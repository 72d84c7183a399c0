// starling-lab forecast as a user runs it: train and resume, judge, compare, show; what it refuses.
#include <gmock/gmock.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "tests/program.h"

namespace starling::system_test {
namespace {

using Json = nlohmann::json;
using testing::HasSubstr;
using testing::Not;

std::string bytes_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream bytes;
  bytes << file.rdbuf();
  return bytes.str();
}

constexpr const char* kTiny =
    "starling-lab forecast train --synthetic 12 --regime short --hidden 8 --batch 16 --seed 3 ";

TEST(ForecastTrain, GivesTheSameBytesAgainAlsoWhenItWasInterrupted) {
  const TemporaryFolder folder;
  const auto at = [&](const char* name) { return (folder.path() / name).string(); };
  const auto once = run(kTiny + ("--steps 40 --out " + at("once.bin")));
  ASSERT_EQ(once.exit_code, 0) << once.err;
  EXPECT_THAT(once.err, HasSubstr("40/40"));
  ASSERT_EQ(run(kTiny + ("--steps 40 --out " + at("again.bin"))).exit_code, 0);
  EXPECT_EQ(bytes_of(at("once.bin")), bytes_of(at("again.bin")));

  // Interrupted when it has kept its state for the first time; the same command goes on from there.
  const std::string resumable =
      kTiny + ("--steps 40 --checkpoint " + at("state") + " --out " + at("resumed.bin"));
  const auto stopped = run(resumable + " & until [ -e " + at("state.short") +
                           " ]; do sleep 0.01; done; kill -INT $!; wait $!");
  if (stopped.exit_code != 0) {  // it was not at its end already
    EXPECT_EQ(stopped.exit_code, 130) << stopped.err;
    EXPECT_THAT(stopped.err, HasSubstr("the same command goes on from"));
  }
  ASSERT_EQ(run(resumable).exit_code, 0);
  EXPECT_EQ(bytes_of(at("once.bin")), bytes_of(at("resumed.bin")));

  const auto shown = run("starling-lab forecast show " + at("once.bin"));
  ASSERT_EQ(shown.exit_code, 0) << shown.err;
  EXPECT_THAT(shown.out, HasSubstr("40 steps of training"));
  EXPECT_THAT(shown.out, HasSubstr("synthetic"));
}

TEST(ForecastTrain, MetaLearnsWhatAnAgentAdapts) {
  const TemporaryFolder folder;
  const auto out = (folder.path() / "meta.bin").string();
  const auto trained = run(kTiny + ("--algorithm film-maml --steps 6 --out " + out));
  ASSERT_EQ(trained.exit_code, 0) << trained.err;
  const auto judged =
      run("starling-lab forecast evaluate --synthetic 4 --methods net,online "
          "--draws 10 -o json --model " +
          out);
  ASSERT_EQ(judged.exit_code, 0) << judged.err;
  EXPECT_EQ(Json::parse(judged.out)["methods"].size(), 3U);
}

TEST(ForecastEvaluate, GivesTheAgreedJsonAndAReportForCasesFromAFile) {
  const TemporaryFolder folder;
  const auto cases = (folder.path() / "cases.csv.gz").string();
  const auto report = (folder.path() / "report.html").string();
  const auto cut =
      run("starling-lab forecast cases --synthetic 6 --origins 4 --protocol short --out " + cases);
  ASSERT_EQ(cut.exit_code, 0) << cut.err;
  EXPECT_THAT(cut.err, HasSubstr("next: starling-lab forecast evaluate --cases"));
  const auto judged = run("starling-lab forecast evaluate --cases " + cases +
                              " --methods ses,net,online --draws 50 -o json --report " + report,
                          {.environment = {}, .directory = STARLING_SOURCE_DIR});
  ASSERT_EQ(judged.exit_code, 0) << judged.err;
  const Json json = Json::parse(judged.out);
  EXPECT_TRUE(json.contains("protocol"));
  EXPECT_EQ(json["cases"], 24);
  ASSERT_EQ(json["methods"].size(), 4U);
  for (const Json& method : json["methods"]) {
    for (const char* key : {"name", "wql", "mase", "coverage_90", "relative_wql", "relative_wql_ci",
                            "seconds_per_forecast"}) {
      EXPECT_TRUE(method.contains(key)) << key;
    }
    EXPECT_GT(method["seconds_per_forecast"].get<double>(), 0);
    EXPECT_LE(method["relative_wql_ci"][0], method["relative_wql_ci"][1]);
  }
  EXPECT_EQ(json["methods"][0]["name"], "naive");
  EXPECT_EQ(json["methods"][0]["relative_wql"], 1);
  EXPECT_LT(json["methods"][2]["relative_wql"].get<double>(), 1);
  const std::string page = bytes_of(report);
  for (const char* part : {"<html", "best", "median", "worst", "vega"}) {
    EXPECT_THAT(page, HasSubstr(part));
  }
}

TEST(ForecastCommands, RefuseWhatTheyCannotReadWithOneClearMessage) {
  const TemporaryFolder folder;
  const auto artefact = bytes_of(STARLING_SOURCE_DIR "/models/forecaster.bin");
  ASSERT_GT(artefact.size(), 1000U);
  std::string tampered = artefact;
  tampered[artefact.size() / 2] = static_cast<char>(tampered[artefact.size() / 2] ^ 1);
  const auto header = std::string("id,dataset,workload,step_s,season,history,future\n");
  const std::vector<std::pair<std::string, std::string>> refused{
      {"evaluate --synthetic 2 --model " + folder.write("cut.bin", artefact.substr(0, 5000)),
       "cut.bin"},
      {"evaluate --synthetic 2 --model " + folder.write("tampered.bin", tampered), "tampered.bin"},
      {"evaluate --synthetic 2 --model nowhere.bin", "--model: nowhere.bin: no such file"},
      {"evaluate --synthetic 2 --methods sess", "no method 'sess' (did you mean 'ses'?)"},
      {"evaluate --cases " + folder.write("nothing.csv", ""), "nothing.csv: the file is empty"},
      {"evaluate", "give --cases FILE, --trace FILE or --synthetic N"},
      {"cases", "no cases; give --trace FILE or --synthetic N"},
      {"cases --trace " + folder.write("short.csv", "timestamp,a\n0,1\n60,2\n120,3\n"),
       "takes 75 points, one a 1m (60 of history, 15 to forecast), and its longest workload has 3"},
      {"cases --synthetic 2 --out nowhere/cases.csv", "there is no folder nowhere"},
      {"evaluate --cases " + folder.write("text.csv", header + "a,d,w,60,0,1;x,2\n"), "text.csv:2"},
      {"evaluate --cases " + folder.write("step.csv", header + "a,d,w,0,0,1;2,2\n"), "step.csv:2"},
      {"train --synthetic 4 --algorithm film-maml --checkpoint x", "--checkpoint"},
      {"train --trace nowhere.csv", "nowhere.csv: no such file"},
  };
  for (const auto& [arguments, said] : refused) {
    SCOPED_TRACE(arguments);
    const auto ended =
        run("starling-lab forecast " + arguments, {.environment = {}, .directory = folder.path()});
    EXPECT_GT(ended.exit_code, 0);
    EXPECT_THAT(ended.err, HasSubstr(said));
    EXPECT_EQ(ended.out, "");
  }
}

TEST(ForecastCommands, FindTheShippedWeightsFromEverywhereAndLoadThemFirst) {
  const TemporaryFolder folder;
  const RunOptions there{.environment = {}, .directory = folder.path()};
  const auto shown = run("starling-lab forecast show", there);
  ASSERT_EQ(shown.exit_code, 0) << shown.err;
  EXPECT_THAT(shown.out, HasSubstr("TRAINED ON"));
  const std::string evaluate = "starling-lab forecast evaluate --synthetic 2 --draws 10 ";
  const auto judged = run(evaluate + "--methods net -o json", there);
  ASSERT_EQ(judged.exit_code, 0) << judged.err;
  EXPECT_EQ(Json::parse(judged.out)["methods"].size(), 2U);
  for (const char* wrong : {"--methods ses,sess", "--methods ses,net --model nowhere.bin"}) {
    const auto refused = run(evaluate + wrong, there);
    EXPECT_EQ(refused.exit_code, 1) << wrong;
    EXPECT_THAT(refused.err, Not(HasSubstr("naive:"))) << "it has forecast already";
  }
}

TEST(ForecastCompare, RunsRsMethodsOnTheSameCasesWhereRIsInstalled) {
  if (run("Rscript -e 'library(forecast)'").exit_code != 0) {
    GTEST_SKIP() << "R and its forecast package are not installed (r-base-core, r-cran-forecast)";
  }
  const auto compared = run(
      "starling-lab forecast compare --with-r --synthetic 3 --origins 1 --methods ses --draws 10 "
      "--r-methods naive,thetaf -o json");
  ASSERT_EQ(compared.exit_code, 0) << compared.err;
  const Json json = Json::parse(compared.out);
  ASSERT_EQ(json["methods"].size(), 4U);
  EXPECT_EQ(json["methods"][2]["name"], "r:naive");
  EXPECT_GT(json["methods"][3]["relative_wql"].get<double>(), 0);
}

}  // namespace
}  // namespace starling::system_test
