// Digits as pen strokes: polylines and arcs in the unit square, mapped at random and drawn with
// soft edges.
#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

#include "apps/lab/models_data.h"

namespace starling::lab {
namespace {

struct Point {
  double x = 0;
  double y = 0;
};

using Stroke = std::vector<Point>;

/// Points of an ellipse's arc from one angle to another, in turns; 0 is to the right, 0.25 is down.
Stroke arc(Point centre, double radius_x, double radius_y, double from, double to) {
  constexpr int kSteps = 14;
  Stroke stroke;
  for (int i = 0; i <= kSteps; ++i) {
    const double angle = 2 * std::numbers::pi * (from + (to - from) * i / kSteps);
    stroke.push_back(
        {centre.x + radius_x * std::cos(angle), centre.y + radius_y * std::sin(angle)});
  }
  return stroke;
}

/// x to the right, y down, the glyph within about 0.2 … 0.8.
std::vector<Stroke> glyph(int digit) {
  switch (digit) {
    case 0:
      return {arc({0.5, 0.5}, 0.2, 0.31, 0, 1)};
    case 1:
      return {{{0.38, 0.3}, {0.53, 0.19}, {0.53, 0.81}}};
    case 2: {
      auto stroke = arc({0.5, 0.36}, 0.19, 0.17, 0.5, 1.1);
      stroke.insert(stroke.end(), {{0.3, 0.8}, {0.72, 0.8}});
      return {stroke};
    }
    case 3:
      return {arc({0.48, 0.35}, 0.18, 0.16, 0.55, 1.25), arc({0.48, 0.65}, 0.2, 0.16, 0.75, 1.45)};
    case 4:
      return {{{0.58, 0.19}, {0.28, 0.6}, {0.76, 0.6}}, {{0.6, 0.4}, {0.6, 0.82}}};
    case 5: {
      auto bowl = arc({0.47, 0.62}, 0.2, 0.19, 0.68, 1.42);
      bowl.insert(bowl.begin(), {{0.7, 0.2}, {0.36, 0.2}, {0.34, 0.48}});
      return {bowl};
    }
    case 6:
      return {{{0.6, 0.18}, {0.42, 0.34}, {0.32, 0.6}}, arc({0.5, 0.63}, 0.18, 0.18, 0, 1)};
    case 7:
      return {{{0.28, 0.2}, {0.72, 0.2}, {0.44, 0.82}}};
    case 8:
      return {arc({0.5, 0.35}, 0.16, 0.15, 0, 1), arc({0.5, 0.66}, 0.19, 0.17, 0, 1)};
    default:
      return {arc({0.5, 0.37}, 0.18, 0.18, 0, 1), {{0.68, 0.38}, {0.64, 0.6}, {0.52, 0.82}}};
  }
}

/// A rotation, slant, scale and shift about the middle.
class Affine {
 public:
  explicit Affine(Rng& rng) {
    const double turn = rng.uniform(-0.35, 0.35);
    const double slant = rng.uniform(-0.35, 0.35);
    const double scale_x = rng.uniform(0.8, 1.15);
    const double scale_y = rng.uniform(0.8, 1.15);
    xx_ = scale_x * std::cos(turn);
    xy_ = scale_y * (slant * std::cos(turn) - std::sin(turn));
    yx_ = scale_x * std::sin(turn);
    yy_ = scale_y * (slant * std::sin(turn) + std::cos(turn));
    shift_ = {rng.uniform(-0.08, 0.08), rng.uniform(-0.08, 0.08)};
  }

  Point operator()(Point p) const {
    const double x = p.x - 0.5;
    const double y = p.y - 0.5;
    return {0.5 + xx_ * x + xy_ * y + shift_.x, 0.5 + yx_ * x + yy_ * y + shift_.y};
  }

 private:
  double xx_ = 1, xy_ = 0, yx_ = 0, yy_ = 1;
  Point shift_;
};

double distance(Point p, Point a, Point b) {
  const double dx = b.x - a.x;
  const double dy = b.y - a.y;
  const double length_square = std::max(dx * dx + dy * dy, 1e-12);
  const double along = std::clamp(((p.x - a.x) * dx + (p.y - a.y) * dy) / length_square, 0.0, 1.0);
  return std::hypot(p.x - a.x - along * dx, p.y - a.y - along * dy);
}

double distance(Point p, const std::vector<Stroke>& strokes) {
  double nearest = std::numeric_limits<double>::max();
  for (const auto& stroke : strokes) {
    for (std::size_t i = 1; i < stroke.size(); ++i) {
      nearest = std::min(nearest, distance(p, stroke[i - 1], stroke[i]));
    }
  }
  return nearest;
}

void render_digit(Rng& rng, int digit, std::vector<float>& pixels) {
  auto strokes = glyph(digit);
  const Affine affine(rng);
  for (auto& stroke : strokes) {
    for (auto& point : stroke) {
      point = affine({point.x + 0.015 * rng.normal(), point.y + 0.015 * rng.normal()});
    }
  }
  const double pen = rng.uniform(0.025, 0.065);  // half the stroke's width
  const double soft = 1.0 / kDigitSide;          // the edge fades over one pixel
  const double ink = rng.uniform(0.7, 1.0);
  const double noise = rng.uniform(0.05, 0.4);
  for (int row = 0; row < kDigitSide; ++row) {
    for (int column = 0; column < kDigitSide; ++column) {
      const Point centre{(column + 0.5) / kDigitSide, (row + 0.5) / kDigitSide};
      const double cover = std::clamp(0.5 + (pen - distance(centre, strokes)) / soft, 0.0, 1.0);
      pixels.push_back(
          static_cast<float>(std::clamp(ink * cover + noise * rng.normal(), 0.0, 1.0)));
    }
  }
}

}  // namespace

LabelledBatch render_digits(Rng& rng, int examples) {
  LabelledBatch batch;
  batch.values.reserve(static_cast<std::size_t>(examples) * kDigitSide * kDigitSide);
  for (int i = 0; i < examples; ++i) {
    const int digit = static_cast<int>(rng.below(10));
    render_digit(rng, digit, batch.values);
    batch.labels.push_back(digit);
  }
  return batch;
}

}  // namespace starling::lab
