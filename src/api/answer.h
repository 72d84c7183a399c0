// The two forms of every HTTP answer: JSON, or an error with its status.
#pragma once

#include <httplib.h>

#include <nlohmann/json.hpp>

#include "base/result.h"

namespace starling {

/// Bytes that are not UTF-8 are replaced.
void answer(httplib::Response& response, const nlohmann::json& json);
/// {"error": …} with the status that belongs to the error's kind.
void refuse(httplib::Response& response, const Error& error);

}  // namespace starling
