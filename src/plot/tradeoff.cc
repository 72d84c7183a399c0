#include "plot/tradeoff.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "plot/labels.h"

namespace starling {
namespace {

using nlohmann::json;

struct Domain {
  double low, high;
  double share(double value) const { return (value - low) / (high - low); }
  double at(double share) const { return low + share * (high - low); }
};

/// Everything with its interval, and air around it.
Domain domain_of(const std::vector<TradeoffPoint>& points, double TradeoffPoint::*value,
                 double TradeoffPoint::*half, double top) {
  double low = points.front().*value, high = low;
  for (const auto& point : points) {
    low = std::min(low, point.*value - point.*half);
    high = std::max(high, std::min(top, point.*value + point.*half));
  }
  const double air = high > low ? 0.08 * (high - low) : std::max(1.0, 0.1 * std::abs(high));
  return {low - air, std::min(high + air, top + 0.3 * air)};
}

json channel(const char* field, const ChartAxis& axis, const Domain& domain) {
  return {{"field", field},
          {"type", "quantitative"},
          {"title", axis.title.empty() ? json(nullptr) : json(axis.title)},
          {"scale", {{"domain", {domain.low, domain.high}}, {"nice", false}, {"zero", false}}}};
}

/// Between two ends of an interval, in the point's colour.
json bar_layer(const char* across, const char* along, const json& colour) {
  const std::string low = std::string(along) + "_low", high = std::string(along) + "_high";
  return {{"transform", {{{"filter", fmt::format("datum.{} > datum.{}", high, low)}}}},
          {"mark", {{"type", "rule"}, {"strokeWidth", 1.4}, {"opacity", 0.7}, {"clip", true}}},
          {"encoding",
           {{across, {{"field", across}, {"type", "quantitative"}}},
            {along, {{"field", low}, {"type", "quantitative"}}},
            {std::string(along) + "2", {{"field", high}}},
            {"color", colour}}}};
}

json frontier_layer(const TradeoffChart& chart) {
  json values = json::array();
  for (const std::size_t i : pareto_frontier(chart.points)) {
    values.push_back({{"x", chart.points[i].x}, {"y", chart.points[i].y}});
  }
  return {{"data", {{"values", std::move(values)}}},
          {"mark",
           {{"type", "line"}, {"color", "#9aa5b1"}, {"strokeDash", {5, 4}}, {"strokeWidth", 1.2}}},
          {"encoding",
           {{"x", {{"field", "x"}, {"type", "quantitative"}}},
            {"y", {{"field", "y"}, {"type", "quantitative"}}}}}};
}

/// What the dashed line covers, as places that names keep clear of.
void add_frontier(std::vector<LabelledPoint>& pixels, const std::vector<TradeoffPoint>& points) {
  constexpr double kApart = 8;
  const auto frontier = pareto_frontier(points);
  for (std::size_t k = 1; k < frontier.size(); ++k) {
    const double x = pixels[frontier[k - 1]].x, y = pixels[frontier[k - 1]].y;
    const double wide = pixels[frontier[k]].x - x, high = pixels[frontier[k]].y - y;
    const double length = std::hypot(wide, high);
    for (double at = kApart; at < length; at += kApart) {
      pixels.push_back({.x = x + wide * at / length, .y = y + high * at / length, .text = ""});
    }
  }
}

json values_of(const TradeoffChart& chart, const Domain& x, const Domain& y) {
  std::vector<LabelledPoint> pixels;
  const double width = chart.width, height = chart.height;
  for (const auto& point : chart.points) {
    pixels.push_back({.x = x.share(point.x) * width,
                      .x_half = point.x_half / (x.high - x.low) * width,
                      .y = (1 - y.share(point.y)) * height,
                      .y_half = point.y_half / (y.high - y.low) * height,
                      .text = point.name});
  }
  add_frontier(pixels, chart.points);
  const auto places = place_labels(pixels, width, height);
  json values = json::array();
  for (std::size_t i = 0; i < chart.points.size(); ++i) {
    const auto& point = chart.points[i];
    values.push_back({{"name", point.name},
                      {"x", point.x},
                      {"x_low", point.x - point.x_half},
                      {"x_high", point.x + point.x_half},
                      {"y", point.y},
                      {"y_low", point.y - point.y_half},
                      {"y_high", std::min(chart.y_max, point.y + point.y_half)},
                      {"label_x", x.at(places[i].x / width)},
                      {"label_y", y.at(1 - places[i].y / height)}});
  }
  return values;
}

}  // namespace

std::vector<std::size_t> pareto_frontier(const std::vector<TradeoffPoint>& points) {
  std::vector<std::size_t> order(points.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, [&](std::size_t a, std::size_t b) {
    return points[a].x != points[b].x ? points[a].x < points[b].x : points[a].y > points[b].y;
  });
  std::vector<std::size_t> frontier;
  for (const std::size_t i : order) {
    if (frontier.empty() || points[i].y > points[frontier.back()].y) frontier.push_back(i);
  }
  return frontier;
}

json tradeoff_chart(const TradeoffChart& chart) {
  json spec = {{"$schema", "https://vega.github.io/schema/vega-lite/v6.json"},
               {"width", chart.width},
               {"height", chart.height}};
  if (chart.points.empty()) {
    spec["mark"] = "point";
    return spec;
  }
  const Domain x = domain_of(chart.points, &TradeoffPoint::x, &TradeoffPoint::x_half,
                             std::numeric_limits<double>::infinity());
  const Domain y = domain_of(chart.points, &TradeoffPoint::y, &TradeoffPoint::y_half, chart.y_max);
  json names = json::array();
  for (const auto& point : chart.points) names.push_back(point.name);
  const json colour = {{"field", "name"},
                       {"type", "nominal"},
                       {"legend", nullptr},
                       {"scale", {{"domain", std::move(names)}}}};
  const json tooltip =
      json::array({{{"field", "name"}, {"type", "nominal"}, {"title", "name"}},
                   {{"field", "x"}, {"type", "quantitative"}, {"title", chart.x_axis.title}},
                   {{"field", "y"}, {"type", "quantitative"}, {"title", chart.y_axis.title}}});
  spec["data"] = {{"values", values_of(chart, x, y)}};
  spec["layer"] = {
      frontier_layer(chart),
      bar_layer("x", "y", colour),
      bar_layer("y", "x", colour),
      {{"mark", {{"type", "point"}, {"filled", true}, {"size", 70}, {"opacity", 1}}},
       {"encoding",
        {{"x", channel("x", chart.x_axis, x)},
         {"y", channel("y", chart.y_axis, y)},
         {"color", colour},
         {"tooltip", tooltip}}}},
      {{"mark", {{"type", "text"}, {"align", "left"}, {"baseline", "middle"}, {"fontSize", 12}}},
       {"encoding",
        {{"x", {{"field", "label_x"}, {"type", "quantitative"}}},
         {"y", {{"field", "label_y"}, {"type", "quantitative"}}},
         {"text", {{"field", "name"}, {"type", "nominal"}}},
         {"color", colour}}}}};
  return spec;
}

}  // namespace starling
