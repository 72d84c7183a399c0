// Where the names of points go, so that they hide neither each other nor the points.
#pragma once

#include <string>
#include <vector>

namespace starling {

/// In pixels, y downwards. Without a text it is only something to keep clear of.
struct LabelledPoint {
  double x = 0, x_half = 0;  // with a bar of this half length to both sides
  double y = 0, y_half = 0;
  std::string text;
};

/// The middle of a text's left edge.
struct LabelPlace {
  double x = 0;
  double y = 0;
};

/// One a point, in their order: beside it where that is free, else above, below or further off; the
/// place that hides least. Texts are taken to be in a 12-pixel font.
std::vector<LabelPlace> place_labels(const std::vector<LabelledPoint>& points, double width,
                                     double height);

}  // namespace starling
