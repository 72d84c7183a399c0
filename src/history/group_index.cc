#include "history/group_index.h"

#include <cassert>

namespace starling::history {
namespace {

constexpr std::uint32_t kFree = 0xffffffff;

}  // namespace

GroupIndex::GroupIndex(std::size_t width) : width_(width), slots_(64, kFree) {}

std::uint32_t GroupIndex::group_of(std::span<const std::uint32_t> codes) {
  assert(codes.size() == width_);
  std::uint32_t& slot = slots_[slot_of(codes)];
  if (slot != kFree) return slot;
  const auto group = static_cast<std::uint32_t>(size_++);
  slot = group;
  codes_.insert(codes_.end(), codes.begin(), codes.end());
  if (size_ * 2 > slots_.size()) grow();
  return group;
}

std::size_t GroupIndex::slot_of(std::span<const std::uint32_t> codes) const {
  std::uint64_t hash = 0;
  for (const std::uint32_t code : codes) {
    hash = (hash ^ code) * 0x9e3779b97f4a7c15ULL;
    hash ^= hash >> 32;
  }
  const std::size_t mask = slots_.size() - 1;
  for (std::size_t slot = hash & mask;; slot = (slot + 1) & mask) {
    if (slots_[slot] == kFree) return slot;
    const std::uint32_t* seen = codes_.data() + slots_[slot] * width_;
    std::size_t same = 0;  // a loop of its own: a call of memcmp() takes longer than all else here
    while (same < width_ && codes[same] == seen[same]) ++same;
    if (same == width_) return slot;
  }
}

void GroupIndex::grow() {
  slots_.assign(slots_.size() * 2, kFree);
  for (std::size_t group = 0; group < size_; ++group) {
    const std::span codes(codes_.data() + group * width_, width_);
    slots_[slot_of(codes)] = static_cast<std::uint32_t>(group);
  }
}

}  // namespace starling::history
