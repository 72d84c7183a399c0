// Fuzzes what agents receive from each other: decoding never fails but by its error, and what was
// decoded is encoded in forms that decode to the same bytes.
#include "control/codec.h"
#include "fuzz/fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace starling;
  const auto message = decode(std::string(fuzz::text_of(data, size)));
  if (!message) return 0;
  const std::string bytes = encode(*message);
  if (bytes.size() > kMessageBytesMax) return 0;  // few packed ids can stand for long ones
  const auto again = decode(bytes);
  fuzz::require(again.has_value(), "what is encoded can be decoded");
  fuzz::require(encode(*again) == bytes, "a message survives a round trip");
  const auto packed = decode(encode(*message, WireForm::kPacked));
  fuzz::require(packed.has_value(), "what is packed can be decoded");
  fuzz::require(encode(*packed) == bytes, "a message survives being packed");
  return 0;
}
