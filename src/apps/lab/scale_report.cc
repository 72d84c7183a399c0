#include "apps/lab/scale_report.h"

#include <fmt/format.h>

#include <cmath>
#include <limits>

#include "base/table.h"
#include "plot/charts.h"

namespace starling::lab {
namespace {

using Json = nlohmann::json;

std::string time_text(const std::optional<double>& time_s) {
  return time_s ? fmt::format("{:.1f}s", *time_s) : "not yet";
}

Json time_json(const std::optional<double>& time_s) {
  return time_s ? Json(*time_s) : Json(nullptr);
}

std::string bytes_text(double bytes) {
  if (bytes >= 1 << 20) return fmt::format("{:.1f}MiB", bytes / (1 << 20));
  return fmt::format("{:.1f}KiB", bytes / 1024);
}

std::string ms_text(double ms) { return fmt::format("{:.2f}ms", ms); }

const std::vector<std::string>& headings() {
  static const std::vector<std::string> names{
      ">NODES",    ">AGENTS", ">MODELS",       ">DECIDE P50", ">P99",
      ">TICK P50", ">P99",    ">VIEW",         ">MSGS IN/S",  ">OUT/S",
      ">IN/S",     ">OUT/S",  ">OF 1%: OWNED", ">PLACED",     ">OF A REGION: OWNED",
      ">PLACED",   ">MEMORY"};
  return names;
}

std::vector<std::string> cells(const ScaleOutcome& o) {
  return {std::to_string(o.nodes),
          std::to_string(o.agents),
          std::to_string(o.models),
          ms_text(o.decide_p50_ms),
          ms_text(o.decide_p99_ms),
          ms_text(o.tick_p50_ms),
          ms_text(o.tick_p99_ms),
          ms_text(o.view_ms),
          fmt::format("{:.0f}", o.messages_in),
          fmt::format("{:.0f}", o.messages_out),
          bytes_text(o.bytes_in),
          bytes_text(o.bytes_out),
          time_text(o.reown_s),
          time_text(o.replace_s),
          time_text(o.region_reown_s),
          time_text(o.region_replace_s),
          bytes_text(o.memory_bytes)};
}

/// A curve over the number of nodes, both axes logarithmic.
Json curve(const std::vector<ScaleOutcome>& outcomes, const std::string& unit,
           const std::vector<std::pair<std::string, double ScaleOutcome::*>>& figures) {
  LineChart chart;
  chart.x_axis = {"nodes", false, true};
  chart.y_axis = {unit, false, true};
  for (const auto& o : outcomes) chart.x.push_back(o.nodes);
  for (const auto& [name, figure] : figures) {
    Line line{name, {}};
    for (const auto& o : outcomes) line.y.push_back(o.*figure);
    chart.lines.push_back(std::move(line));
  }
  return line_chart(chart);
}

Json recovery_curve(const std::vector<ScaleOutcome>& outcomes) {
  using Time = std::optional<double> ScaleOutcome::*;
  LineChart chart;
  chart.x_axis = {"nodes", false, true};
  chart.y_axis = {"seconds after the deaths"};
  for (const auto& o : outcomes) chart.x.push_back(o.nodes);
  for (const auto& [name, time] : std::vector<std::pair<std::string, Time>>{
           {"1 %: new owners", &ScaleOutcome::reown_s},
           {"1 %: replicas ready", &ScaleOutcome::replace_s},
           {"region: new owners", &ScaleOutcome::region_reown_s},
           {"region: replicas ready", &ScaleOutcome::region_replace_s}}) {
    Line line{name, {}};
    for (const auto& o : outcomes)
      line.y.push_back((o.*time).value_or(std::numeric_limits<double>::quiet_NaN()));
    chart.lines.push_back(std::move(line));
  }
  return line_chart(chart);
}

}  // namespace

std::string scale_table(const std::vector<ScaleOutcome>& outcomes) {
  Table table(headings());
  for (const auto& outcome : outcomes) table.add(cells(outcome));
  std::string text = table.text();
  for (const auto& o : outcomes) {
    if (o.agents == o.nodes) continue;
    text += fmt::format(
        "{} nodes: {} run the agent in full, {} are stand-ins that send what agents would\n",
        o.nodes, o.agents, o.nodes - o.agents);
  }
  return text;
}

Json scale_json(const std::vector<ScaleOutcome>& outcomes) {
  Json list = Json::array();
  for (const auto& o : outcomes) {
    list.push_back({{"nodes", o.nodes},
                    {"full_agents", o.agents},
                    {"stand_ins", o.nodes - o.agents},
                    {"models", o.models},
                    {"decide_p50_ms", o.decide_p50_ms},
                    {"decide_p99_ms", o.decide_p99_ms},
                    {"tick_p50_ms", o.tick_p50_ms},
                    {"tick_p99_ms", o.tick_p99_ms},
                    {"view_ms", o.view_ms},
                    {"first_ranking_s", o.joined_s},
                    {"messages_in_per_s", o.messages_in},
                    {"messages_out_per_s", o.messages_out},
                    {"bytes_in_per_s", o.bytes_in},
                    {"bytes_out_per_s", o.bytes_out},
                    {"heartbeat_bytes_in_per_s", o.heartbeat_bytes_in},
                    {"bytes_in_per_s_by_kind", o.bytes_in_by_kind},
                    {"memory_bytes", o.memory_bytes},
                    {"reown_s", time_json(o.reown_s)},
                    {"replace_s", time_json(o.replace_s)},
                    {"region_reown_s", time_json(o.region_reown_s)},
                    {"region_replace_s", time_json(o.region_replace_s)}});
  }
  return {{"fleets", list}};
}

Page scale_page(const std::vector<ScaleOutcome>& outcomes) {
  Page page("What grows with the fleet", "starling-lab scale");
  PageTable table;
  table.title = "All figures";
  table.text =
      "A node and a second, where nothing else is said. CPU times are of the machine that "
      "measured.";
  for (const auto& heading : headings())
    table.columns.push_back({heading.substr(heading.front() == '>'), heading.front() == '>'});
  for (const auto& outcome : outcomes) table.rows.push_back(cells(outcome));
  page.table(table);
  page.add(
      {"Traffic of a node", "Bytes a second, by the real codec.",
       curve(outcomes, "bytes a second",
             {{"in", &ScaleOutcome::bytes_in},
              {"of it heartbeats, beats, changes and digests", &ScaleOutcome::heartbeat_bytes_in},
              {"out", &ScaleOutcome::bytes_out}})});
  page.add({"CPU time", "Of one decision, one tick and one account of the whole fleet.",
            curve(outcomes, "milliseconds",
                  {{"decision, p99", &ScaleOutcome::decide_p99_ms},
                   {"tick, p99", &ScaleOutcome::tick_p99_ms},
                   {"account", &ScaleOutcome::view_ms}})});
  page.add({"Recovery", "After one node in a hundred, and after a whole region, died at once.",
            recovery_curve(outcomes)});
  page.add({"Memory of an agent", "What the control core holds.",
            curve(outcomes, "bytes", {{"memory", &ScaleOutcome::memory_bytes}})});
  return page;
}

}  // namespace starling::lab
