// Fuzzes the questions to the cube as they come over HTTP: a question survives its way to another
// node.
#include "fuzz/fuzz.h"
#include "history/cube.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace starling;
  const auto body = nlohmann::json::parse(fuzz::text_of(data, size), nullptr, false);
  if (body.is_discarded()) return 0;
  const TimePoint now{std::chrono::hours(480'000)};
  const auto cube = history::parse_cube(body, now);
  if (!cube) return 0;
  const auto sent = history::to_json(*cube);
  const auto again = history::parse_cube(sent, now + 1h);
  fuzz::require(again && history::to_json(*again) == sent, "a question survives a round trip");
  return 0;
}
