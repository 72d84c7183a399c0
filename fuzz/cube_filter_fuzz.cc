// Fuzzes the filters of cubes: the text of a filter parses into the same filter.
#include "fuzz/fuzz.h"
#include "history/cube_filter.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace starling;
  const auto filter = history::parse_filter(fuzz::text_of(data, size));
  if (!filter) return 0;
  const auto again = history::parse_filter(history::to_text(*filter));
  fuzz::require(again && *again == *filter, "a filter survives a round trip");
  return 0;
}
