// What relays tell of their cells, as every agent makes and reads it.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "control/messages.h"

namespace starling {

inline constexpr std::size_t kRosterMax = 4096;  // nodes; a cell has far fewer

/// What is left of the sequence of a content: enough to tell the newer of two that are less than 18
/// hours of beats apart.
inline constexpr std::uint32_t kContentBits = 18;
std::uint32_t content_bits(std::uint64_t sequence);
/// Whether the first of two such is newer.
bool newer_content(std::uint32_t one, std::uint32_t other);

std::uint64_t roster_id(const std::vector<RosterName>& names);

/// The rosters that digests of each cell are of: the last few, as its relays may differ for a
/// moment.
class Rosters {
 public:
  /// Takes in the names of a digest that has them. None: what the digest is of is not known here.
  const std::vector<RosterName>* of(const Digest& digest, TimePoint now);
  /// Cells of which no digest came for `patience`, with the names of their newest roster.
  std::vector<std::pair<std::string, const std::vector<RosterName>*>> silent(Duration patience,
                                                                             TimePoint now) const;
  /// Clouds of several cells, by their cells' common beginning, of none of which a digest came for
  /// longer than chance explains where each cell sends one in a `period`.
  std::vector<std::string> silent_clouds(Duration period, TimePoint now) const;
  /// All count as heard now: this node itself was away.
  void forgive(TimePoint now);
  /// Cells that nothing was heard of for so long are forgotten.
  void forget(TimePoint now);
  std::size_t cells() const { return cells_.size(); }

 private:
  static constexpr std::size_t kKept = 4;
  static constexpr Duration kForgotten{2min};

  struct Roster {
    std::uint64_t id = 0;
    std::vector<RosterName> names;
  };
  struct Cell {
    std::vector<Roster> rosters;  // the newest last
    TimePoint heard{};
  };
  std::map<std::string, Cell> cells_;
};

}  // namespace starling
