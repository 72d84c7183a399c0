// Names of points that hide nothing.
#include "plot/labels.h"

#include <gtest/gtest.h>

#include <cmath>

namespace starling {
namespace {

/// Do two texts of a 12-pixel font overlap, taken a little smaller than they are?
bool overlap(const LabelPlace& a, const std::string& a_text, const LabelPlace& b,
             const std::string& b_text) {
  const auto width = [](const std::string& text) { return 6.0 * static_cast<double>(text.size()); };
  return a.x < b.x + width(b_text) && b.x < a.x + width(a_text) && std::abs(a.y - b.y) < 12;
}

TEST(Labels, ALonePointHasItsNameToTheRight) {
  const auto places = place_labels({{.x = 100, .y = 50, .text = "hpa"}}, 400, 100);
  EXPECT_DOUBLE_EQ(places.at(0).y, 50);
  EXPECT_GT(places[0].x, 104);
  EXPECT_LT(places[0].x, 115);
}

TEST(Labels, AtTheRightEdgeItIsToTheLeft) {
  const auto places = place_labels({{.x = 395, .y = 50, .text = "predictive"}}, 400, 100);
  EXPECT_LT(places.at(0).x + 60, 395);
  EXPECT_GE(places[0].x, 0);
}

TEST(Labels, KeepClearOfWhatHasNoName) {
  std::vector<LabelledPoint> points{{.x = 100, .y = 50, .text = "hpa"}};
  for (double x = 106; x < 400; x += 6) points.push_back({.x = x, .y = 50, .text = ""});
  const auto places = place_labels(points, 400, 100);
  ASSERT_EQ(places.size(), points.size());
  EXPECT_TRUE(places[0].x + 18 < 100 || std::abs(places[0].y - 50) > 8);
}

TEST(Labels, OfPointsThatLieCloseEachNameIsReadable) {
  std::vector<LabelledPoint> points;
  for (int i = 0; i < 10; ++i) {
    points.push_back({.x = 300.0 + 7 * i, .y = 100.0 + 5 * (i % 3), .text = "predictive"});
  }
  const auto places = place_labels(points, 900, 380);
  for (std::size_t i = 0; i < places.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      EXPECT_FALSE(overlap(places[i], points[i].text, places[j], points[j].text)) << i << ' ' << j;
    }
  }
}

}  // namespace
}  // namespace starling
