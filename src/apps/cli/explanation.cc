#include "apps/cli/explanation.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <ctime>

#include "base/table.h"
#include "base/units.h"

namespace starling::cli {

using Json = nlohmann::json;

namespace {

std::string at(double unix_seconds) {
  return fmt::format("{:%H:%M:%S}", fmt::localtime(static_cast<std::time_t>(unix_seconds)));
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
  const Json& o = d["observation"];
  return fmt::format(
      "Saw        {:.1f} requests/s, {:.1f} in flight ({:.1f} queued), replicas {:.0f} % busy, {} "
      "ready + {} starting\n"
      "           a request takes {:.1f} ms (squared variation {:.2f}) and keeps a slot for {:.1f} "
      "ms; a "
      "cold start {:.1f} s\n",
      o["arrival_rate"].get<double>(), o["in_flight"].get<double>(), o["queued"].get<double>(),
      100 * o["utilization"].get<double>(), o["ready"].get<int>(), o["starting"].get<int>(),
      1000 * o["service_mean_s"].get<double>(), o["service_scv"].get<double>(),
      1000 * o["occupied_s"].get<double>(), o["cold_start_s"].get<double>());
}

/// "net-3adc 71 %, ses 18 %, theta 11 %; covered 91 % of the last 500 outcomes at 90 %"
std::string carried_by(const Json& f) {
  std::string text;
  for (const auto& expert : f["experts"]) {
    const double share = expert["share"].get<double>();
    if (share < 0.005) continue;
    text += fmt::format("{}{} {:.0f} %", text.empty() ? "" : ", ",
                        expert["name"].get<std::string>(), 100 * share);
  }
  if (text.empty()) return "";
  const Json& coverage = f["coverage_90"];
  const auto outcomes = coverage["recent_outcomes"].get<std::int64_t>();
  text += outcomes == 0 ? "; no outcome yet"
                        : fmt::format("; covered {:.0f} % of the last {} outcomes at 90 %",
                                      100 * coverage["recent_share"].get<double>(), outcomes);
  if (!f["drift_at"].is_null()) {
    text += fmt::format("; demand changed its ways at {}: trust began anew",
                        at(f["drift_at"].get<double>()));
  }
  return "           carried by " + text + "\n";
}

std::string forecast(const Json& d) {
  const Json& f = d["forecast"];
  if (f.is_null()) return "Forecast   none that was fresh\n";
  std::vector<double> p90;
  std::string band;
  for (const auto& step : f["steps"]) {
    p90.push_back(step["p90"].get<double>());
    if (p90.size() <= 6) {
      band += fmt::format("{}{:.1f} [{:.1f}..{:.1f}]", band.empty() ? "" : "  ",
                          step["p50"].get<double>(), step["p10"].get<double>(),
                          step["p90"].get<double>());
    }
  }
  return fmt::format(
      "Forecast   {} by {}, steps of {:.0f} s, median [p10..p90] requests/s:\n           {}\n{}",
      sparkline(p90), f["method"].get<std::string>(), f["step_s"].get<double>(), band,
      carried_by(f));
}

std::string candidates(const Json& d) {
  if (d["candidates"].empty()) return "";
  const Json& objective = d["objective"];
  std::string text = fmt::format(
      "Weighed    for up to {:.1f} requests/s, how often {:.0f} ms are missed (allowed {:.4g} "
      "%):\n",
      d["planned_rate"].get<double>(), 1000 * objective["slo_latency_s"].get<double>(),
      100 - objective["slo_percentile"].get<double>());
  for (const auto& c : d["candidates"]) {
    const bool chosen = c["replicas"] == d["desired"];
    text +=
        fmt::format("           {:>4} replicas  {:>8.3f} % missed{}\n", c["replicas"].get<int>(),
                    100 * c["miss_probability"].get<double>(), chosen ? "   <- chosen" : "");
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
    if (s["acting"].get<bool>()) continue;
    const int ready = s["ready"].get<int>(), wished = s["wished"].get<int>();
    const double arrivals = s["arrivals"].get<double>();
    const std::string met =
        arrivals > 0
            ? fmt::format(
                  "estimated SLO {:.1f} %",
                  100 * std::clamp(1 - s["missed_estimate"].get<double>() / arrivals, 0.0, 1.0))
            : "no requests to estimate by";
    text += fmt::format("{}{} would have {} replica{}{} ({})\n",
                        text.empty() ? "Shadow     " : "           ",
                        s["policy"].get<std::string>(), ready, ready == 1 ? "" : "s",
                        wished == ready ? "" : fmt::format(" and want {}", wished), met);
  }
  return text;
}

std::string guards(const Json& d) {
  if (d["guards"].empty()) return "Guards     none bit\n";
  std::string text;
  for (const auto& g : d["guards"]) {
    text += fmt::format("{}{}: {} -> {} ({})\n", text.empty() ? "Guards     " : "           ",
                        g["guard"].get<std::string>(), g["from"].get<int>(), g["to"].get<int>(),
                        g["detail"].get<std::string>());
  }
  return text;
}

std::string amounts(const Json& resources) {
  return fmt::format("{} / {}", format_cpu(resources["cpu_millis"]),
                     format_memory(resources["memory_bytes"]));
}

/// Of a replica, where its model's manifest leaves it to the owner or asks what it would be.
std::string size(const Json& d) {
  const Json s = d.value("size", Json());
  if (!s.is_object()) return "";
  const bool differs = s["recommended"] != s["resources"];
  return fmt::format("Size       {}{}, floor {}\n           {}\n", amounts(s["resources"]),
                     differs ? ", recommended " + amounts(s["recommended"]) : "",
                     amounts(s["floor"]), s["reason"].get<std::string>());
}

std::string bids(const Json& d) {
  if (d["bids"].empty()) return "";
  Table table({"  NODE", "CLOUD", "ZONE", ">OFFERED", ">WON", ">STARTED", ">PRICE/H", "NOTE"});
  for (const auto& b : d["bids"]) {
    table.add({"  " + b["node"].get<std::string>(), b["cloud"].get<std::string>(),
               b["zone"].get<std::string>(), b["offered"].dump(), b["awarded"].dump(),
               b["started"].dump(), fmt::format("{:.4f}", b["price_per_hour"].get<double>()),
               b["note"].get<std::string>()});
  }
  return "Bids\n" + table.text();
}

std::string section(const Json& d, const std::string& title) {
  return fmt::format("{} at {} by {} ({} policy): {} -> {} replicas; {}\nBecause    {}\n", title,
                     at(d["time"].get<double>()), d["owner"].get<std::string>(),
                     d["policy"].get<std::string>(), d["current"].get<int>(),
                     d["desired"].get<int>(), d["outcome"].get<std::string>(),
                     d["reason"].get<std::string>()) +
         observed(d) + forecast(d) + candidates(d) + worth(d) + size(d) + guards(d) + shadows(d) +
         bids(d);
}

}  // namespace

std::string explanation_text(const Json& explained) {
  const Json& decision = explained["decision"];
  const Json& change = explained["last_change"];
  std::string text = fmt::format("Model {}\n\n", decision["model"].get<std::string>());
  text += section(decision, "Last decision");
  if (!change.is_null() && change["time"] != decision["time"])
    text += "\n" + section(change, "Last change");
  return text;
}

}  // namespace starling::cli
