#include "apps/cli/demand_chart.h"

#include <gmock/gmock.h>

namespace starling::cli {
namespace {

using Json = nlohmann::json;
using testing::HasSubstr;
using testing::Not;

Json status(double time, double rate, const Json& forecast, const char* name = "digits") {
  return {{"time", time},
          {"models", {{{"name", name}, {"arrival_rate", rate}, {"forecast", forecast}}}}};
}

Json band(double low, double high) {
  return {{"p50", low}, {"p90", high}, {"coverage_90", 0.93}, {"coverage_outcomes", 120}};
}

TEST(DemandChart, DrawsDemandOverItsBandsAndMarksWhatTheyMissed) {
  DemandChart chart;
  EXPECT_EQ(chart.text(), "");
  chart.add(status(100, 0, nullptr));
  chart.add(status(101, 10, band(10, 20)));
  chart.add(status(102, 40, band(20, 30)));
  EXPECT_EQ(
      chart.text(5),
      "\ndigits  40.0 requests/s, forecast 20.0..30.0, covered 93 % of 120 at 90 %\n"
      "     40.0 ┤  ◉\n"
      "          ┤  ░\n"
      "          ┤ ░░\n"
      "          ┤ ● \n"
      "      0.0 ┤●  \n"
      "\n● demand  ░ forecast then for the seconds to come, median to 90 %  ◉ demand above it\n");
}

TEST(DemandChart, TakesOneAnswerASecondAndKeepsAMinuteOfThem) {
  DemandChart chart;
  for (int tenth = 0; tenth < 1000; ++tenth) chart.add(status(100 + 0.1 * tenth, 1, nullptr));
  const std::string text = chart.text(2);
  const std::string top = text.substr(text.find("┤"), text.find("\n", text.find("┤")));
  std::size_t marks = 0;
  for (auto at = top.find("●"); at < top.find("\n"); at = top.find("●", at + 1)) ++marks;
  EXPECT_EQ(marks, DemandChart::kColumns);
}

TEST(DemandChart, ForgetsAModelThatIsGone) {
  DemandChart chart;
  for (int s = 0; s < 3; ++s) chart.add(status(s + 1, 1, nullptr, "old"));
  for (int s = 3; s < 6; ++s) chart.add(status(s + 1, 1, nullptr, "new"));
  EXPECT_THAT(chart.text(), HasSubstr("new"));
  EXPECT_THAT(chart.text(), Not(HasSubstr("old")));
}

}  // namespace
}  // namespace starling::cli
