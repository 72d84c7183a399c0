// Pools of elastic nodes on the wire.
#pragma once

#include "control/codec_reader.h"
#include "control/messages.h"

namespace starling::codec {

Json write_pools(const std::vector<PoolSummary>& pools);
std::vector<PoolSummary> read_pools(const Json& list);

}  // namespace starling::codec
