// The JSON form of a node and of resources, for codec.cc.
#pragma once

#include "control/codec_reader.h"
#include "control/messages.h"

namespace starling {

/// In this namespace, where argument-dependent lookup finds it.
void to_json(nlohmann::json& json, const Resources& resources);

namespace codec {

inline constexpr std::int64_t kGpusMax = 1'000'000;

/// What older agents know nothing of is written only where it says something.
Json write(const NodeInfo& node);
/// Throw Malformed.
NodeInfo read_node(const Json& json);
Resources read_resources(const Json& json);

}  // namespace codec
}  // namespace starling
