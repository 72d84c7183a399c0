// Small values that the tests of this room share: a model, a node, a heartbeat, effects by kind.
#pragma once

#include <variant>
#include <vector>

#include "control/effects.h"
#include "control/messages.h"

namespace starling::testing_values {

inline TimePoint at(Duration since) { return from_unix_seconds(1'700'000'000) + since; }

inline ModelSpec model(const std::string& name, int min = 1, int max = 10) {
  ModelSpec spec;
  spec.name = name;
  spec.artifact = "/models/" + name + ".pt";
  spec.resources = {500, 512LL << 20};
  spec.slo = {200ms, 99};
  spec.replicas = {min, max};
  return spec;
}

inline NodeInfo node(const std::string& name, const std::string& cloud = "c1",
                     const std::string& zone = "z1", double price = 0.04) {
  NodeInfo info;
  info.name = name;
  info.cloud = cloud;
  info.region = "r1";
  info.zone = zone;
  info.cpu_millis = 4000;
  info.memory_bytes = 8LL << 30;
  info.price_per_cpu_hour = price;
  return info;
}

inline ReplicaStatus replica(const std::string& id, const ModelSpec& spec, const std::string& on,
                             ReplicaState state = ReplicaState::kReady) {
  ReplicaStatus status;
  status.id = id;
  status.model = spec.name;
  status.node = on;
  status.generation = generation_of(spec);
  status.state = state;
  status.address = state == ReplicaState::kReady ? "10.0.0.1:80" : "";
  status.resources = spec.resources;
  status.concurrency = spec.concurrency;
  status.started = at(0s);
  return status;
}

inline Heartbeat heartbeat(const NodeInfo& from, std::uint64_t sequence,
                           std::vector<ReplicaStatus> replicas = {},
                           std::uint64_t incarnation = 1) {
  Heartbeat beat;
  beat.node = from;
  beat.incarnation = incarnation;
  beat.sequence = sequence;
  beat.free = {from.cpu_millis, from.memory_bytes};
  beat.replicas = std::move(replicas);
  return beat;
}

/// What one gateway saw of model m in a second.
inline TrafficSample arrivals(std::uint64_t count) {
  TrafficSample sample;
  sample.model = "m";
  sample.arrivals = count;
  return sample;
}

/// The effects of one kind, in order.
template <typename Kind>
std::vector<Kind> all(const Effects& effects) {
  std::vector<Kind> found;
  for (const auto& effect : effects) {
    if (const auto* one = std::get_if<Kind>(&effect)) found.push_back(*one);
  }
  return found;
}

/// Messages of one kind among those sent to one node, to a cell or to all.
template <typename Kind>
std::vector<Kind> sent(const Effects& effects) {
  std::vector<Kind> found;
  const auto take = [&](const Message& message) {
    if (const auto* one = std::get_if<Kind>(&message)) found.push_back(*one);
  };
  for (const auto& effect : effects) {
    if (const auto* send = std::get_if<Send>(&effect)) take(send->message);
    if (const auto* broadcast = std::get_if<Broadcast>(&effect)) take(broadcast->message);
    if (const auto* tell = std::get_if<Tell>(&effect)) take(tell->message);
  }
  return found;
}

}  // namespace starling::testing_values
