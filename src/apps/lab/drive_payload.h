// The body of an inference request for a model that is known only by its metadata.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "base/result.h"
#include "base/rng.h"

namespace starling::lab {

/// An Open Inference Protocol v2 request with random data for every input of `metadata`
/// (GET /v2/models/<m>). A dimension of −1 becomes 1. Errors: no inputs, an input without shape or
/// datatype, a datatype that is not of the protocol, more than a million elements.
Result<std::string> random_payload(const nlohmann::json& metadata, Rng rng);

}  // namespace starling::lab
