// The part of a replay's page that runs in time: one Vega-Lite specification with selectors.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "apps/cli/replay_report.h"
#include "plot/thin.h"

namespace starling::cli {
namespace {

using nlohmann::json;

constexpr std::size_t kBucketsMax = 720;
constexpr std::size_t kBucketsMin = 60;
constexpr std::size_t kBucketsInAll = 30'000;  // each a dozen numbers
constexpr int kWidth = 960;

/// Four digits are what a picture shows; NaN becomes null, a gap.
json rounded(double value) {
  if (!std::isfinite(value)) return nullptr;
  return json(std::strtod(fmt::format("{:.4g}", value).c_str(), nullptr));
}

json rounded(const std::vector<double>& values) {
  json array = json::array();
  for (const double value : values) array.push_back(rounded(value));
  return array;
}

/// The figure of every decision, thinned.
template <typename Of>
Thinned thinned(const std::vector<TimelinePoint>& points, double step, std::size_t buckets, Of of) {
  std::vector<double> values;
  values.reserve(points.size());
  for (const TimelinePoint& point : points) values.push_back(of(point));
  return thin(values, step, step, buckets);
}

/// What time is counted in.
struct TimeUnit {
  double seconds;
  const char* title;
};

TimeUnit unit_for(double length_s) {
  constexpr double kMinutesUpTo = 2 * 3600;
  if (length_s < kMinutesUpTo) return {60, "minutes from the start"};
  return {3600, "hours from the start"};
}

/// One model under one policy: a row of columns, which the chart flattens when it is chosen.
json course_of(const std::vector<TimelinePoint>& points, double step_s, double unit_s,
               std::size_t buckets) {
  const auto column = [&](auto of) { return thinned(points, step_s / unit_s, buckets, of); };
  using Point = const TimelinePoint&;
  const Thinned arrivals = column([](Point p) { return p.arrival_rate; });
  const auto mean = [&](auto of) { return rounded(column(of).mean); };
  return {{"time", rounded(arrivals.x)},
          {"arrivals", rounded(arrivals.mean)},
          {"low", rounded(arrivals.low)},
          {"high", rounded(arrivals.high)},
          {"planned", mean([](Point p) { return p.planned_rate; })},
          {"wished", mean([](Point p) { return static_cast<double>(p.wished); })},
          {"ready", mean([](Point p) { return static_cast<double>(p.ready); })},
          {"starting", mean([](Point p) { return static_cast<double>(p.starting); })},
          {"busy", mean([](Point p) { return 100 * p.utilization; })},
          {"missed", mean([&](Point p) { return static_cast<double>(p.missed) / step_s; })},
          {"p50", mean([](Point p) { return 1e3 * p.latency_p50_s; })},
          {"p95", rounded(column([](Point p) { return 1e3 * p.latency_p95_s; }).high)}};
}

json axis(const std::string& field, const char* title) {
  return {{"field", field}, {"type", "quantitative"}, {"title", title}};
}

/// Of numbers that are whole, or means of such.
json whole_axis(const std::string& field, const char* title) {
  json channel = axis(field, title);
  channel["axis"] = {{"tickMinStep", 1}};
  return channel;
}

/// The time of a decision; a null title leaves the axis without one.
json time_axis(const char* title = nullptr) {
  json channel = axis("time", title == nullptr ? "" : title);
  if (title == nullptr) channel["title"] = nullptr;
  channel["scale"] = {{"nice", false}, {"zero", false}};
  return channel;
}

/// Named colours in this order.
json colours(const std::vector<std::pair<const char*, const char*>>& named) {
  json names = json::array(), values = json::array();
  for (const auto& [name, colour] : named) {
    names.push_back(name);
    values.push_back(colour);
  }
  return {{"field", "name"},
          {"type", "nominal"},
          {"scale", {{"domain", std::move(names)}, {"range", std::move(values)}}},
          {"legend",
           {{"title", nullptr},
            {"orient", "top"},
            {"symbolType", "stroke"},
            {"symbolStrokeWidth", 3},
            {"symbolOpacity", 1},
            {"offset", 4}}}};
}

json chosen(bool policy) {
  return {{"filter",
           policy ? "datum.model === model && datum.policy === policy" : "datum.model === model"}};
}

/// A row a point and name of those columns.
json folded(const std::vector<const char*>& columns) {
  json flat = columns;
  flat.insert(flat.begin(), "time");
  return json::array({chosen(true),
                      {{"flatten", std::move(flat)}},
                      {{"fold", columns}, {"as", {"name", "value"}}}});
}

json view(const char* title, int height, json layers) {
  return {{"title", {{"text", title}, {"frame", "group"}}},
          {"width", kWidth},
          {"height", height},
          {"layer", std::move(layers)}};
}

json line_mark() { return {{"type", "line"}, {"strokeWidth", 1.3}, {"tooltip", true}}; }

json demand_view() {
  const json colour = colours({{"arrivals", "#2f6fb0"}, {"planned", "#d9822b"}});
  const json range = {
      {"transform", {chosen(true), {{"flatten", {"time", "low", "high"}}}}},
      {"mark", {{"type", "area"}, {"opacity", 0.2}, {"color", "#2f6fb0"}}},
      {"encoding",
       {{"x", time_axis()}, {"y", axis("low", "requests/s")}, {"y2", {{"field", "high"}}}}}};
  const json lines = {
      {"transform", folded({"arrivals", "planned"})},
      {"mark", line_mark()},
      {"encoding", {{"x", time_axis()}, {"y", axis("value", "requests/s")}, {"color", colour}}}};
  return view("Demand and what was planned for", 170, {range, lines});
}

json replicas_view() {
  const json colour =
      colours({{"ready", "#3a9a6b"}, {"starting", "#a8a13a"}, {"wished", "#b5485d"}});
  json stacked = whole_axis("value", "replicas");
  stacked["stack"] = "zero";
  json transform = folded({"ready", "starting"});
  transform.push_back({{"calculate", "datum.name === 'ready' ? 0 : 1"}, {"as", "layer"}});
  const json areas = {
      {"transform", std::move(transform)},
      {"mark", {{"type", "area"}, {"interpolate", "step-after"}, {"opacity", 0.45}}},
      {"encoding",
       {{"x", time_axis()},
        {"y", std::move(stacked)},
        {"color", colour},
        {"order", {{"field", "layer"}, {"type", "quantitative"}}}}}};
  json wished_mark = line_mark();
  wished_mark["interpolate"] = "step-after";
  const json wished = {
      {"transform", folded({"wished"})},
      {"mark", std::move(wished_mark)},
      {"encoding",
       {{"x", time_axis()}, {"y", whole_axis("value", "replicas")}, {"color", colour}}}};
  return view("Replicas", 150, {areas, wished});
}

json latency_view() {
  const json colour = colours({{"p50", "#2f6fb0"}, {"p95", "#7a5fb0"}, {"SLO", "#b5485d"}});
  json y = axis("value", "ms");
  y["scale"] = {{"type", "log"}};
  y["axis"] = {{"tickCount", 5}};
  const json lines = {{"transform", folded({"p50", "p95"})},
                      {"mark", line_mark()},
                      {"encoding", {{"x", time_axis()}, {"y", y}, {"color", colour}}}};
  const json slo = {{"transform", {chosen(true), {{"calculate", "'SLO'"}, {"as", "name"}}}},
                    {"mark", {{"type", "rule"}, {"strokeDash", {5, 4}}, {"strokeWidth", 1.3}}},
                    {"encoding", {{"y", axis("slo", "ms")}, {"color", colour}}}};
  return view("Latency", 150, {lines, slo});
}

json busy_view() {
  json y = axis("busy", "%");
  y["scale"] = {{"domain", {0, 100}}};
  return view("Utilisation of the ready replicas", 110,
              {{{"transform", {chosen(true), {{"flatten", {"time", "busy"}}}}},
                {"mark", line_mark()},
                {"encoding",
                 {{"x", time_axis()}, {"y", std::move(y)}, {"color", {{"value", "#2f6fb0"}}}}}}});
}

/// The page's colours begin anew after so many: lines from there on are dashed.
constexpr std::size_t kColours = 10;

json dashes(const std::vector<std::string>& policies, const json& legend) {
  json range = json::array();
  for (std::size_t i = 0; i < policies.size(); ++i) {
    const bool dashed = i / kColours % 2 == 1;
    range.push_back(dashed ? json{5, 3} : json{1, 0});
  }
  return {{"field", "policy"},
          {"type", "nominal"},
          {"scale", {{"domain", policies}, {"range", std::move(range)}}},
          {"legend", legend}};
}

/// One line a policy.
json compared_view(const char* title, const char* column, const char* unit,
                   const std::vector<std::string>& policies, const char* time_title = nullptr) {
  const json colour = {{"field", "policy"},
                       {"type", "nominal"},
                       {"scale", {{"domain", policies}}},
                       {"legend",
                        {{"title", nullptr},
                         {"orient", "top"},
                         {"symbolType", "stroke"},
                         {"symbolStrokeWidth", 3},
                         {"columns", 8},
                         {"offset", 4}}}};
  json encoding = {{"x", time_axis(time_title)}, {"y", axis(column, unit)}, {"color", colour}};
  if (policies.size() > kColours) encoding["strokeDash"] = dashes(policies, colour["legend"]);
  return view(title, 150,
              {{{"transform", {chosen(false), {{"flatten", {"time", column}}}}},
                {"mark", line_mark()},
                {"encoding", std::move(encoding)}}});
}

json selector(const char* name, const char* label, const std::vector<std::string>& options) {
  return {{"name", name},
          {"value", options.front()},
          {"bind", {{"input", "select"}, {"name", label}, {"options", options}}}};
}

}  // namespace

json replay_courses(const Scenario& scenario, const ReplayReport& report,
                    const std::vector<std::size_t>& models) {
  std::vector<std::string> model_names, policies;
  for (const std::size_t i : models) model_names.push_back(scenario.models[i].name);
  for (std::size_t p = 0; p < report.timelines.size(); ++p)
    policies.push_back(report.policies[p].front().policy);
  const std::size_t buckets =
      std::clamp(kBucketsInAll / (models.size() * policies.size()), kBucketsMin, kBucketsMax);
  const double step_s = seconds(scenario.decision_interval);
  const std::size_t decisions = report.timelines.front().models.front().size();
  const TimeUnit unit = unit_for(static_cast<double>(decisions) * step_s);
  json values = json::array();
  for (std::size_t p = 0; p < policies.size(); ++p) {
    for (const std::size_t i : models) {
      json course = course_of(report.timelines[p].models[i], step_s, unit.seconds, buckets);
      course["policy"] = policies[p];
      course["model"] = scenario.models[i].name;
      course["slo"] = seconds(scenario.models[i].slo.latency) * 1e3;
      values.push_back(std::move(course));
    }
  }
  return {{"$schema", "https://vega.github.io/schema/vega-lite/v6.json"},
          {"params",
           {selector("model", "Model ", model_names), selector("policy", "Policy ", policies)}},
          {"data", {{"values", std::move(values)}}},
          {"vconcat",
           {demand_view(), replicas_view(), latency_view(), busy_view(),
            compared_view("Ready replicas, all policies", "ready", "replicas", policies),
            compared_view("Requests dropped or late, all policies", "missed", "requests/s",
                          policies, unit.title)}},
          {"spacing", 18},
          {"config", {{"axisY", {{"minExtent", 40}}}}},
          {"resolve",
           {{"scale", {{"color", "independent"}, {"strokeDash", "independent"}}},
            {"legend", {{"color", "independent"}, {"strokeDash", "independent"}}}}}};
}

}  // namespace starling::cli
