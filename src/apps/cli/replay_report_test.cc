// What the page of a replay holds, looked at without a browser.
#include "apps/cli/replay_report.h"

#include <gmock/gmock.h>

namespace starling::cli {
namespace {

using nlohmann::json;
using testing::HasSubstr;

/// Models that get 50 requests a minute each, for so long.
Scenario scenario_of(int models, int minutes) {
  Scenario scenario;
  scenario.name = "lab </script>";
  scenario.nodes = {{"all", "", "", "", 3000LL * models, 0, 1, 0}};
  for (int i = 0; i < models; ++i) {
    ScenarioModel model;
    model.name = fmt::format("m{}", i);
    model.service_time.location_s = 0.1;
    model.slo.latency = 300ms;
    model.queue_limit = 20;
    model.cold_start = 10s;
    model.replicas = {1, 3};
    model.initial = 1;
    model.resources = {1000, 0};
    model.demand.assign(static_cast<std::size_t>(minutes), 50);
    scenario.models.push_back(std::move(model));
  }
  return scenario;
}

ReplayReport report_of(const Scenario& scenario, const std::vector<std::string>& policies,
                       int seeds = 1) {
  ReplayReport report{.forecaster = "ses", .seed = 5, .policies = {}, .timelines = {}};
  for (const auto& policy : policies) {
    ReplayRuns runs;
    Timeline timeline;
    for (int i = 0; i < seeds; ++i) {
      const SimulationWatch watch{.timeline = i == 0 ? &timeline : nullptr, .progress = {}};
      runs.push_back(
          replay(scenario, policy, nullptr, 5 + static_cast<std::uint64_t>(i), watch).value());
    }
    report.policies.push_back(std::move(runs));
    report.timelines.push_back(std::move(timeline));
  }
  return report;
}

TEST(ReplayReport, HoldsTheComparisonTheFrontierAndEveryModelInTime) {
  const Scenario scenario = scenario_of(2, 10);
  const std::string html =
      replay_page(scenario, report_of(scenario, {"hpa", "aiad"}, 2)).html(PlotScripts{});
  EXPECT_THAT(html, HasSubstr("Policies compared on lab &lt;/script&gt;"));
  for (const char* part : {"SLO MET %", "Cost and SLO", "95 % intervals", "Cost by policy",
                           "SLO by model", "In time", "<td>aiad</td>"}) {
    EXPECT_THAT(html, HasSubstr(part));
  }
  EXPECT_THAT(html, HasSubstr("seed 5 and the 1 that follows"));
}

TEST(ReplayReport, CoursesHoldWhatEachDecisionSaw) {
  const Scenario scenario = scenario_of(2, 10);
  const ReplayReport report = report_of(scenario, {"hpa", "aiad"});
  const json spec = replay_courses(scenario, report, {0, 1});
  ASSERT_EQ(spec["data"]["values"].size(), 4u);
  const json& course = spec["data"]["values"][3];
  EXPECT_EQ(course["policy"], "aiad");
  EXPECT_EQ(course["model"], "m1");
  EXPECT_EQ(course["slo"], 300);
  const auto& points = report.timelines[1].models[1];
  ASSERT_EQ(course["time"].size(), points.size());
  for (const char* column :
       {"arrivals", "planned", "wished", "ready", "starting", "busy", "missed", "p50", "p95"}) {
    EXPECT_EQ(course[column].size(), points.size()) << column;
  }
  EXPECT_NEAR(course["time"][5].get<double>(), points[5].time_s / 60, 1e-3) << "minutes";
  EXPECT_NEAR(course["p95"][5].get<double>(), points[5].latency_p95_s * 1e3, 0.1);
  EXPECT_EQ(spec["params"][0]["bind"]["options"], json({"m0", "m1"}));
}

TEST(ReplayReport, ShowsWhatReallyHappenedBesidePoliciesAndDrawsNoCourseWithoutATimeline) {
  const Scenario scenario = scenario_of(1, 10);
  ReplayReport report = report_of(scenario, {"hpa", "aiad"});
  report.timelines.pop_back();
  report.measured = report.policies[0][0];
  report.measured->policy = "measured";
  report.measured->models.clear();
  const std::string html = replay_page(scenario, report).html(PlotScripts{});
  EXPECT_LT(html.find("<td>measured</td>"), html.find("<td>hpa</td>"));
  const json spec = replay_courses(scenario, report, {0});
  ASSERT_EQ(spec["data"]["values"].size(), 1u);
  EXPECT_EQ(spec["params"][1]["bind"]["options"], json({"hpa"}));
}

TEST(ReplayReport, TenModelsThreePoliciesAndEightHoursAreAFewMegabytes) {
  const Scenario scenario = scenario_of(10, 8 * 60);
  const ReplayReport report = report_of(scenario, {"hpa", "aiad", "threshold"});
  ASSERT_EQ(report.timelines[0].models[0].size(), 2879u);
  const std::string html = replay_page(scenario, report).html(PlotScripts{});
  EXPECT_LT(html.size(), 3'000'000u) << "beside the drawing scripts' 0.9 MB";
}

TEST(ReplayReport, ATraceWithoutADecisionHasNoCourses) {
  Scenario scenario = scenario_of(1, 1);
  scenario.decision_interval = 60s;
  const std::string html = replay_page(scenario, report_of(scenario, {"hpa"})).html(PlotScripts{});
  EXPECT_THAT(html, testing::Not(HasSubstr("In time")));
  EXPECT_THAT(html, HasSubstr("Cost and SLO"));
}

}  // namespace
}  // namespace starling::cli
