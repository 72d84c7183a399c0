#include "api/answer.h"

#include <charconv>

#include "base/http_status.h"

namespace starling {

void answer(httplib::Response& response, const nlohmann::json& json) {
  response.set_content(json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace),
                       "application/json");
}

void refuse(httplib::Response& response, const Error& error) {
  response.status = http_status_of(error.code);
  answer(response, {{"error", error.message}});
}

Result<std::optional<std::uint64_t>> number_parameter(const httplib::Request& request,
                                                      const char* name) {
  if (!request.has_param(name)) return std::optional<std::uint64_t>();
  const std::string text = request.get_param_value(name);
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) {
    return fail(ErrorCode::kInvalid, "parameter '{}': '{}' is not a whole number", name, text);
  }
  return std::optional(value);
}

}  // namespace starling
