// Quantities as people write them in manifests: "150ms", "250m" of a CPU, "256Mi" of memory.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"

namespace starling {

/// "150ms", "1.5s", "2m", "1h", "1d", "250us", "0s". A unit is required; negative is refused.
Result<Duration> parse_duration(std::string_view text);
/// The shortest exact form of the same grammar: 1500 ms → "1.5s", 150 ms → "150ms".
std::string format_duration(Duration d);

/// CPU in thousandths of a core: "250m" → 250, "1" → 1000, "0.5" → 500.
Result<std::int64_t> parse_cpu_millis(std::string_view text);
std::string format_cpu(std::int64_t millis);

inline constexpr std::int64_t kMiB = 1 << 20;  // bytes
inline constexpr std::int64_t kGiB = 1 << 30;

/// Memory in bytes: "256Mi", "1Gi", "512M" (powers of ten without the i), "1024".
Result<std::int64_t> parse_memory_bytes(std::string_view text);
std::string format_memory(std::int64_t bytes);

}  // namespace starling
