// Fuzzes the partial aggregates that agents send each other: what is taken survives a round trip,
// and is merged and shown.
#include "fuzz/fuzz.h"
#include "history/cube_merge.h"
#include "history/cube_partial_codec.h"
#include "history/cube_result.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace starling;
  using namespace starling::history;
  static const Cube kCube =
      *parse_cube(nlohmann::json::parse(R"({"measures": ["arrival_rate", "cost", "p99_latency",
          "active_models"], "rows": ["node"], "columns": ["hour"], "rollup": true})"),
                  TimePoint{std::chrono::hours(480'000)});
  constexpr CubeLimits kLimits{.groups_max = 1000, .buckets_max = 100'000};
  const auto partial = decode_partial(fuzz::text_of(data, size), kCube, kLimits);
  if (!partial) {
    fuzz::require(!partial.error().message.empty(), "an error says something");
    return 0;
  }
  const std::string bytes = encode(*partial);
  const auto again = decode_partial(bytes, kCube, kLimits);
  fuzz::require(again && encode(*again) == bytes, "a partial survives a round trip");
  const auto merged = merge({*partial, *again}, kLimits);
  if (!merged) return 0;
  const auto table = make_table(kCube, *merged);
  fuzz::require(table.has_value(), "what is merged can be shown");
  (void)to_json(kCube, *table).dump();
  return 0;
}
