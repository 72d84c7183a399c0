// Fuzzes the files that hold trained forecasters: what is accepted can be written and read again.
#include "forecast/net/artifact.h"
#include "fuzz/fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace starling;
  const auto artifact = decode_artifact(std::string(fuzz::text_of(data, size)), "fuzzed.bin");
  if (!artifact) return 0;
  const auto bytes = encode_artifact(*artifact);
  const auto again = decode_artifact(bytes, "again.bin");
  fuzz::require(again && encode_artifact(*again) == bytes, "an artefact survives a round trip");
  return 0;
}
