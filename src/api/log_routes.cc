#include "api/log_routes.h"

#include <algorithm>
#include <cstdint>

#include "api/answer.h"
#include "api/ask_peers.h"
#include "api/http_client.h"

namespace starling {
namespace {

using Json = nlohmann::json;

constexpr std::int64_t kBytesDefault = 16 << 10;

Result<LogQuestion> question_of(const httplib::Request& request) {
  LogQuestion question;
  question.model = request.get_param_value("model");
  question.replica = request.get_param_value("replica");
  if (question.model.empty() == question.replica.empty()) {
    return fail(ErrorCode::kInvalid,
                "parameters 'model' and 'replica': expected one of both, such as "
                "/v1/logs?model=digits");
  }
  const auto bytes = number_parameter(request, "bytes");
  if (!bytes) return fail(bytes.error());
  if (bytes->value_or(0) > static_cast<std::uint64_t>(kLogBytesReadMax)) {
    return fail(ErrorCode::kInvalid, "parameter 'bytes': {} is more than {}", **bytes,
                kLogBytesReadMax);
  }
  question.bytes_max = *bytes ? static_cast<std::int64_t>(**bytes) : kBytesDefault;
  const auto from = number_parameter(request, "from");
  if (!from) return fail(from.error());
  if (!*from) return question;
  if (question.replica.empty())
    return fail(ErrorCode::kInvalid, "parameter 'from': expected together with 'replica'");
  constexpr std::uint64_t kMost = INT64_MAX;
  question.from = static_cast<std::int64_t>(std::min(**from, kMost));
  return question;
}

std::string path_of(const LogQuestion& question) {
  std::string path = fmt::format("/v1/logs?scope=node&bytes={}", question.bytes_max);
  if (!question.model.empty()) path += "&model=" + url_encode(question.model);
  if (!question.replica.empty()) path += "&replica=" + url_encode(question.replica);
  if (question.from) path += fmt::format("&from={}", *question.from);
  return path;
}

double written(const Json& log) {
  const auto found = log.find("written");
  return found != log.end() && found->is_number() ? found->get<double>() : 0;
}

void get_logs(const httplib::Request& request, httplib::Response& response, ApiBackend& backend,
              const std::string& token) {
  const auto question = question_of(request);
  if (!question) return refuse(response, question.error());
  const auto view = backend.view();
  std::vector<Json> logs;
  for (auto& log : backend.logs(*question)) {
    logs.push_back({{"replica", log.replica},
                    {"node", view->self},
                    {"written", log.written},
                    {"begin", log.begin},
                    {"end", log.end},
                    {"lines_end", log.lines_end},
                    {"text", std::move(log.text)}});
  }
  std::vector<std::string> silent;
  if (request.get_param_value("scope") != "node") {
    for (auto& log : listed_by_peers(*view, token, path_of(*question), "logs", silent))
      logs.push_back(std::move(log));
    if (logs.empty() && silent.empty()) {
      return refuse(response,
                    {ErrorCode::kNotFound,
                     question->replica.empty()
                         ? fmt::format("no node keeps output of a replica of '{}'", question->model)
                         : fmt::format("no node keeps output of '{}'", question->replica)});
    }
  }
  std::stable_sort(logs.begin(), logs.end(),
                   [](const Json& a, const Json& b) { return written(a) < written(b); });
  answer(response, {{"logs", logs}, {"unreachable", silent}});
}

}  // namespace

void add_log_routes(httplib::Server& server, ApiBackend& backend, const std::string& token) {
  server.Get("/v1/logs",
             [&backend, token](const httplib::Request& request, httplib::Response& response) {
               get_logs(request, response, backend, token);
             });
}

}  // namespace starling
