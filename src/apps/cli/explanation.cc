#include "apps/cli/explanation.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <ctime>

#include "base/counted.h"
#include "base/table.h"
#include "base/units.h"

namespace starling::cli {

using Json = nlohmann::json;

namespace {

std::string at(double unix_seconds) {
  return fmt::format("{:%F %T}", fmt::localtime(static_cast<std::time_t>(unix_seconds)));
}

/// "▁▃▆█" for the values, scaled to their largest.
std::string sparkline(const std::vector<double>& values) {
  static const char* const kBars[] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
  const double top = values.empty() ? 0 : *std::max_element(values.begin(), values.end());
  std::string line;
  for (const double v : values) line += kBars[top <= 0 ? 0 : static_cast<int>(v / top * 7.0)];
  return line;
}

std::string observed(const Json& d) {
  const Json& o = d.at("observation");
  return fmt::format(
      "Saw        {:.1f} requests/s, {:.1f} in flight ({:.1f} queued), replicas {:.0f} % busy, {} "
      "ready + {} starting\n"
      "           a request {} {:.1f} ms (squared variation {:.2f}) and keeps a slot for {:.1f} "
      "ms; a cold start {:.1f} s\n",
      o.at("arrival_rate").get<double>(), o.at("in_flight").get<double>(),
      o.at("queued").get<double>(), 100 * o.at("utilization").get<double>(),
      o.at("ready").get<int>(), o.at("starting").get<int>(),
      o.value("service_assumed", false) ? "is assumed to take" : "takes",
      1000 * o.at("service_mean_s").get<double>(), o.at("service_scv").get<double>(),
      1000 * o.at("occupied_s").get<double>(), o.at("cold_start_s").get<double>());
}

/// "net-3adc 71 %, ses 18 %, theta 11 %; covered 91 % of the last 500 outcomes at 90 %"
std::string carried_by(const Json& f) {
  std::string text;
  for (const auto& expert : f.at("experts")) {
    const double share = expert.at("share").get<double>();
    if (share < 0.005) continue;
    text += fmt::format("{}{} {:.0f} %", text.empty() ? "" : ", ",
                        expert.at("name").get<std::string>(), 100 * share);
  }
  if (text.empty()) return "";
  const Json& coverage = f.at("coverage_90");
  const auto outcomes = coverage.at("recent_outcomes").get<std::int64_t>();
  text += outcomes == 0 ? "; no outcome yet"
                        : fmt::format("; covered {:.0f} % of the last {} outcomes at 90 %",
                                      100 * coverage.at("recent_share").get<double>(), outcomes);
  if (!f.at("drift_at").is_null()) {
    text += fmt::format("; demand changed its ways at {}: trust began anew",
                        at(f.at("drift_at").get<double>()));
  }
  return "           carried by " + text + "\n";
}

std::string forecast(const Json& d) {
  const Json& f = d.at("forecast");
  if (f.is_null()) return "Forecast   none that was fresh\n";
  std::vector<double> p90;
  std::string band;
  for (const auto& step : f.at("steps")) {
    p90.push_back(step.at("p90").get<double>());
    if (p90.size() <= 6) {
      band += fmt::format("{}{:.1f} [{:.1f}..{:.1f}]", band.empty() ? "" : "  ",
                          step.at("p50").get<double>(), step.at("p10").get<double>(),
                          step.at("p90").get<double>());
    }
  }
  return fmt::format(
      "Forecast   {} by {}, steps of {:.0f} s, median [p10..p90] requests/s:\n           {}\n{}",
      sparkline(p90), f.at("method").get<std::string>(), f.at("step_s").get<double>(), band,
      carried_by(f));
}

std::string candidates(const Json& d) {
  if (d.at("candidates").empty()) return "";
  const Json& objective = d.at("objective");
  std::string text = fmt::format(
      "Weighed    for up to {:.1f} requests/s, how often {:.0f} ms are missed (allowed {:.4g} "
      "%):\n",
      d.at("planned_rate").get<double>(), 1000 * objective.at("slo_latency_s").get<double>(),
      100 - objective.at("slo_percentile").get<double>());
  for (const auto& c : d.at("candidates")) {
    const bool chosen = c.at("replicas") == d.at("desired");
    text += fmt::format("           {:>4} {:<8}  {:>8.3f} % missed{}\n",
                        c.at("replicas").get<int>(), c.at("replicas") == 1 ? "replica" : "replicas",
                        100 * c.at("miss_probability").get<double>(), chosen ? "   <- chosen" : "");
  }
  return text;
}

/// What a replica more or less is worth; nothing of policies that do not say.
std::string worth(const Json& d) {
  const Json values = d.value("worth", Json::object());
  const Json gains = values.value("gains", Json::array());
  if (gains.empty()) return "";
  std::string text =
      fmt::format("Worth      one replica more saves {:.1f} requests in the coming minute",
                  gains[0].get<double>());
  if (const Json losses = values.value("losses", Json::array()); !losses.empty()) {
    text += fmt::format(", one fewer misses {:.1f}", losses[0].get<double>());
  }
  return text + "\n";
}

/// A line a policy in shadow: the replicas that it would have, and what it would have missed in the
/// interval before the decision by a queueing model's estimate.
std::string shadows(const Json& d) {
  std::string text;
  for (const auto& s : d.value("shadow", Json::array())) {
    if (s.at("acting").get<bool>()) continue;
    const int ready = s.at("ready").get<int>(), wished = s.at("wished").get<int>();
    const double arrivals = s.at("arrivals").get<double>();
    const std::string met =
        arrivals > 0
            ? fmt::format(
                  "estimated SLO {:.1f} %",
                  100 * std::clamp(1 - s.at("missed_estimate").get<double>() / arrivals, 0.0, 1.0))
            : "no requests to estimate by";
    text += fmt::format("{}{} would have {} replica{}{} ({})\n",
                        text.empty() ? "Shadow     " : "           ",
                        s.at("policy").get<std::string>(), ready, ready == 1 ? "" : "s",
                        wished == ready ? "" : fmt::format(" and want {}", wished), met);
  }
  return text;
}

std::string guards(const Json& d) {
  if (d.at("guards").empty()) return "Guards     none bit\n";
  std::string text;
  for (const auto& g : d.at("guards")) {
    text += fmt::format("{}{}: {} -> {} ({})\n", text.empty() ? "Guards     " : "           ",
                        g.at("guard").get<std::string>(), g.at("from").get<int>(),
                        g.at("to").get<int>(), g.at("detail").get<std::string>());
  }
  return text;
}

std::string amounts(const Json& resources) {
  return fmt::format("{} / {}", format_cpu(resources.at("cpu_millis")),
                     format_memory(resources.at("memory_bytes")));
}

/// Of a replica, where its model's manifest leaves it to the owner or asks what it would be.
std::string size(const Json& d) {
  const Json s = d.value("size", Json());
  if (!s.is_object()) return "";
  const bool differs = s.at("recommended") != s.at("resources");
  return fmt::format("Size       {}{}, floor {}\n           {}\n", amounts(s.at("resources")),
                     differs ? ", recommended " + amounts(s.at("recommended")) : "",
                     amounts(s.at("floor")), s.at("reason").get<std::string>());
}

std::string bids(const Json& d) {
  if (d.at("bids").empty()) return "";
  Table table({"  NODE", "CLOUD", "ZONE", ">OFFERED", ">WON", ">STARTED", ">PRICE/H", "NOTE"});
  for (const auto& b : d.at("bids")) {
    table.add({"  " + b.at("node").get<std::string>(), b.at("cloud").get<std::string>(),
               b.at("zone").get<std::string>(), b.at("offered").dump(), b.at("awarded").dump(),
               b.at("started").dump(), fmt::format("{:.4f}", b.at("price_per_hour").get<double>()),
               b.at("note").get<std::string>()});
  }
  return "Bids\n" + table.text();
}

std::string section(const Json& d, const std::string& title) {
  return fmt::format("{} at {} by {} ({} policy): {} -> {}; {}\nBecause    {}\n", title,
                     at(d.at("time").get<double>()), d.at("owner").get<std::string>(),
                     d.at("policy").get<std::string>(), d.at("current").get<int>(),
                     counted(d.at("desired").get<int>(), "replica"),
                     d.at("outcome").get<std::string>(), d.at("reason").get<std::string>()) +
         observed(d) + forecast(d) + candidates(d) + worth(d) + size(d) + guards(d) + shadows(d) +
         bids(d);
}

}  // namespace

std::string explanation_text(const Json& explained) {
  const Json& decision = explained.at("decision");
  const Json& change = explained.at("last_change");
  std::string text = fmt::format("Model {}\n\n", decision.at("model").get<std::string>());
  text += section(decision, "Last decision");
  if (!change.is_null() && change.at("time") != decision.at("time"))
    text += "\n" + section(change, "Last change");
  return text;
}

}  // namespace starling::cli
