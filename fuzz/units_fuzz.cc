// Fuzzes the quantities that people write in manifests and on command lines: what is read can be
// written and read again.
#include "base/units.h"
#include "fuzz/fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace starling;
  const auto text = fuzz::text_of(data, size);
  if (const auto d = parse_duration(text)) {
    fuzz::require(*d >= Duration{0}, "a duration is not negative");
    fuzz::require(parse_duration(format_duration(*d)) == *d, "durations survive a round trip");
  }
  if (const auto cpu = parse_cpu_millis(text)) {
    fuzz::require(*cpu >= 0 && parse_cpu_millis(format_cpu(*cpu)) == *cpu,
                  "CPU survives a round trip");
  }
  if (const auto memory = parse_memory_bytes(text)) {
    const auto shown = parse_memory_bytes(format_memory(*memory));  // rounded down, for people
    fuzz::require(*memory >= 0 && shown && *shown <= *memory && *shown >= *memory - *memory / 10,
                  "memory is shown within a tenth");
  }
  return 0;
}
