#include "apps/cli/shadow_report.h"

#include <algorithm>

#include "apps/cli/node_answers.h"
#include "base/iso8601.h"
#include "base/table.h"

namespace starling::cli {
namespace {

using Json = nlohmann::json;

constexpr double kHour = 3600;

/// One node's sums. A shadow is compared with the acting policy at the same decisions, whichever
/// that was then.
constexpr const char* kSums =
    "SELECT ran.model, ran.policy, ran.acting, sum(ran.replica_seconds), "
    "sum(acting.replica_seconds), sum(ran.arrivals), sum(ran.missed_estimate), sum(ran.missed), "
    "sum(ran.changed)::BIGINT "
    "FROM (SELECT *, coalesce(wished <> lag(wished) OVER "
    "(PARTITION BY model, policy, acting ORDER BY time), false)::INTEGER AS changed "
    "FROM shadow WHERE {0}) AS ran "
    "JOIN (SELECT time, model, replica_seconds FROM shadow WHERE acting AND {0}) AS acting "
    "USING (time, model) GROUP BY ALL ORDER BY ALL";

std::string statement(const std::string& model, TimePoint since) {
  std::string condition = fmt::format("time >= TIMESTAMP '{}'", iso8601(since));
  if (!model.empty()) {
    condition += " AND model = " + sql_text(model);
  }
  return fmt::format(fmt::runtime(kSums), condition);
}

double number(const Json& value) { return value.is_number() ? value.get<double>() : 0; }

Json policy_of(const Json& row) {
  return {{"policy", row[1]},
          {"acting", row[2]},
          {"replica_hours", number(row[3]) / kHour},
          {"acting_replica_hours", number(row[4]) / kHour},
          {"arrivals", number(row[5])},
          {"missed_estimate", number(row[6])},
          {"missed", row[7]},
          {"scale_actions", row[8].is_number() ? row[8] : Json(0)}};
}

void add(Json& into, const Json& more) {
  for (const char* sum :
       {"replica_hours", "acting_replica_hours", "arrivals", "missed_estimate", "missed"}) {
    if (more[sum].is_number()) into[sum] = number(into[sum]) + more[sum].get<double>();
  }
  into["scale_actions"] =
      into.at("scale_actions").get<std::int64_t>() + more.at("scale_actions").get<std::int64_t>();
}

void sort_models(Json& models) {
  std::sort(models.begin(), models.end(),
            [](const Json& a, const Json& b) { return a.at("model") < b.at("model"); });
  for (Json& model : models) {
    std::stable_sort(model.at("policies").begin(), model.at("policies").end(),
                     [](const Json& a, const Json& b) {
                       if (a.at("acting") != b.at("acting")) return a.at("acting").get<bool>();
                       return a.at("policy") < b.at("policy");
                     });
  }
}

std::string attainment(const Json& policy, const char* missed) {
  const double arrivals = policy.at("arrivals").get<double>();
  if (arrivals <= 0 || !policy[missed].is_number()) return "-";
  // Answers of an interval may be to requests that came before it.
  const double met = std::clamp(1 - policy[missed].get<double>() / arrivals, 0.0, 1.0);
  return fmt::format("{:.2f}%", 100 * met);
}

std::string against_acting(const Json& policy) {
  const double acting = policy.at("acting_replica_hours").get<double>();
  if (policy.at("acting").get<bool>() || acting <= 0) return "-";
  return fmt::format("{:+.1f}%", 100 * (policy.at("replica_hours").get<double>() / acting - 1));
}

}  // namespace

void add_shadow_rows(Json& models, const Json& rows) {
  for (const Json& row : rows) {
    Json* model = nullptr;
    for (Json& known : models) {
      if (known.at("model") == row[0]) model = &known;
    }
    if (model == nullptr) {
      models.push_back({{"model", row[0]}, {"policies", Json::array()}});
      model = &models.back();
    }
    Json& policies = (*model).at("policies");
    const auto same = std::find_if(policies.begin(), policies.end(), [&](const Json& p) {
      return p.at("policy") == row[1] && p.at("acting") == row[2];
    });
    if (same == policies.end()) {
      policies.push_back(policy_of(row));
    } else {
      add(*same, policy_of(row));
    }
  }
  sort_models(models);
}

Result<Json> shadow_report(const Fleet& fleet, const std::string& model, TimePoint since) {
  const auto nodes = fleet.call("GET", "/v1/nodes");
  if (!nodes) return fail(nodes.error());
  Histories histories = histories_of(*nodes, fleet.token);
  Json models = Json::array();
  for (const Json& rows : histories.ask(statement(model, since))) add_shadow_rows(models, rows);
  return Json{{"since", iso8601(since)},
              {"models", std::move(models)},
              {"missing", std::move(histories.missing)}};
}

std::string shadow_table(const Json& report, const std::string& empty) {
  Table table({"MODEL", "POLICY", ">REPLICA-HOURS", ">VS ACTING", ">SLO ESTIMATED", ">SLO MEASURED",
               ">SCALE ACTIONS"});
  for (const Json& model : report.at("models")) {
    for (const Json& policy : model.at("policies")) {
      table.add({model.at("model").get<std::string>(),
                 policy.at("policy").get<std::string>() +
                     (policy.at("acting").get<bool>() ? " (acting)" : ""),
                 fmt::format("{:.2f}", policy.at("replica_hours").get<double>()),
                 against_acting(policy), attainment(policy, "missed_estimate"),
                 attainment(policy, "missed"),
                 std::to_string(policy.at("scale_actions").get<std::int64_t>())});
    }
  }
  return table.text(empty);
}

}  // namespace starling::cli
