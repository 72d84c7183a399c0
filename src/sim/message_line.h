// A message in a few words, for logs of events.
#pragma once

#include <string>

#include "control/messages.h"

namespace starling {

/// "bid-request n003.7/m01/4 x2"
std::string message_line(const Message& message);

}  // namespace starling
