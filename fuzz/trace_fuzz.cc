// Fuzzes trace files of every format: detected, read and cleaned, or refused with an error.
#include <unistd.h>

#include <cmath>
#include <fstream>

#include "fuzz/fuzz.h"
#include "trace/clean.h"
#include "trace/import.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace starling;
  // The readers take files; this one lives in memory.
  static const std::string kPath = "/dev/shm/starling-trace-fuzz-" + std::to_string(::getpid());
  std::ofstream(kPath, std::ios::binary) << fuzz::text_of(data, size);
  ReadRawOptions options;
  options.limits = {.rows_max = 10'000,
                    .points_max = 100'000,
                    .workloads_max = 1000,
                    .line_bytes_max = 64 << 10,
                    .file_bytes_max = 1 << 20,
                    .time_max = 10s};
  auto raw = read_raw({kPath}, options);
  ::unlink(kPath.c_str());
  if (!raw) {
    fuzz::require(!raw.error().message.empty(), "an error says something");
    return 0;
  }
  for (const Samples& samples : raw->workloads) {
    fuzz::require(samples.times_us.size() == samples.values.size(), "each value has its time");
  }
  const auto cleaned = clean(std::move(*raw), {});
  if (!cleaned) return 0;
  for (const Series& series : cleaned->series) {
    fuzz::require(series.present.size() == series.values.size(), "each value has its mask");
    for (std::size_t i = 0; i < series.size(); ++i) {
      fuzz::require(std::isfinite(series.values[i]), "what is left is finite");
    }
  }
  return 0;
}
