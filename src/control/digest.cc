#include "control/digest.h"

#include <algorithm>

#include "control/cells.h"
#include "control/ownership.h"

namespace starling {
namespace {

constexpr Duration kCloudSilence = 1500ms;
constexpr Duration kReplacedAfter = 5s;

}  // namespace

std::uint32_t content_bits(std::uint64_t sequence) {
  return static_cast<std::uint32_t>(sequence & ((1U << kContentBits) - 1));
}

bool newer_content(std::uint32_t one, std::uint32_t other) {
  const std::uint32_t ahead = content_bits(one - other);
  return ahead != 0 && ahead < 1U << (kContentBits - 1);
}

std::uint64_t roster_id(const std::vector<RosterName>& names) {
  std::string text;
  for (const auto& name : names) text += fmt::format("{}\n{}\n", name.node, name.incarnation);
  return stable_hash(text);
}

const std::vector<RosterName>* Rosters::of(const Digest& digest, TimePoint now) {
  // The fleet was divided in another way: nobody speaks for the cells of before any more.
  std::erase_if(cells_, [&](const auto& entry) {
    const auto& [name, other] = entry;
    return name != digest.cell && now - other.heard >= kReplacedAfter &&
           (in_cell(name, digest.cell) || in_cell(digest.cell, name));
  });
  Cell& cell = cells_[digest.cell];
  cell.heard = now;
  auto& rosters = cell.rosters;
  auto found = std::find_if(rosters.begin(), rosters.end(),
                            [&](const Roster& r) { return r.id == digest.roster; });
  if (found == rosters.end()) {
    const bool told = !digest.names.empty() && roster_id(digest.names) == digest.roster;
    if (!told) return nullptr;
    if (rosters.size() >= kKept) rosters.erase(rosters.begin());
    rosters.push_back({digest.roster, digest.names});
    found = std::prev(rosters.end());
  }
  return found->names.size() == digest.nodes.size() ? &found->names : nullptr;
}

std::vector<std::pair<std::string, const std::vector<RosterName>*>> Rosters::silent(
    Duration patience, TimePoint now) const {
  std::vector<std::pair<std::string, const std::vector<RosterName>*>> cells;
  for (const auto& [name, cell] : cells_) {
    if (now - cell.heard >= patience && !cell.rosters.empty())
      cells.emplace_back(name, &cell.rosters.back().names);
  }
  return cells;
}

std::vector<std::string> Rosters::silent_clouds(Duration period, TimePoint now) const {
  constexpr std::int64_t kCellsMin = 4;  // of fewer each is waited for
  constexpr int kExpected = 4;           // digests
  struct Cloud {
    std::int64_t cells = 0;
    TimePoint heard{};
  };
  std::map<std::string, Cloud> clouds;
  for (const auto& [name, cell] : cells_) {
    Cloud& cloud = clouds[name.substr(0, name.find('.'))];
    ++cloud.cells;
    cloud.heard = std::max(cloud.heard, cell.heard);
  }
  std::vector<std::string> silent;
  for (const auto& [name, cloud] : clouds) {
    if (cloud.cells >= kCellsMin &&
        now - cloud.heard >= kCloudSilence + kExpected * period / cloud.cells)
      silent.push_back(name);
  }
  return silent;
}

void Rosters::forgive(TimePoint now) {
  for (auto& [name, cell] : cells_) cell.heard = now;
}

void Rosters::forget(TimePoint now) {
  std::erase_if(cells_, [&](const auto& entry) { return now - entry.second.heard >= kForgotten; });
}

}  // namespace starling
