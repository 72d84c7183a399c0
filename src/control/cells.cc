#include "control/cells.h"

#include <algorithm>

#include "control/ownership.h"

namespace starling {
namespace {

constexpr std::size_t kCellsASecond = 48;  // that speak
constexpr Duration kPeriodMin = 1s;
constexpr Duration kPeriodMax = 4s;

}  // namespace

std::string cell_path(const NodeInfo& node) {
  std::string path = fmt::format("c{:08x}", stable_hash(node.cloud) & 0xffffffff);
  const std::uint64_t hash = stable_hash("cell\n" + node.name);
  for (int i = 0; i < kCellBits; ++i) path += (hash >> (63 - i) & 1) != 0 ? ".1" : ".0";
  return path;
}

bool is_cell(const std::string& text) {
  constexpr std::size_t kCloud = 9;  // "c" and eight digits
  if (text.size() < kCloud || text[0] != 'c' || text.size() > kCloud + 2 * kCellBits) return false;
  if (text.find_first_not_of("0123456789abcdef", 1) < kCloud) return false;
  for (std::size_t i = kCloud; i < text.size(); i += 2) {
    if (text[i] != '.' || i + 1 == text.size() || (text[i + 1] != '0' && text[i + 1] != '1'))
      return false;
  }
  return true;
}

int cell_bits(int bits, std::size_t fleet, std::size_t cloud) {
  if (fleet <= (bits == kWholeFleet ? kCellMax : kCellMin)) return kWholeFleet;
  int divided = std::clamp(bits, 0, kCellBitsUsed);
  while (divided < kCellBitsUsed && (cloud >> divided) > kCellMax) ++divided;
  while (divided > 0 && (cloud >> (divided - 1)) < kCellMin) --divided;
  return divided;
}

std::string cell_of(const std::string& path, int bits) {
  if (bits == kWholeFleet) return "";
  const auto cloud = path.find('.');
  return path.substr(0, cloud + 2 * static_cast<std::size_t>(bits));
}

int bits_of(const std::string& cell) {
  if (cell.empty()) return kWholeFleet;
  return static_cast<int>(std::count(cell.begin(), cell.end(), '.'));
}

bool in_cell(const std::string& path, const std::string& cell) {
  return path.starts_with(cell) &&
         (cell.empty() || path.size() == cell.size() || path[cell.size()] == '.');
}

std::vector<std::string> relays_of(const std::string& cell,
                                   const std::vector<std::string>& members) {
  auto order = rendezvous_order("relay/" + cell, members);
  order.resize(std::min(order.size(), kRelays));
  return order;
}

Duration digest_period(std::size_t fleet) {
  const Duration cells(1s * static_cast<std::int64_t>(fleet / kCellMax));
  return std::clamp(cells / static_cast<std::int64_t>(kCellsASecond), kPeriodMin, kPeriodMax);
}

std::size_t digest_turn(const std::string& cell, Duration period, TimePoint now) {
  const Duration phase(
      static_cast<std::int64_t>(stable_hash(cell) % static_cast<std::uint64_t>(period.count())));
  return static_cast<std::size_t>((now.time_since_epoch() + phase) / period);
}

}  // namespace starling
