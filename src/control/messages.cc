#include "control/messages.h"

#include "control/ownership.h"

namespace starling {

const char* name_of(ReplicaState state) {
  switch (state) {
    case ReplicaState::kStarting:
      return "starting";
    case ReplicaState::kReady:
      return "ready";
    case ReplicaState::kDraining:
      return "draining";
  }
  return "?";
}

std::uint64_t generation_of(const ModelSpec& spec) {
  return stable_hash(fmt::format("{}\n{}\n{}", spec.artifact, spec.runtime, spec.concurrency));
}

}  // namespace starling
