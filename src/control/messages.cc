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

const char* name_of(Scheduling scheduling) {
  switch (scheduling) {
    case Scheduling::kOpen:
      return "schedulable";
    case Scheduling::kCordoned:
      return "cordoned";
    case Scheduling::kDraining:
      return "draining";
  }
  return "?";
}

const char* name_of(NodeClass node_class) {
  return node_class == NodeClass::kSpot ? "spot" : "on-demand";
}

std::optional<Scheduling> scheduling_of(const std::string& name) {
  for (const auto one : {Scheduling::kOpen, Scheduling::kCordoned, Scheduling::kDraining}) {
    if (name == name_of(one)) return one;
  }
  return std::nullopt;
}

std::uint64_t generation_of(const ModelSpec& spec) {
  std::string fixed = fmt::format("{}\n{}\n{}", spec.artifact, spec.runtime, spec.concurrency);
  if (spec.resources.gpus > 0) fixed += fmt::format("\n{}", spec.resources.gpus);
  return stable_hash(fixed);
}

}  // namespace starling
