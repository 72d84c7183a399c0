// Logging: spdlog on standard error, one line an event, so that standard output stays data.
#pragma once

#include <spdlog/spdlog.h>

#include <string>

#include "base/result.h"

namespace starling {

/// Sends log lines to standard error, tagged with who speaks ("starlingd a1").
/// `level`: trace, debug, info, warn, error or off; anything else is an error that lists these.
Status set_up_logging(const std::string& who, const std::string& level);

}  // namespace starling
