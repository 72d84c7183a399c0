#include "api/answer.h"

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

}  // namespace starling
