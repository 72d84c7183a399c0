// Which part of a large fleet a node hears directly. The nodes of a cloud are divided by the bits
// of a hash of their names into cells of at most about kCellMax; a fleet of up to so many is one
// cell.
//
// A node tells what concerns its cell to its whole path, "<cloud>.<bit>.<bit>…" with kCellBits
// bits, and hears what is told to paths that its own cell is the beginning of. How finely the fleet
// is divided is thus each listener's own matter: nodes that see it differently for a while hear
// more than they need or learn the rest from digests. A few relays of each cell, chosen by
// rendezvous hashing, tell everybody else who of it lives (digest.h).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "control/messages.h"

namespace starling {

inline constexpr std::size_t kCellMax = 64;  // nodes
/// Cells of fewer than this on average are joined: not at the same size at which they were divided.
inline constexpr std::size_t kCellMin = 40;
inline constexpr int kCellBits = 10;
inline constexpr int kCellBitsUsed = kCellBits - 1;  // a path always goes on beyond its cell
inline constexpr std::size_t kRelays = 3;            // of a cell
inline constexpr int kWholeFleet = -1;               // bits: everybody hears everybody

/// Of subject-safe tokens, whatever the cloud's name.
std::string cell_path(const NodeInfo& node);
/// Whether the text may be a cell of a divided fleet.
bool is_cell(const std::string& text);

/// How many bits divide a cloud of `cloud` nodes in a fleet of `fleet`, where it was `bits` so far;
/// kWholeFleet where the fleet is not divided at all.
int cell_bits(int bits, std::size_t fleet, std::size_t cloud);

/// The cell of that path: its beginning. Empty: the whole fleet.
std::string cell_of(const std::string& path, int bits);
/// kWholeFleet for the whole fleet.
int bits_of(const std::string& cell);
/// Whether what is told to the path is heard in the cell.
bool in_cell(const std::string& path, const std::string& cell);

/// Those of its live nodes that speak for a cell, the first choice first.
std::vector<std::string> relays_of(const std::string& cell,
                                   const std::vector<std::string>& members);
/// How often one of them speaks: a second, and the more seldom the more nodes there are, up to
/// four. The same for all cells, whatever their sizes: others expect it so.
Duration digest_period(std::size_t fleet);
/// Which of its relays' turn it is. They take turns by their clocks, each cell in a phase of its
/// own.
std::size_t digest_turn(const std::string& cell, Duration period, TimePoint now);

}  // namespace starling
