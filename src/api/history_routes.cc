#include "api/history_routes.h"

#include <algorithm>

#include "api/answer.h"
#include "base/iso8601.h"
#include "base/json.h"
#include "base/units.h"

namespace starling {
namespace {

using Json = nlohmann::json;

void query(const httplib::Request& request, httplib::Response& response, ApiBackend& backend) {
  const auto json = parse_json(request.body);
  if (!json.is_object() || !json.contains("sql") || !json["sql"].is_string()) {
    return refuse(response,
                  {ErrorCode::kInvalid, "expected a JSON body such as {\"sql\": \"SELECT 1\"}"});
  }
  history::QueryLimits limits;
  if (json.contains("limit")) {
    if (!json["limit"].is_number_unsigned()) {
      return refuse(response, {ErrorCode::kInvalid, "'limit': expected a whole number of rows"});
    }
    limits.rows_max = std::min<std::int64_t>(limits.rows_max, json["limit"].get<std::int64_t>());
  }
  const auto result = backend.query(json["sql"].get<std::string>(), limits);
  if (!result) return refuse(response, result.error());
  answer(response, result->to_json());
}

/// The time under `key`, which may be a duration back from now; nothing where there is none.
Result<std::optional<TimePoint>> time_of(const Json& json, const char* key, TimePoint now) {
  if (!json.contains(key)) return std::optional<TimePoint>();
  if (json[key].is_string()) {
    const std::string text = json[key].get<std::string>();
    if (const auto duration = parse_duration(text)) return std::optional(now - *duration);
    if (const auto time = parse_iso8601(text)) return std::optional(*time);
  }
  return fail(ErrorCode::kInvalid,
              "'{}': expected a time in UTC such as \"2026-01-31T12:00\", or a duration back from "
              "now such as \"7d\"",
              key);
}

Result<history::ExportRequest> export_request(const std::string& body, TimePoint now) {
  const auto json = parse_json(body.empty() ? "{}" : body);
  if (!json.is_object()) {
    return fail(
        ErrorCode::kInvalid,
        "expected a JSON body such as {{\"tables\": [\"usage\"], \"since\": \"2026-01-31\"}}");
  }
  history::ExportRequest request;
  for (const auto& [key, time] :
       {std::pair{"since", &request.since}, std::pair{"until", &request.until}}) {
    const auto given = time_of(json, key, now);
    if (!given) return fail(given.error());
    *time = *given;
  }
  if (!json.contains("tables")) return request;
  if (!json["tables"].is_array()) {
    return fail(ErrorCode::kInvalid, "'tables': expected a list of names");
  }
  request.tables.clear();
  for (const Json& table : json["tables"]) {
    if (!table.is_string()) return fail(ErrorCode::kInvalid, "'tables': expected a list of names");
    request.tables.push_back(table.get<std::string>());
  }
  return request;
}

void export_parquet(const httplib::Request& request, httplib::Response& response,
                    ApiBackend& backend) {
  const auto wanted = export_request(request.body, backend.view()->now);
  if (!wanted) return refuse(response, wanted.error());
  const auto result = backend.export_history(*wanted);
  if (!result) return refuse(response, result.error());
  answer(response, result->to_json());
}

}  // namespace

void add_history_routes(httplib::Server& server, ApiBackend& backend) {
  server.Post("/v1/query",
              [&backend](const httplib::Request& request, httplib::Response& response) {
                query(request, response, backend);
              });
  server.Post("/v1/export",
              [&backend](const httplib::Request& request, httplib::Response& response) {
                export_parquet(request, response, backend);
              });
}

}  // namespace starling
