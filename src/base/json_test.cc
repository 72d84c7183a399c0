// How deep JSON from elsewhere may be nested.
#include "base/json.h"

#include <gtest/gtest.h>

namespace starling {
namespace {

std::string nested(int depth, char open = '[', char close = ']') {
  const auto times = static_cast<std::size_t>(depth);
  return std::string(times, open) + std::string(times, close);
}

TEST(ParseJson, ReadsWhatIsJsonAndNothingElse) {
  EXPECT_EQ(parse_json(R"({"a":[1,"]]"]})")["a"][1], "]]");
  EXPECT_TRUE(parse_json("[1,").is_discarded());
  EXPECT_TRUE(parse_json("").is_discarded());
}

TEST(ParseJson, DepthIsBounded) {
  EXPECT_TRUE(parse_json(nested(kJsonDepthMax)).is_array());
  EXPECT_TRUE(parse_json(nested(kJsonDepthMax + 1)).is_discarded());
  EXPECT_TRUE(parse_json(nested(1'000'000)).is_discarded());
  EXPECT_TRUE(parse_json("[" + nested(kJsonDepthMax) + "]").is_discarded());
}

TEST(ParseJson, BracketsInTextsAreNoDepth) {
  const std::string text = '"' + std::string(1000, '[') + "\\\"" + std::string(1000, '{') + '"';
  EXPECT_TRUE(parse_json("[" + text + ", " + text + "]").is_array());
  std::string beside = "[";
  for (int i = 0; i < 1000; ++i) beside += "[],{},";
  EXPECT_EQ(parse_json(beside + "0]").size(), 2001u);
}

}  // namespace
}  // namespace starling
