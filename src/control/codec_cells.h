// The wire form of what large fleets say: changes and digests. Most of their traffic, so lists
// stand for objects, and what follows from the rest is left out.
#pragma once

#include "control/codec.h"
#include "control/codec_reader.h"
#include "control/messages.h"

namespace starling::codec {

Json write(const Change& m, WireForm form);
Json write(const Digest& m, WireForm form);
Json write(const RosterRequest& m);
Change read_change(const Reader& r);
Digest read_digest(const Reader& r);
RosterRequest read_roster_request(const Reader& r);

}  // namespace starling::codec
