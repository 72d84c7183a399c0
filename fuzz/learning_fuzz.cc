// Fuzzes what nodes that learn together receive: messages and compressed weights. What is accepted
// is finite, survives a round trip, and leaves a node within its bounds.
#include <cmath>

#include "forecast/federated/gossip.h"
#include "fuzz/fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace starling;
  using namespace starling::federated;
  const auto bytes = fuzz::text_of(data, size);
  if (const auto message = decode_learning(bytes)) {
    fuzz::require(encode(*message) == bytes, "a message survives a round trip");
  }
  for (const std::size_t count : {std::size_t{0}, std::size_t{1}, std::size_t{300}}) {
    const auto values = decompress(bytes, {.architecture = 1, .base = 2, .count = count});
    if (!values) continue;
    fuzz::require(values->size() == count, "as many weights as were expected");
    for (const float value : *values) fuzz::require(std::isfinite(value), "weights are finite");
  }
  GossipNode node("n0", {.architecture = 1, .base = 2, .count = 1},
                  {.kept_max = 1, .transfers_max = 1}, 1);
  const TimePoint now = from_unix_seconds(1'700'000'000);
  fuzz::require(node.on_bytes(bytes, now).size() <= 1, "a message has at most one answer");
  (void)node.on_tick(now + 1h);
  return 0;
}
