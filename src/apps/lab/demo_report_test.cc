// The demo's verdict, which is its exit code, and its summaries, on outcomes that are made up.
#include "apps/lab/demo_report.h"

#include <gmock/gmock.h>

#include <numeric>

#include "forecast/baselines.h"

namespace starling::lab {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

ModelSpec spec(const std::string& name) {
  ModelSpec s;
  s.name = name;
  s.slo.latency = 100ms;
  s.replicas = {1, 6};
  return s;
}

/// 1000 requests of two models, all answered in 10 ms; a node lost and soon replaced.
DemoOutcome outcome() {
  DemoOutcome o;
  o.decision_interval = 1s;
  o.drive.elapsed_s = 20;
  for (const auto* name : {"digits", "tones"}) {
    o.specs.push_back(spec(name));
    o.driven.push_back({name, {0.5, std::vector<double>(40, 25)}, "", 100ms});
    DriveTally tally;
    tally.sent = tally.answered = tally.met_slo = 500;
    tally.latency.add(0.010, 500);
    tally.sent_per_step.assign(40, 12.5);
    o.drive.models.push_back(tally);
    o.services[name] = {0.005, 0.5};
    o.accounts[name] = {40, 2, 10, 3, 2, 0.5};
  }
  o.loss.victim = {"gcp-1", 1, 2};
  o.loss.cold_start_s = 0.5;
  o.loss.owners_s = 1.8;
  o.loss.replicas_s = 3.5;
  return o;
}

TEST(Judge, AFleetThatLostNothingSurvived) {
  const auto verdict = judge(outcome());
  EXPECT_THAT(verdict.failures, IsEmpty());
  EXPECT_TRUE(verdict.survived());
  EXPECT_EQ(verdict.failed_share, 0);
}

TEST(Judge, OneInTwoHundredRequestsMayFail) {
  auto o = outcome();
  o.drive.models[0].failed = 5;
  EXPECT_TRUE(judge(o).survived());
  EXPECT_DOUBLE_EQ(judge(o).failed_share, 0.005);
  o.drive.models[1].unfinished = 1;  // one that was never answered has failed too
  const auto verdict = judge(o);
  EXPECT_FALSE(verdict.survived());
  EXPECT_THAT(verdict.failures,
              ElementsAre(HasSubstr("0.60 % of the requests failed: at most 0.5 % may")));
}

TEST(Judge, EveryModelMustHaveAnswered) {
  auto o = outcome();
  o.drive.models[1].sent = o.drive.models[1].answered = 0;
  EXPECT_THAT(judge(o).failures, ElementsAre("model tones answered nothing"));
}

TEST(Judge, NothingSentIsNoSurvival) {
  auto o = outcome();
  for (auto& tally : o.drive.models) tally = {};
  EXPECT_FALSE(judge(o).survived());
  EXPECT_EQ(judge(o).failed_share, 1);
}

TEST(Judge, OwnersWithinThreeSeconds) {
  auto o = outcome();
  o.loss.owners_s = 3;
  EXPECT_TRUE(judge(o).survived());
  o.loss.owners_s = 3.2;
  EXPECT_THAT(judge(o).failures, ElementsAre("new owners after 3.2 s: at most 3 s allowed"));
  o.loss.owners_s.reset();
  EXPECT_THAT(judge(o).failures, ElementsAre("new owners after never: at most 3 s allowed"));
}

TEST(Judge, ReplacementsWithinTenSecondsAndAColdStart) {
  auto o = outcome();
  o.loss.replicas_s = 10.5;
  EXPECT_TRUE(judge(o).survived());
  o.loss.replicas_s = 10.7;
  EXPECT_THAT(judge(o).failures,
              ElementsAre("replacements ready after 10.7 s: at most 10.5 s allowed"));
  o.loss.replicas_s.reset();
  EXPECT_THAT(judge(o).failures,
              ElementsAre("replacements ready after never: at most 10.5 s allowed"));
}

TEST(Judge, ADemoThatKilledNobodyShowedNothing) {
  auto o = outcome();
  o.loss = {};
  EXPECT_THAT(judge(o).failures, ElementsAre(HasSubstr("no node was killed")));
}

TEST(Judge, NamesAllThatWentWrong) {
  auto o = outcome();
  o.drive.models[0].answered = 0;
  o.drive.models[0].failed = 500;
  o.loss.owners_s.reset();
  o.loss.replicas_s.reset();
  EXPECT_EQ(judge(o).failures.size(), 4U);
}

TEST(Summaries, OfTheModels) {
  auto o = outcome();
  o.drive.models[1].failed = 2;
  o.drive.models[1].unfinished = 1;
  o.drive.models[1].retried = 7;
  o.drive.models[1].met_slo = 450;
  o.specs[0].policy = "learned";
  EXPECT_EQ(models_summary(o),
            "MODEL   POLICY      REQUESTS  FAILED  RETRIED  SLO MET   P50   P95   P99  REPLICA-S  "
            "CPU USED  SCALE ACTIONS\n"
            "digits  learned          500       0        0  100.00%  10ms  10ms  10ms         40  "
            "     20%              3\n"
            "tones   predictive       500       3        7   90.00%  10ms  10ms  10ms         40  "
            "     20%              3\n");
}

TEST(Summaries, OfTheLoss) {
  auto loss = outcome().loss;
  EXPECT_EQ(loss_summary(loss),
            "node gcp-1 was killed (SIGKILL): it owned 1 model and ran 2 ready replicas\n"
            "  new owners after       1.8 s\n"
            "  replacements ready in  3.5 s (a cold start takes 0.5 s)\n");
  loss.victim.models_owned = 0;
  loss.replicas_s.reset();
  EXPECT_THAT(loss_summary(loss), HasSubstr("2 ready replicas (no node did both)\n"));
  EXPECT_THAT(loss_summary(loss), HasSubstr("replacements ready in  never"));
  EXPECT_THAT(loss_summary({}), HasSubstr("no node was killed"));
}

TEST(Simulated, ScenarioHasTheRequestsWhereTheyWereSent) {
  auto o = outcome();
  o.drive.models[1].sent_per_step = {8, 0, 40, 4};
  o.driven[1].plan.step_s = 4;  // a trace of few points; the last step is cut short
  o.drive.elapsed_s = 14;
  const auto scenario = scenario_of(o);
  ASSERT_EQ(scenario.models.size(), 2U);
  EXPECT_EQ(scenario.replicas_total(), 12);
  EXPECT_EQ(scenario.models[0].demand, std::vector<double>(14, 25));
  EXPECT_THAT(scenario.models[1].demand, ElementsAre(2, 2, 2, 2, 0, 0, 0, 0, 10, 10, 10, 10, 2, 2));
  EXPECT_NEAR(scenario.models[0].service_time.mean_s(), 0.005, 1e-9);
  EXPECT_NEAR(scenario.models[0].service_time.scv(), 0.5, 1e-9);
  EXPECT_EQ(scenario.models[0].cold_start, 500ms);
}

TEST(Simulated, ComparesWithHpaAndFixedNumbers) {
  const auto forecaster = make_forecaster("ses");
  ASSERT_TRUE(forecaster) << forecaster.error().message;
  const auto summary = simulated_summary(outcome(), **forecaster);
  ASSERT_TRUE(summary) << summary.error().message;
  for (const auto* policy :
       {"predictive ", "learned ", "hpa ", "static ", "static-mean ", "static-peak "})
    EXPECT_THAT(*summary, HasSubstr(std::string("\n") + policy));
  EXPECT_THAT(*summary, HasSubstr("replicas.min (digits 1, tones 1)"));
}

}  // namespace
}  // namespace starling::lab
