#include "sim/fault_kind.h"

#include <cassert>
#include <cstddef>
#include <iterator>

namespace starling {
namespace {

constexpr FaultTraits kFaultTraits[] = {
    {.kind = FaultKind::kLoss, .name = "loss", .rate = true},
    {.kind = FaultKind::kDelay, .name = "delay", .delay = true},
    {.kind = FaultKind::kDuplicate, .name = "duplicate", .rate = true},
    {.kind = FaultKind::kReorder, .name = "reorder", .rate = true, .delay = true},
    {.kind = FaultKind::kPartition, .name = "partition", .target = FaultTarget::kNodes},
    {.kind = FaultKind::kOneWay, .name = "one-way", .target = FaultTarget::kLinks},
    {.kind = FaultKind::kCrash, .name = "crash", .target = FaultTarget::kNodes},
    {.kind = FaultKind::kFreeze, .name = "freeze", .target = FaultTarget::kNodes},
    {.kind = FaultKind::kClock, .name = "clock", .target = FaultTarget::kNodes, .ahead = true},
    {.kind = FaultKind::kSlowStart,
     .name = "slow-start",
     .target = FaultTarget::kNodesOrAll,
     .factor = true},
    {.kind = FaultKind::kFailedStart,
     .name = "failed-start",
     .target = FaultTarget::kNodesOrAll,
     .rate = true},
    {.kind = FaultKind::kEvict, .name = "evict", .target = FaultTarget::kCloud},
    {.kind = FaultKind::kSpec, .name = "spec", .target = FaultTarget::kModel, .momentary = true},
    {.kind = FaultKind::kCordon,
     .name = "cordon",
     .target = FaultTarget::kNodes,
     .momentary = true},
    {.kind = FaultKind::kDrain, .name = "drain", .target = FaultTarget::kNodes, .momentary = true},
    {.kind = FaultKind::kUncordon,
     .name = "uncordon",
     .target = FaultTarget::kNodes,
     .momentary = true},
};

constexpr bool rows_are_in_order() {
  for (std::size_t i = 0; i < std::size(kFaultTraits); ++i) {
    if (kFaultTraits[i].kind != static_cast<FaultKind>(i)) return false;
  }
  return true;
}
static_assert(rows_are_in_order(), "kFaultTraits is looked up by FaultKind");
static_assert(std::size(kFaultTraits) == static_cast<std::size_t>(FaultKind::kCount),
              "each FaultKind has a row");

}  // namespace

const FaultTraits& traits_of(FaultKind kind) {
  const auto row = static_cast<std::size_t>(kind);
  assert(row < std::size(kFaultTraits));
  return kFaultTraits[row];
}

const char* name_of(FaultKind kind) { return traits_of(kind).name; }

const std::vector<FaultKind>& fault_kinds() {
  static const std::vector<FaultKind> kinds = [] {
    std::vector<FaultKind> all;
    for (const FaultTraits& traits : kFaultTraits) all.push_back(traits.kind);
    return all;
  }();
  return kinds;
}

}  // namespace starling
