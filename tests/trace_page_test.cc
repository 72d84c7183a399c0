// The page that `trace describe --html` writes, looked at without a browser: which pictures it has.
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>
#include <regex>

#include "base/file.h"
#include "tests/program.h"

namespace starling::system_test {
namespace {

using Json = nlohmann::json;
using testing::HasSubstr;

/// The Vega-Lite specifications in the page's script elements.
std::vector<Json> charts_of(const std::string& page) {
  const std::string open = "<script type=\"application/json\" id=\"spec-";
  std::vector<Json> charts;
  for (auto at = page.find(open); at != std::string::npos; at = page.find(open, at + 1)) {
    const auto begin = page.find('>', at) + 1;
    charts.push_back(Json::parse(page.substr(begin, page.find("</script>", begin) - begin)));
  }
  return charts;
}

std::string mark_of(const Json& chart) {
  if (!chart.contains("mark")) return "";
  return chart["mark"].is_string() ? chart["mark"].get<std::string>()
                                   : chart["mark"].value("type", "");
}

TEST(DescribePage, HasSmallMultiplesOfTheWorkloadsAndHeatMapsOfTheWeek) {
  const TemporaryFolder folder;
  const std::string csv = (folder.path() / "week.csv").string();
  const std::string html = (folder.path() / "week.html").string();
  const Ended made = run(fmt::format(
      "starling-lab trace synth --workloads 5 --step 10m --length 192h --seed 7 --out {}", csv));
  ASSERT_EQ(made.exit_code, 0) << made.err;
  const Ended described =
      run(fmt::format("starling-lab trace describe {} --html {} --top 4", csv, html));
  ASSERT_EQ(described.exit_code, 0) << described.err;
  const auto page = read_file(html, 64 << 20);
  ASSERT_TRUE(page) << page.error().message;
  EXPECT_THAT(*page, HasSubstr("The 4 largest of 5 by mean"));

  std::size_t courses = 0, weeks = 0;
  bool whole_week = false;
  for (const Json& chart : charts_of(*page)) {
    if (mark_of(chart) == "rect") {
      whole_week = chart["data"]["values"].size() == 7 * 24;
    }
    if (!chart.contains("concat")) continue;
    const bool heat = mark_of(chart["concat"][0]) == "rect";
    (heat ? weeks : courses) = chart["concat"].size();
  }
  EXPECT_TRUE(whole_week) << "no heat map of 7 days by 24 hours";
  EXPECT_EQ(courses, 4u);
  EXPECT_EQ(weeks, 5u);
}

}  // namespace
}  // namespace starling::system_test
