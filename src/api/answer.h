// The two forms of every HTTP answer: JSON, or an error with its status.
#pragma once

#include <httplib.h>

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/result.h"

namespace starling {

/// Bytes that are not UTF-8 are replaced.
void answer(httplib::Response& response, const nlohmann::json& json);
/// A parameter of the query that is a whole number; nothing where it is not given. Errors: it is
/// none (400, named).
Result<std::optional<std::uint64_t>> number_parameter(const httplib::Request& request,
                                                      const char* name);
/// {"error": …} with the status that belongs to the error's kind.
void refuse(httplib::Response& response, const Error& error);

}  // namespace starling
