#include "plot/charts.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace starling {
namespace {

using nlohmann::json;

json start(const std::string& title, int width, int height) {
  json spec = {{"$schema", "https://vega.github.io/schema/vega-lite/v6.json"},
               {"width", "container"},
               {"height", height},
               {"autosize", {{"type", "fit-x"}, {"contains", "padding"}}}};
  if (width > 0) {
    spec["width"] = width;
    spec.erase("autosize");
  }
  if (!title.empty()) spec["title"] = title;
  return spec;
}

json quantity(const char* field, const ChartAxis& axis) {
  json channel = {{"field", field}, {"type", axis.time ? "temporal" : "quantitative"}};
  channel["title"] = axis.title.empty() ? json(nullptr) : json(axis.title);
  if (axis.time) channel["scale"] = {{"type", "utc"}};
  if (axis.log) channel["scale"] = {{"type", "symlog"}, {"zero", false}};
  return channel;
}

json category(const char* field, const ChartAxis& axis, const std::vector<std::string>& order) {
  return {{"field", field},
          {"type", "nominal"},
          {"sort", order},
          {"title", axis.title.empty() ? json(nullptr) : json(axis.title)}};
}

/// NaN and infinity have no place in JSON: they become null, which breaks a line.
json number(double value) { return std::isfinite(value) ? json(value) : json(nullptr); }

/// JavaScript's times are milliseconds.
json place(double value, const ChartAxis& axis) { return number(axis.time ? value * 1000 : value); }

/// One colour a name, in this order; the legend only where there is more than one.
json colour(const std::vector<std::string>& names) {
  json channel = {{"field", "name"}, {"type", "nominal"}, {"title", nullptr}};
  channel["scale"] = {{"domain", names}};
  channel["legend"] = names.size() > 1
                          ? json{{"orient", "top"}, {"symbolType", "square"}, {"symbolOpacity", 1}}
                          : json(nullptr);
  return channel;
}

void add_name(std::vector<std::string>& names, const std::string& name) {
  if (std::ranges::find(names, name) == names.end()) names.push_back(name);
}

/// Lines come first, so that they have the stronger colours.
std::vector<std::string> names_of(const LineChart& chart) {
  std::vector<std::string> names;
  for (const Line& line : chart.lines) add_name(names, line.name);
  for (const Band& band : chart.bands) add_name(names, band.name);
  return names;
}

json band_layer(const LineChart& chart, json x) {
  json values = json::array();
  for (const Band& band : chart.bands) {
    for (std::size_t i = 0; i < chart.x.size(); ++i) {
      values.push_back({{"x", place(chart.x[i], chart.x_axis)},
                        {"low", number(band.low[i])},
                        {"high", number(band.high[i])},
                        {"name", band.name}});
    }
  }
  return {{"data", {{"values", std::move(values)}}},
          {"mark", {{"type", "area"}, {"opacity", 0.25}, {"interpolate", "linear"}}},
          {"encoding",
           {{"x", std::move(x)},
            {"y", quantity("low", chart.y_axis)},
            {"y2", {{"field", "high"}}},
            {"color", colour(names_of(chart))}}}};
}

json lines_layer(const LineChart& chart, json x) {
  json values = json::array();
  for (const Line& line : chart.lines) {
    for (std::size_t i = 0; i < chart.x.size(); ++i) {
      values.push_back(
          {{"x", place(chart.x[i], chart.x_axis)}, {"y", number(line.y[i])}, {"name", line.name}});
    }
  }
  return {{"data", {{"values", std::move(values)}}},
          {"mark", {{"type", "line"}, {"strokeWidth", 1.3}, {"tooltip", true}}},
          {"encoding",
           {{"x", std::move(x)},
            {"y", quantity("y", chart.y_axis)},
            {"color", colour(names_of(chart))}}}};
}

json markers_layer(const LineChart& chart, json x) {
  json values = json::array();
  for (const Marker& marker : chart.markers) {
    values.push_back({{"x", place(marker.x, chart.x_axis)}, {"text", marker.text}});
  }
  return {{"data", {{"values", std::move(values)}}},
          {"mark",
           {{"type", "rule"}, {"color", "#b5485d"}, {"strokeDash", {4, 3}}, {"strokeWidth", 1.2}}},
          {"encoding",
           {{"x", std::move(x)},
            {"tooltip", {{"field", "text"}, {"type", "nominal"}, {"title", nullptr}}}}}};
}

json rules_layer(const char* channel, const std::vector<double>& at) {
  json values = json::array();
  for (const double value : at) values.push_back({{"at", number(value)}});
  return {{"data", {{"values", std::move(values)}}},
          {"mark", {{"type", "rule"}, {"color", "#9aa5b1"}, {"strokeDash", {4, 3}}}},
          {"encoding", {{channel, {{"field", "at"}, {"type", "quantitative"}}}}}};
}

/// Each cell's number, light on the dark half of the colours.
json number_layer(const HeatMap& map) {
  double low = std::numeric_limits<double>::infinity(), high = -low;
  for (const auto& row : map.cells) {
    for (const double value : row) {
      if (!std::isfinite(value)) continue;
      low = std::min(low, value);
      high = std::max(high, value);
    }
  }
  const std::string is_dark =
      fmt::format("datum.value > {:.6g}", std::isfinite(low) ? (low + high) / 2 : 0.0);
  return {{"mark", {{"type", "text"}, {"fontSize", 11}}},
          {"encoding",
           {{"text", {{"field", "value"}, {"type", "quantitative"}, {"format", map.numbers}}},
            {"color",
             {{"condition", {{"test", is_dark}, {"value", "#ffffff"}}}, {"value", "#1d2733"}}}}}};
}

}  // namespace

json line_chart(const LineChart& chart) {
  json spec = start(chart.title, chart.width, chart.height);
  const json x = quantity("x", chart.x_axis);
  json layers = json::array();
  if (!chart.bands.empty()) layers.push_back(band_layer(chart, x));
  if (!chart.lines.empty()) layers.push_back(lines_layer(chart, x));
  if (!chart.markers.empty()) layers.push_back(markers_layer(chart, x));
  spec["layer"] = std::move(layers);
  return spec;
}

json small_multiples(std::vector<json> charts, int columns) {
  for (json& chart : charts) chart.erase("$schema");
  return {{"$schema", "https://vega.github.io/schema/vega-lite/v6.json"},
          {"concat", std::move(charts)},
          {"columns", columns},
          {"spacing", 24},
          {"resolve", {{"scale", {{"color", "independent"}}}}}};
}

json heat_map(const HeatMap& map) {
  const int height = map.height > 0 ? map.height : 24 * static_cast<int>(map.rows.size());
  json spec = start(map.title, map.width, height);
  json values = json::array();
  for (std::size_t row = 0; row < map.rows.size(); ++row) {
    for (std::size_t column = 0; column < map.columns.size(); ++column) {
      values.push_back({{"row", map.rows[row]},
                        {"column", map.columns[column]},
                        {"value", number(map.cells[row][column])}});
    }
  }
  spec["data"] = {{"values", std::move(values)}};
  const json mark = {{"type", "rect"}, {"tooltip", true}};
  json x = category("column", map.x_axis, map.columns);
  x["axis"] = {{"labelAngle", 0}, {"labelOverlap", true}};
  json colour = {{"field", "value"}, {"type", "quantitative"}, {"title", map.value_title}};
  if (!map.legend) colour["legend"] = nullptr;
  spec["encoding"] = {{"x", std::move(x)}, {"y", category("row", map.y_axis, map.rows)}};
  if (map.numbers.empty()) {
    spec["mark"] = mark;
    spec["encoding"]["color"] = std::move(colour);
    return spec;
  }
  spec["layer"] = {{{"mark", mark}, {"encoding", {{"color", std::move(colour)}}}},
                   number_layer(map)};
  return spec;
}

json bar_chart(const BarChart& chart) {
  const int rows = static_cast<int>(chart.names.size());
  const int height = chart.height > 0 ? chart.height : (chart.lying ? 22 * rows : 220);
  json spec = start(chart.title, chart.width, height);
  json values = json::array();
  for (std::size_t i = 0; i < chart.names.size(); ++i) {
    values.push_back({{"name", chart.names[i]}, {"value", number(chart.values[i])}});
  }
  spec["data"] = {{"values", std::move(values)}};
  spec["mark"] = {{"type", "bar"}, {"tooltip", true}};
  json names = category("name", chart.lying ? chart.y_axis : chart.x_axis, chart.names);
  json lengths = quantity("value", chart.lying ? chart.x_axis : chart.y_axis);
  spec["encoding"] = {{chart.lying ? "y" : "x", std::move(names)},
                      {chart.lying ? "x" : "y", std::move(lengths)}};
  return spec;
}

json histogram_chart(const Histogram& chart) {
  json spec = start("", chart.width, chart.height);
  json values = json::array();
  for (std::size_t i = 0; i < chart.counts.size(); ++i) {
    values.push_back({{"from", number(chart.edges[i])},
                      {"to", number(chart.edges[i + 1])},
                      {"count", number(chart.counts[i])}});
  }
  spec["data"] = {{"values", std::move(values)}};
  spec["mark"] = {{"type", "bar"}, {"tooltip", true}, {"binSpacing", 1}};
  json x = quantity("from", chart.x_axis);
  x["bin"] = {{"binned", true}};
  spec["encoding"] = {
      {"x", std::move(x)}, {"x2", {{"field", "to"}}}, {"y", quantity("count", chart.y_axis)}};
  return spec;
}

json scatter_chart(const ScatterChart& chart) {
  json spec = start("", chart.width, chart.height);
  json values = json::array();
  std::vector<std::string> groups;
  for (const Dot& dot : chart.dots) {
    add_name(groups, dot.group);
    values.push_back({{"x", place(dot.x, chart.x_axis)},
                      {"y", place(dot.y, chart.y_axis)},
                      {"label", dot.name},
                      {"name", dot.group}});
  }
  json layers = json::array();
  if (!chart.x_rules.empty()) layers.push_back(rules_layer("x", chart.x_rules));
  if (!chart.y_rules.empty()) layers.push_back(rules_layer("y", chart.y_rules));
  const json tooltip = json::array({{{"field", "label"}, {"type", "nominal"}, {"title", "name"}},
                                    {{"field", "x"}, {"type", "quantitative"}},
                                    {{"field", "y"}, {"type", "quantitative"}}});
  layers.push_back({{"data", {{"values", std::move(values)}}},
                    {"mark", {{"type", "point"}, {"filled", true}, {"size", 55}, {"opacity", 0.8}}},
                    {"encoding",
                     {{"x", quantity("x", chart.x_axis)},
                      {"y", quantity("y", chart.y_axis)},
                      {"color", colour(groups)},
                      {"tooltip", tooltip}}}});
  spec["layer"] = std::move(layers);
  return spec;
}

}  // namespace starling
