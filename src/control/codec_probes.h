// The wire form of the messages about who is alive; codec.cc writes and reads the heartbeats in
// them.
#pragma once

#include <nlohmann/json.hpp>

#include "control/codec.h"
#include "control/codec_reader.h"
#include "control/messages.h"

namespace starling::codec {

Json write(const Beat& m, WireForm form);
Json write(const Probe& m);
/// Without `last`.
Json write(const ProbeAnswer& m);

Beat read_beat(const Reader& r);
Probe read_probe(const Reader& r);
/// Without `last`.
ProbeAnswer read_probe_answer(const Reader& r);

}  // namespace starling::codec
