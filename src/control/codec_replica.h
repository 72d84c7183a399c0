// The wire form of what a node runs.
#pragma once

#include "control/codec_reader.h"
#include "control/messages.h"

namespace starling::codec {

Json write(const ReplicaStatus& s);
ReplicaStatus read_replica(const Json& json);
Json write_replicas(const std::vector<ReplicaStatus>& replicas);
std::vector<ReplicaStatus> read_replicas(const Json& list);

}  // namespace starling::codec
