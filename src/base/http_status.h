// The HTTP status that stands for each kind of error, the same in the agents' API and in the model
// server.
#pragma once

#include "base/result.h"

namespace starling {

int http_status_of(ErrorCode code);
/// The other way round; kInvalid for a 4xx that stands for none, else kInternal.
ErrorCode error_code_of(int http_status);

}  // namespace starling
