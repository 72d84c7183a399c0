#include "history/group_index.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <map>

namespace starling::history {
namespace {

RC_GTEST_PROP(GroupIndex, NumbersCombinationsAsAMapWould, ()) {
  const auto width = *rc::gen::inRange<std::size_t>(0, 4);
  GroupIndex index(width);
  std::map<std::vector<std::uint32_t>, std::uint32_t> seen;
  for (int n = *rc::gen::inRange(0, 500); n > 0; --n) {
    const auto codes = *rc::gen::container<std::vector<std::uint32_t>>(
        width, rc::gen::inRange<std::uint32_t>(0, 12));
    const auto expected =
        seen.try_emplace(codes, static_cast<std::uint32_t>(seen.size())).first->second;
    RC_ASSERT(index.group_of(codes) == expected);
    RC_ASSERT(index.size() == seen.size());
  }
}

}  // namespace
}  // namespace starling::history
