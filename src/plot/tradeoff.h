// What each choice costs against what it gives, each point named: as a Vega-Lite specification.
#pragma once

#include <limits>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "plot/charts.h"

namespace starling {

/// `half` is half of an interval's width around the value, drawn as a bar; 0: none.
struct TradeoffPoint {
  std::string name;
  double x = 0, x_half = 0;
  double y = 0, y_half = 0;
};

struct TradeoffChart {
  ChartAxis x_axis = {};  // less is better
  ChartAxis y_axis = {};  // more is better
  std::vector<TradeoffPoint> points;
  double y_max = std::numeric_limits<double>::infinity();  // that y cannot exceed
  int width = 900;                                         // pixels of the plane
  int height = 380;
};

/// Points of a colour each, labelled where there is room, over a dashed line through those that
/// none beats in both (the Pareto frontier).
nlohmann::json tradeoff_chart(const TradeoffChart& chart);

/// The points that no other beats: none costs at most as much and gives at least as much and is
/// not the same. By x, rising; of several at the same place the first.
std::vector<std::size_t> pareto_frontier(const std::vector<TradeoffPoint>& points);

}  // namespace starling
