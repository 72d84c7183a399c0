#include "apps/lab/trace_limits.h"

#include <fmt/format.h>

#include <algorithm>

#include "apps/lab/refusal.h"
#include "apps/lab/trace_reading.h"
#include "base/units.h"

namespace starling::lab {
namespace {

/// DuckDB holds two lines of the longest kind in its memory.
constexpr std::int64_t kLineBytesMax = 128 << 20;

/// Leaves `limit` as it is where nothing is said.
void take_amount(const char* option, const std::string& text, std::int64_t& limit) {
  if (text.empty()) return;
  const auto amount = parse_memory_bytes(text);
  if (!amount || *amount < 1) {
    refuse(fmt::format("{} '{}': expected 1 or more, such as 50000, 200M or 64Mi", option, text));
  }
  limit = *amount;
}

}  // namespace

void add_limit_options(CLI::App& command, LimitArguments& arguments) {
  const std::string bounds = "Bounds";
  command.add_option("--max-rows", arguments.rows, "Over all files; default: 500M")->group(bounds);
  command.add_option("--max-points", arguments.points, "Of the result; default: 100M")
      ->group(bounds);
  command.add_option("--max-workloads", arguments.workloads, "Of the result; default: 50000")
      ->group(bounds);
  command.add_option("--max-line-bytes", arguments.line_bytes, "Of a text file; default: 4Mi")
      ->group(bounds);
  command.add_option("--max-file-bytes", arguments.file_bytes, "Uncompressed; default: 64Gi")
      ->group(bounds);
  command.add_option("--max-time", arguments.time, "For reading all of it; default: 1h")
      ->group(bounds);
}

ReadRawLimits limits_of(const LimitArguments& arguments) {
  ReadRawLimits limits;
  take_amount("--max-rows", arguments.rows, limits.rows_max);
  take_amount("--max-points", arguments.points, limits.points_max);
  take_amount("--max-workloads", arguments.workloads, limits.workloads_max);
  take_amount("--max-line-bytes", arguments.line_bytes, limits.line_bytes_max);
  take_amount("--max-file-bytes", arguments.file_bytes, limits.file_bytes_max);
  if (limits.line_bytes_max > kLineBytesMax) {
    refuse(fmt::format("--max-line-bytes {}: {} at most", arguments.line_bytes,
                       format_memory(kLineBytesMax)));
  }
  if (!arguments.time.empty()) {
    constexpr Duration kTimeMax = 24h * 365;  // what every clock can add to its time
    limits.time_max = std::min(kTimeMax, value_or_fail(parse_duration(arguments.time)));
  }
  return limits;
}

}  // namespace starling::lab
