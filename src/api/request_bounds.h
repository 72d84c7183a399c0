// How long a client of the API may take.
#pragma once

#include "base/clock.h"

namespace starling {

struct RequestBounds {
  Duration request{10s};  // from the first byte of a request to the last one of its body
  Duration answer{60s};   // for the client to take an answer, from its first byte on
  Duration pause{5s};     // in either, without a byte
};

}  // namespace starling
