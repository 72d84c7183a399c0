// The common charts as Vega-Lite specifications (version 6), for the sections of a Page.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace starling {

struct ChartAxis {
  std::string title = {};
  bool time = false;  // values are seconds since the Unix epoch, shown in UTC
  bool log = false;   // symmetric logarithm: zero and small values stay visible
};

/// y belongs to the chart's x, point by point. NaN is missing: the line breaks there.
struct Line {
  std::string name;
  std::vector<double> y;
};

/// A shaded range. Several, from the widest to the narrowest, make a fan.
struct Band {
  std::string name;
  std::vector<double> low;
  std::vector<double> high;
};

/// A dashed upright line where something happened.
struct Marker {
  double x = 0;
  std::string text = {};  // shown when the pointer rests on it
};

struct LineChart {
  std::string title = {};
  ChartAxis x_axis = {};
  ChartAxis y_axis = {};
  std::vector<double> x;
  std::vector<Line> lines;
  std::vector<Band> bands = {};
  std::vector<Marker> markers = {};
  int width = 0;  // pixels; 0 fills the page
  int height = 260;
};

/// Lines over bands under markers. The legend appears when there is more than one name.
nlohmann::json line_chart(const LineChart& chart);

/// Charts side by side, `columns` in a row, each with its own axes and colours. Give each a width.
nlohmann::json small_multiples(std::vector<nlohmann::json> charts, int columns);

/// cells[row][column]; NaN is left blank.
struct HeatMap {
  std::string title = {};
  ChartAxis x_axis = {};
  ChartAxis y_axis = {};
  std::string value_title;
  std::vector<std::string> columns;  // from left to right
  std::vector<std::string> rows;     // from top to bottom
  std::vector<std::vector<double>> cells;
  bool legend = true;
  int width = 0;
  int height = 0;            // 0: 24 pixels a row
  std::string numbers = {};  // written into the cells in this d3 format, such as ".1f"; empty: not
};

nlohmann::json heat_map(const HeatMap& map);

struct BarChart {
  std::string title = {};
  ChartAxis x_axis = {};
  ChartAxis y_axis = {};
  std::vector<std::string> names;  // shown in this order
  std::vector<double> values;
  bool lying = false;  // bars run to the right, one row a name
  int width = 0;
  int height = 0;  // 0: 220 pixels, or 22 a row
};

nlohmann::json bar_chart(const BarChart& chart);

/// Bars that touch: counts[i] fell into [edges[i], edges[i + 1]).
struct Histogram {
  ChartAxis x_axis = {};
  ChartAxis y_axis = {};
  std::vector<double> edges;  // one more than counts
  std::vector<double> counts;
  int width = 0;
  int height = 220;
};

nlohmann::json histogram_chart(const Histogram& chart);

struct Dot {
  double x = 0;
  double y = 0;
  std::string name;   // shown when the pointer rests on it
  std::string group;  // one colour a group
};

struct ScatterChart {
  ChartAxis x_axis = {};
  ChartAxis y_axis = {};
  std::vector<Dot> dots;
  std::vector<double> x_rules = {};  // upright lines that divide the plane
  std::vector<double> y_rules = {};  // lying ones
  int width = 0;
  int height = 320;
};

nlohmann::json scatter_chart(const ScatterChart& chart);

}  // namespace starling
