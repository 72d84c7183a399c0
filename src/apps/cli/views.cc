#include "apps/cli/views.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <ctime>

#include "base/table.h"
#include "base/units.h"

namespace starling::cli {

using Json = nlohmann::json;

namespace {

std::string text(const Json& json, const char* key) { return json.value(key, ""); }

std::string number_or_dash(const Json& value, const char* format = "{:.1f}") {
  return value.is_number() ? fmt::format(fmt::runtime(format), value.get<double>()) : "-";
}

/// Share of the recent outcomes within the 0.9 quantile.
std::string coverage(const Json& forecast) {
  if (forecast.is_null() || !forecast["coverage_90"].is_number()) return "-";
  return fmt::format("{:.0f}%", 100 * forecast["coverage_90"].get<double>());
}

std::string memory_used(const Json& replica) {
  const std::int64_t bytes = replica.value("memory_bytes", std::int64_t{0});
  return bytes > 0 ? fmt::format("{}Mi", bytes >> 20) : "-";
}

/// As decided, or as the manifest fixes it: "250m / 96Mi".
std::string replica_size(const Json& model) {
  const Json decided = model.value("size", Json());
  if (!decided.is_object()) {
    const Json& fixed = model["manifest"]["spec"]["resources"];
    const auto bytes = parse_memory_bytes(fixed["memory"].get<std::string>());
    return fmt::format("{} / {}", fixed["cpu"].get<std::string>(),
                       format_memory(bytes.value_or(0)));
  }
  const Json& r = decided["resources"];
  return fmt::format("{} / {}", format_cpu(r["cpu_millis"]), format_memory(r["memory_bytes"]));
}

/// Whether the model's manifest asks for admission control.
bool rejects(const Json& model) {
  const Json::json_pointer mode("/manifest/spec/admission");
  return model.contains(mode) && model[mode] == "reject";
}

/// "yes", or why not. Older agents say nothing of it and take replicas.
std::string schedulable(const Json& node) {
  const std::string scheduling = node.value("scheduling", "schedulable");
  return scheduling == "schedulable" ? "yes" : scheduling;
}

std::string clock_time(double unix_seconds) {
  return fmt::format("{:%H:%M:%S}", fmt::localtime(static_cast<std::time_t>(unix_seconds)));
}

}  // namespace

std::string models_table(const Json& models, bool wide) {
  std::vector<std::string> heads{"MODEL",    ">READY", ">WANTED",  ">REQ/S", ">FORECAST p50..p90",
                                 ">COVERED", ">P99",   ">SLO MET", "OWNER",  "POLICY"};
  const bool rejecting = std::any_of(models.begin(), models.end(), rejects);
  if (rejecting) heads.insert(heads.begin() + 4, ">REJECTED/S");
  if (wide)
    heads.insert(heads.end(), {">STARTING", ">COLD START", ">REVISION", "FORECASTER", "SIZE"});
  Table table(heads);
  for (const auto& m : models) {
    const Json& f = m["forecast"];
    std::vector<std::string> row{
        text(m, "name"),
        m["ready"].dump(),
        m["desired"].is_null() ? "-" : m["desired"].dump(),
        number_or_dash(m["arrival_rate"]),
        f.is_null() ? "-"
                    : fmt::format("{:.1f}..{:.1f}", f["p50"].get<double>(), f["p90"].get<double>()),
        coverage(f),
        number_or_dash(m["latency_ms"]["p99"], "{:.0f}ms"),
        fmt::format("{:.1f}%", 100 * m.value("slo_attainment", 0.0)),
        text(m, "owner"),
        text(m, "policy")};
    if (rejecting) {
      row.insert(row.begin() + 4, rejects(m) ? number_or_dash(m["rejected_rate"]) : "-");
    }
    if (wide) {
      row.insert(row.end(),
                 {m["starting"].dump(), short_age(m.value("cold_start_s", 0.0)),
                  m["revision"].dump(), f.is_null() ? "-" : text(f, "method"), replica_size(m)});
    }
    table.add(row);
  }
  return table.text("No models. Deploy one with: starling apply -f models/digits.yaml");
}

std::string nodes_table(const Json& nodes, bool wide) {
  std::vector<std::string> heads{"NODE",      "STATE", "SCHEDULABLE", "CLOUD",        "ZONE",
                                 ">REPLICAS", ">OWNS", ">CPU FREE",   ">MEMORY FREE", ">HEARD"};
  if (wide) heads.insert(heads.end(), {">PRICE/CPU-H", "API", "GATEWAY"});
  Table table(heads);
  for (const auto& n : nodes) {
    const auto& free = n["free"];
    const auto& capacity = n["capacity"];
    const bool gone = text(n, "state") == "dead" || text(n, "state") == "left";
    std::vector<std::string> row{text(n, "name"),
                                 text(n, "state"),
                                 gone ? "-" : schedulable(n),
                                 text(n, "cloud"),
                                 text(n, "zone"),
                                 gone ? "-" : n["replicas"].dump(),
                                 gone ? "-" : n["owned_models"].dump(),
                                 gone ? "-"
                                      : fmt::format("{}/{}", format_cpu(free["cpu_millis"]),
                                                    format_cpu(capacity["cpu_millis"])),
                                 gone ? "-"
                                      : fmt::format("{}/{}", format_memory(free["memory_bytes"]),
                                                    format_memory(capacity["memory_bytes"])),
                                 short_age(n.value("heard_ago_s", 0.0)) + " ago"};
    if (wide)
      row.insert(row.end(), {number_or_dash(n["price_per_cpu_hour"], "{:.3f}"), text(n, "api"),
                             text(n, "gateway")});
    table.add(row);
  }
  return table.text();
}

std::string replicas_table(const Json& replicas, bool wide) {
  std::vector<std::string> heads{"REPLICA", "MODEL", "NODE", "STATE", ">CPU", ">AGE"};
  if (wide)
    heads.insert(heads.end(), {">LIMIT", ">MEMORY USED", ">MEMORY", ">COLD START", "ADDRESS"});
  Table table(heads);
  for (const auto& r : replicas) {
    std::vector<std::string> row{text(r, "id"),
                                 text(r, "model"),
                                 text(r, "node"),
                                 text(r, "state"),
                                 number_or_dash(r["cpu_cores"], "{:.2f}"),
                                 short_age(r.value("age_s", 0.0))};
    if (wide) {
      row.insert(row.end(),
                 {format_cpu(r["resources"]["cpu_millis"]), memory_used(r),
                  format_memory(r["resources"]["memory_bytes"]),
                  r.value("cold_start_s", 0.0) > 0 ? short_age(r.value("cold_start_s", 0.0)) : "-",
                  text(r, "address").empty() ? "-" : text(r, "address")});
    }
    table.add(row);
  }
  return table.text("No replicas.");
}

std::string decisions_table(const Json& decisions, bool wide) {
  std::vector<std::string> heads{"TIME",   "MODEL",    ">HAS",   ">WANTS",
                                 ">REQ/S", ">PLANNED", "OUTCOME"};
  if (wide) heads.insert(heads.end(), {"OWNER", "REASON"});
  Table table(heads);
  for (const auto& d : decisions) {
    std::vector<std::string> row{clock_time(d.value("time", 0.0)),
                                 text(d, "model"),
                                 d["current"].dump(),
                                 d["desired"].dump(),
                                 number_or_dash(d["observation"]["arrival_rate"]),
                                 number_or_dash(d["planned_rate"]),
                                 text(d, "outcome")};
    if (wide) row.insert(row.end(), {text(d, "owner"), text(d, "reason")});
    table.add(row);
  }
  return table.text("No decisions yet.");
}

std::string status_screen(const Json& status) {
  const Json& age = status["specs_age_s"];
  std::size_t alive = 0;
  for (const auto& n : status["nodes"]) alive += text(n, "state") == "alive";
  std::string out =
      fmt::format("fleet of {} nodes, {} alive, {} models, {} replicas; answered by {}; {}\n\n",
                  status["nodes"].size(), alive, status["models"].size(), status["replicas"].size(),
                  text(status, "answered_by"),
                  age.is_null() ? "specs not read yet"
                  : age.get<double>() > 5
                      ? fmt::format("specs last confirmed {} ago", short_age(age.get<double>()))
                      : "specs up to date");
  return out + nodes_table(status["nodes"], false) + "\n" + models_table(status["models"], false);
}

}  // namespace starling::cli
