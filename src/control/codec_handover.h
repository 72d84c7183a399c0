// The wire form of what is handed over of a model.
#pragma once

#include <nlohmann/json.hpp>

#include "control/codec_reader.h"
#include "control/messages.h"

namespace starling::codec {

Json write(const HandoverRequest& m);
Json write(const Handover& m);

HandoverRequest read_handover_request(const Reader& r);
Handover read_handover(const Reader& r);

}  // namespace starling::codec
