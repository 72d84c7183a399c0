// An agent as a relay of its cell: what it tells all others of the cell's nodes, and when.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "control/digest.h"
#include "control/knowledge.h"

namespace starling {

class DigestTeller {
 public:
  explicit DigestTeller(const Knowledge& known) : known_(known) {}

  /// Somebody of the cell came or went: if this node is a relay, it tells at once.
  void soon() { soon_ = true; }
  /// What to tell in this tick: in turn with the cell's other relays, or at once. `content` is the
  /// sequence of what this node last told of itself.
  std::optional<Digest> on_tick(std::uint64_t content, TimePoint now);
  /// Of all the cell's nodes, with their names.
  Digest digest(std::uint64_t content, TimePoint now) const;

 private:
  void choose_relays();
  bool due(TimePoint now);

  const Knowledge& known_;
  std::vector<std::string> relays_;  // of this cell …
  std::vector<std::string> among_;   // … chosen among these members
  std::size_t turn_ = 0;             // the last digest's
  bool soon_ = false;
  TimePoint told_at_{};            // the last one
  std::uint64_t roster_told_ = 0;  // in it
  int with_names_ = 0;             // digests with all names that are still to come
  int digests_ = 0;
};

}  // namespace starling
