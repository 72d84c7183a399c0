// The wire form of what a gateway saw of its models.
#pragma once

#include "control/codec_reader.h"
#include "control/messages.h"

namespace starling::codec {

Json write(const TrafficReport& report);
/// Throws Malformed.
TrafficReport read_traffic(const Reader& r);

}  // namespace starling::codec
