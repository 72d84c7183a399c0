// Combinations of keys numbered as they come: the groups of a cube.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace starling::history {

/// Gives every combination of `width` codes its group: 0, 1 … in the order in which they come
/// first. A hash table with open addressing over the codes themselves, for it is asked once a row.
class GroupIndex {
 public:
  explicit GroupIndex(std::size_t width);

  /// The codes' group; a new one where they were not seen before. At most 2³² − 2 groups.
  std::uint32_t group_of(std::span<const std::uint32_t> codes);
  std::size_t size() const { return size_; }

 private:
  std::size_t slot_of(std::span<const std::uint32_t> codes) const;
  void grow();

  std::size_t width_;
  std::size_t size_ = 0;
  std::vector<std::uint32_t> codes_;  // size_ × width_
  std::vector<std::uint32_t> slots_;  // a power of two of them, at most half full
};

}  // namespace starling::history
