#include "apps/cli/views.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <ctime>
#include <set>

#include "base/counted.h"
#include "base/table.h"
#include "base/units.h"

namespace starling::cli {

using Json = nlohmann::json;

namespace {

std::string text(const Json& json, const char* key) { return json.value(key, ""); }

std::string number_or_dash(const Json& value, const char* format = "{:.1f}") {
  return value.is_number() ? fmt::format(fmt::runtime(format), value.get<double>()) : "-";
}

std::string percent_or_dash(const Json& share) {
  return share.is_number() ? fmt::format("{:.1f}%", 100 * share.get<double>()) : "-";
}

/// Share of the recent outcomes within the 0.9 quantile, once there are enough to tell.
std::string coverage(const Json& forecast) {
  constexpr int kOutcomesMin = 20;
  if (forecast.is_null() || !forecast.at("coverage_90").is_number()) return "-";
  if (forecast.value("coverage_outcomes", 0) < kOutcomesMin) return "-";
  return fmt::format("{:.0f}%", 100 * forecast.at("coverage_90").get<double>());
}

std::string memory_used(const Json& replica) {
  const std::int64_t bytes = replica.value("memory_bytes", std::int64_t{0});
  return bytes > 0 ? fmt::format("{}Mi", bytes >> 20) : "-";
}

/// As decided, or as the manifest fixes it: "250m / 96Mi".
std::string replica_size(const Json& model) {
  const Json decided = model.value("size", Json());
  if (!decided.is_object()) {
    const Json& fixed = model.at("manifest").at("spec").at("resources");
    const auto bytes = parse_memory_bytes(fixed.at("memory").get<std::string>());
    return fmt::format("{} / {}", fixed.at("cpu").get<std::string>(),
                       format_memory(bytes.value_or(0)));
  }
  const Json& r = decided.at("resources");
  return fmt::format("{} / {}", format_cpu(r.at("cpu_millis")),
                     format_memory(r.at("memory_bytes")));
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

std::string local_time(double unix_seconds, const char* format) {
  return fmt::format(fmt::runtime(format), fmt::localtime(static_cast<std::time_t>(unix_seconds)));
}

/// Of decisions: the time of day, with the date where they are of several days.
const char* time_format(const Json& decisions) {
  std::set<std::string> days;
  for (const auto& d : decisions) days.insert(local_time(d.value("time", 0.0), "{:%F}"));
  return days.size() > 1 ? "{:%F %T}" : "{:%T}";
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
    const Json& f = m.at("forecast");
    std::vector<std::string> row{
        text(m, "name"),
        m.at("ready").dump(),
        m.at("desired").is_null() ? "-" : m.at("desired").dump(),
        number_or_dash(m.at("arrival_rate")),
        f.is_null()
            ? "-"
            : fmt::format("{:.1f}..{:.1f}", f.at("p50").get<double>(), f.at("p90").get<double>()),
        coverage(f),
        number_or_dash(m.at("latency_ms").at("p99"), "{:.0f}ms"),
        percent_or_dash(m.at("slo_attainment")),
        text(m, "owner"),
        text(m, "policy")};
    if (rejecting) {
      row.insert(row.begin() + 4, rejects(m) ? number_or_dash(m.at("rejected_rate")) : "-");
    }
    if (wide) {
      row.insert(row.end(),
                 {m.at("starting").dump(), short_age(m.value("cold_start_s", 0.0)),
                  m.at("revision").dump(), f.is_null() ? "-" : text(f, "method"), replica_size(m)});
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
    const auto& free = n.at("free");
    const auto& capacity = n.at("capacity");
    const bool gone = text(n, "state") == "dead" || text(n, "state") == "left";
    std::vector<std::string> row{text(n, "name"),
                                 text(n, "state"),
                                 gone ? "-" : schedulable(n),
                                 text(n, "cloud"),
                                 text(n, "zone"),
                                 gone ? "-" : n.at("replicas").dump(),
                                 gone ? "-" : n.at("owned_models").dump(),
                                 gone ? "-"
                                      : fmt::format("{}/{}", format_cpu(free.at("cpu_millis")),
                                                    format_cpu(capacity.at("cpu_millis"))),
                                 gone ? "-"
                                      : fmt::format("{}/{}", format_memory(free.at("memory_bytes")),
                                                    format_memory(capacity.at("memory_bytes"))),
                                 short_age(n.value("heard_ago_s", 0.0)) + " ago"};
    if (wide)
      row.insert(row.end(), {number_or_dash(n.at("price_per_cpu_hour"), "{:.3f}"), text(n, "api"),
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
                                 number_or_dash(r.at("cpu_cores"), "{:.2f}"),
                                 short_age(r.value("age_s", 0.0))};
    if (wide) {
      row.insert(row.end(),
                 {format_cpu(r.at("resources").at("cpu_millis")), memory_used(r),
                  format_memory(r.at("resources").at("memory_bytes")),
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
  const char* format = time_format(decisions);
  for (const auto& d : decisions) {
    std::vector<std::string> row{local_time(d.value("time", 0.0), format),
                                 text(d, "model"),
                                 d.at("current").dump(),
                                 d.at("desired").dump(),
                                 number_or_dash(d.at("observation").at("arrival_rate")),
                                 number_or_dash(d.at("planned_rate")),
                                 text(d, "outcome")};
    if (wide) row.insert(row.end(), {text(d, "owner"), text(d, "reason")});
    table.add(row);
  }
  return table.text("No decisions yet.");
}

std::string status_screen(const Json& status) {
  const Json& age = status.at("specs_age_s");
  std::size_t alive = 0;
  for (const auto& n : status.at("nodes")) alive += text(n, "state") == "alive";
  std::string out = fmt::format(
      "fleet of {}, {} alive, {}, {}; answered by {}; {}\n\n",
      counted(std::ssize(status.at("nodes")), "node"), alive,
      counted(std::ssize(status.at("models")), "model"),
      counted(std::ssize(status.at("replicas")), "replica"), text(status, "answered_by"),
      age.is_null() ? "specs not read yet"
      : age.get<double>() > 5
          ? fmt::format("specs last confirmed {} ago", short_age(age.get<double>()))
          : "specs up to date");
  out += nodes_table(status.at("nodes"), false) + "\n" + models_table(status.at("models"), false);
  std::string problems;
  for (const auto& m : status.at("models")) {
    const Json problem = m.value("problem", Json());
    if (problem.is_string())
      problems += fmt::format("{}: {}\n", text(m, "name"), problem.get<std::string>());
  }
  return problems.empty() ? out : out + "\n" + problems;
}

}  // namespace starling::cli
