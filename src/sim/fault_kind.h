// The kinds of faults, and in one table what a plan says of each.
#pragma once

#include <vector>

namespace starling {

/// What goes wrong.
enum class FaultKind {
  kLoss,         // messages never arrive
  kDelay,        // messages take longer
  kDuplicate,    // messages arrive twice
  kReorder,      // some messages are held back while others overtake them
  kPartition,    // two sides that hear nothing of each other
  kOneWay,       // links on which messages pass in one direction only
  kCrash,        // nodes are gone with all they ran, and come back empty
  kFreeze,       // agents do nothing, then everything late
  kClock,        // clocks are ahead or behind
  kSlowStart,    // cold starts take longer
  kFailedStart,  // starts of replicas fail
  kEvict,        // a cloud's nodes crash together
  kSpec,         // a user changes or deletes a model
  kCordon,       // an operator cordons nodes …
  kDrain,        // … or drains them …
  kUncordon,     // … or takes either back
  kCount,        // how many there are, no kind: new ones go before it
};

/// What faults of a kind befall, and by which keys of its file a plan names it.
enum class FaultTarget {
  kMessages,    // any message of the fleet: no key
  kNodes,       // nodes: at least one
  kNodesOrAll,  // nodes: all where none is named
  kLinks,       // links: at least one
  kCloud,       // cloud
  kModel,       // model and its change
};

/// What reading, writing and drawing know of a kind. A new one takes an enumerator of FaultKind,
/// its row in fault_kind.cc and its effect in FaultInjector.
struct FaultTraits {
  FaultKind kind = FaultKind::kLoss;
  const char* name = "";  // in files and reports
  FaultTarget target = FaultTarget::kMessages;
  bool momentary = false;  // happens at one moment rather than for a while
  // The other fields of Fault that count, which a draw gives as ranges:
  bool rate = false;
  bool delay = false;
  bool factor = false;
  bool ahead = false;  // in the file of a draw: `off`

  /// Whether a draw says which share of the nodes or links is taken.
  constexpr bool has_share() const {
    return target == FaultTarget::kNodes || target == FaultTarget::kNodesOrAll ||
           target == FaultTarget::kLinks;
  }
};

/// The row of a kind.
const FaultTraits& traits_of(FaultKind kind);

/// "loss", "delay" …
const char* name_of(FaultKind kind);

/// All, in the order of FaultKind.
const std::vector<FaultKind>& fault_kinds();

}  // namespace starling
