// The wire form of what a gateway saw of one model.
#pragma once

#include "control/codec_reader.h"
#include "control/messages.h"

namespace starling::codec {

Json write_sample(const TrafficSample& sample);
/// Throws Malformed.
TrafficSample read_sample(const Json& json);

}  // namespace starling::codec
