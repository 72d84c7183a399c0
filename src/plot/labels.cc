#include "plot/labels.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

namespace starling {
namespace {

constexpr double kCharacter = 6.8;  // mean width of a character
constexpr double kLine = 14;        // height of a text
constexpr double kPoint = 6;        // half the size of a point with the air around it
constexpr int kDirections = 16;

struct Box {
  double left, top, right, bottom;
};

double overlap(const Box& a, const Box& b) {
  const double wide = std::min(a.right, b.right) - std::max(a.left, b.left);
  const double high = std::min(a.bottom, b.bottom) - std::max(a.top, b.top);
  return wide > 0 && high > 0 ? wide * high : 0;
}

double area(const Box& box) { return (box.right - box.left) * (box.bottom - box.top); }

Box around(double x, double y, double half_wide, double half_high) {
  return {x - half_wide, y - half_high, x + half_wide, y + half_high};
}

/// A text whose nearest edge lies so far from the point in one of the directions, the first to the
/// right of it.
Box candidate(const LabelledPoint& point, int direction, double distance) {
  const double half_wide = kCharacter * static_cast<double>(point.text.size()) / 2;
  const double angle = 2 * std::numbers::pi * direction / kDirections;
  const double right = std::cos(angle), down = -std::sin(angle);
  return around(point.x + right * (distance + half_wide), point.y + down * (distance + kLine / 2),
                half_wide, kLine / 2);
}

/// How much of anything the text would hide, outside the plane more than anything.
double hidden(const Box& text, const std::vector<Box>& taken, const Box& plane) {
  double sum = 4 * (area(text) - overlap(text, plane));
  for (const Box& box : taken) sum += overlap(text, box);
  return sum;
}

}  // namespace

std::vector<LabelPlace> place_labels(const std::vector<LabelledPoint>& points, double width,
                                     double height) {
  std::vector<Box> taken;
  for (const auto& point : points) {
    taken.push_back(around(point.x, point.y, kPoint, kPoint));
    if (point.x_half > 0) taken.push_back(around(point.x, point.y, point.x_half, 1));
    if (point.y_half > 0) taken.push_back(around(point.x, point.y, 1, point.y_half));
  }
  const Box plane{0, 0, width, height};
  // Right, left, above, below, then what lies between them.
  constexpr int kOrder[kDirections] = {0, 8, 4, 12, 1, 15, 7, 9, 2, 14, 6, 10, 3, 5, 11, 13};
  std::vector<LabelPlace> places;
  for (const auto& point : points) {
    if (point.text.empty()) {
      places.push_back({point.x, point.y});
      continue;
    }
    Box best{};
    double least = std::numeric_limits<double>::infinity();
    for (const double distance : {8.0, 14.0, 22.0, 32.0}) {
      for (const int direction : kOrder) {
        const Box box = candidate(point, direction, distance);
        const double cost = hidden(box, taken, plane);
        if (cost < least) {
          least = cost;
          best = box;
        }
      }
      if (least <= 0) break;
    }
    taken.push_back(best);
    places.push_back({best.left, (best.top + best.bottom) / 2});
  }
  return places;
}

}  // namespace starling
