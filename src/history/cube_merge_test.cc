#include "history/cube_merge.h"

#include <gmock/gmock.h>
#include <rapidcheck/gtest.h>

#include <array>
#include <bit>
#include <cmath>
#include <filesystem>
#include <iostream>
#include <set>

#include "base/latency_histogram.h"
#include "base/rng.h"
#include "history/cube_facts_for_tests.h"
#include "history/cube_partial_codec.h"
#include "sql/database.h"

namespace starling::history {
namespace {

using testing::HasSubstr;
using Json = nlohmann::json;

constexpr CubeLimits kLimits;

BucketCounts counts_of(const std::vector<double>& latencies_s) {
  LatencyHistogram histogram;
  for (const double latency : latencies_s) histogram.add(latency);
  return {histogram.first(), histogram.buckets()};
}

/// The exact percentile by the same definition: the sample of rank ⌊q·(n − 1)⌋.
double exact(std::vector<double> values, double q) {
  std::sort(values.begin(), values.end());
  return values[static_cast<std::size_t>(q * static_cast<double>(values.size() - 1))];
}

RC_GTEST_PROP(CubeMerge, PercentilesOfMergedHistogramsAreWithinOnePercent, ()) {
  std::vector<double> all;
  BucketCounts merged;
  for (int nodes = *rc::gen::inRange(1, 6); nodes > 0; --nodes) {
    // Whole microseconds over nine powers of ten, so that no two nodes are alike.
    const auto micros = *rc::gen::nonEmpty<std::vector<std::uint32_t>>();
    std::vector<double> latencies;
    for (const auto m : micros) latencies.push_back(1e-6 * (1 + m % 3'000'000'000u));
    all.insert(all.end(), latencies.begin(), latencies.end());
    merged.merge(counts_of(latencies).view());
  }
  for (const double q : {0.5, 0.95, 0.99}) {
    const double wanted = exact(all, q) * 1000;
    RC_ASSERT(std::abs(merged.view().quantile_ms(q) - wanted) <= 0.01 * wanted * (1 + 1e-9));
  }
}

TEST(CubeMerge, PercentilesOfARealTraceAreWithinOnePercent) {
  const std::string file = std::filesystem::path(STARLING_SOURCE_DIR).parent_path() /
                           "shared/traces/parameters/gentd26_latencies.csv.gz";
  if (!std::filesystem::exists(file)) GTEST_SKIP() << "no trace collection: " << file;
  auto connection = *sql::Database::open("")->connect();
  auto rows = connection.query(
      "SELECT value_ms / 1000.0 FROM read_csv($1) WHERE value_ms BETWEEN 0.001 AND 3600000",
      {file});
  ASSERT_TRUE(rows) << rows.error().message;
  std::vector<double> all;
  std::array<std::vector<double>, 50> by_node;
  while (auto chunk = *rows->next()) {
    for (std::size_t i = 0; i < chunk->rows(); ++i) {
      by_node[all.size() % by_node.size()].push_back(chunk->number(i, 0));
      all.push_back(chunk->number(i, 0));
    }
  }
  BucketCounts merged;
  for (const auto& node : by_node) merged.merge(counts_of(node).view());
  for (const double q : {0.5, 0.95, 0.99}) {
    const double wanted = exact(all, q) * 1000;
    const double error = std::abs(merged.view().quantile_ms(q) - wanted) / wanted;
    std::cout << fmt::format(
        "p{:.0f} of {} latencies on 50 nodes: exact {:.1f} ms, merged {:.1f} ms, error {:.3f} %\n",
        q * 100, all.size(), wanted, merged.view().quantile_ms(q), error * 100);
    EXPECT_LE(error, 0.01);
  }
}

TEST(CubeMerge, DistinctCountsAreWithinThreeStandardErrors) {
  Rng rng(5);
  for (const int distinct : {0, 1, 10, 100, 1000, 10'000, 100'000}) {
    DistinctCount whole, left, right;
    for (int i = 0; i < distinct; ++i) {
      const std::uint64_t hash = rng();
      const auto rank =
          static_cast<std::uint8_t>(std::countr_zero((hash >> 10) | (1ULL << 54)) + 1);
      whole.add(hash % 1024, rank);
      if (i % 3 != 0) left.add(hash % 1024, rank);
      if (i % 3 != 1) right.add(hash % 1024, rank);  // a third is on both sides
    }
    EXPECT_NEAR(whole.estimate(), distinct, 3 * 1.04 / 32 * distinct) << distinct;
    left.merge(right);
    EXPECT_EQ(left.registers, whole.registers);
  }
}

const Cube kCube = cube_of(
    R"({"measures": ["arrival_rate", "cost", "p99_latency", "active_models"], "rows": ["node"], "columns": ["hour"]})");

/// Of any size that travels.
std::uint64_t any_count() {
  return *rc::gen::inRange<std::uint64_t>(1, 1ULL << *rc::gen::element(1, 8, 16, 32, 45));
}

/// Groups of a few nodes and hours, each once.
CubePartial any_partial() {
  CubePartial partial;
  for (const auto* dimension : kCube.keys()) partial.keys.push_back({dimension, {}, {}});
  std::vector<BucketCounts> latencies;
  const auto drawn = *rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 20));
  for (const int group : std::set<int>(drawn.begin(), drawn.end())) {
    const auto code = static_cast<std::uint32_t>(partial.groups++);
    partial.keys[0].values.emplace_back(fmt::format("n{}", group % 4));
    partial.keys[1].values.emplace_back(std::int64_t{3'600'000'000} * (group / 4));
    for (auto& column : partial.keys) column.codes.push_back(code);
    for (const char* name : {"arrivals", "usage_s", "cost"}) {
      const int value = *rc::gen::inRange(-1, 1000);
      partial.sums[name].push_back(value < 0 ? std::nan("") : value);
    }
    BucketCounts& latency = latencies.emplace_back();
    for (int n = *rc::gen::inRange(0, 4); n > 0; --n)
      latency.add(*rc::gen::inRange(0, 1100), any_count());
    auto& distinct = partial.distinct.emplace_back();
    for (int n = *rc::gen::inRange(0, 4); n > 0; --n)
      distinct.add(static_cast<std::size_t>(*rc::gen::inRange(0, 1024)),
                   static_cast<std::uint8_t>(*rc::gen::inRange(1, 56)));
  }
  for (const char* name : {"arrivals", "usage_s", "cost"}) partial.sums[name];
  partial.latency = BucketColumn(latencies);
  return partial;
}

/// A partial's groups by their coordinates, in an order that does not depend on the merge's.
Json canonical(const CubePartial& partial) {
  std::map<std::string, Json> groups;
  for (std::size_t g = 0; g < partial.groups; ++g) {
    std::string key;
    for (const auto& column : partial.keys)
      key += key_json(*column.dimension, column.values[column.codes[g]]).dump() + " ";
    Json& group = groups[key];
    for (const auto& [name, sums] : partial.sums)
      group[name] = std::isnan(sums[g]) ? Json() : Json(sums[g]);
    for (std::size_t b = 0; b < partial.latency[g].counts.size(); ++b) {
      if (partial.latency[g].counts[b] > 0)
        group["latency"][std::to_string(partial.latency[g].first + static_cast<int>(b))] =
            partial.latency[g].counts[b];
    }
    group["distinct"] = partial.distinct[g].registers;
  }
  return groups;
}

RC_GTEST_PROP(CubeMerge, DoesNotDependOnTheOrderOfNodes, ()) {
  std::vector<CubePartial> partials{any_partial(), any_partial(), any_partial()};
  const auto one = canonical(*merge(partials, kLimits));
  std::reverse(partials.begin(), partials.end());
  RC_ASSERT(canonical(*merge(partials, kLimits)) == one);
  const auto first = *merge({partials[0], partials[1]}, kLimits);
  RC_ASSERT(canonical(*merge({first, partials[2]}, kLimits)) == one);
}

RC_GTEST_PROP(CubeMerge, TravelsAsItIs, ()) {
  const CubePartial partial = any_partial();
  const auto again = decode_partial(encode(partial), kCube, kLimits);
  RC_ASSERT(again.has_value());
  RC_ASSERT(canonical(*again) == canonical(partial));
}

RC_GTEST_PROP(CubeMerge, RefusesAPartialThatWasTamperedWith, ()) {
  std::string bytes = encode(any_partial());
  const auto at = *rc::gen::inRange<std::size_t>(0, bytes.size());
  bytes.replace(at, *rc::gen::inRange<std::size_t>(0, 4),
                *rc::gen::element<std::string>("", "null", "-1", "[]", "\xff", "\xff\xff\xff\xff",
                                               "\n", "1e300", "18446744073709551615"));
  // An error, or what is still a partial: never an exception, never memory without bound.
  const auto read = decode_partial(bytes, kCube, kLimits);
  if (read) RC_ASSERT(merge({*read}, kLimits).has_value());
}

RC_GTEST_PROP(CubeMerge, RefusesEveryBeginningOfAPartial, ()) {
  const std::string bytes = encode(any_partial());
  const auto length = *rc::gen::inRange<std::size_t>(0, bytes.size());
  if (length + 1 == bytes.size() && bytes.back() == '\n') return;  // a head with no groups
  RC_ASSERT(!decode_partial(bytes.substr(0, length), kCube, kLimits).has_value());
}

CubePartial spans(const std::vector<std::tuple<const char*, int, double>>& groups) {
  CubePartial partial;
  for (const auto* dimension : kCube.keys()) partial.keys.push_back({dimension, {}, {}});
  for (const auto& [node, hour, span] : groups) {
    partial.keys[0].values.emplace_back(node);
    partial.keys[1].values.emplace_back(std::int64_t{3'600'000'000} * hour);
    for (auto& column : partial.keys)
      column.codes.push_back(static_cast<std::uint32_t>(partial.groups));
    ++partial.groups;
    partial.sums["usage_s"].push_back(span);
    partial.sums["arrivals"].push_back(100);
  }
  return partial;
}

TEST(CubeMerge, NodesSideBySideCoverTheSameTimeHoursAddUp) {
  const auto merged =
      *merge({spans({{"n1", 0, 3600}, {"n1", 1, 600}}), spans({{"n2", 0, 1800}, {"n2", 1, 900}})},
             kLimits);
  EXPECT_EQ(merged.groups, 4u);
  const auto by_hour = roll_up(merged, {false, true});
  EXPECT_EQ(by_hour.sums.at("usage_s"), (std::vector<double>{3600, 900}));
  EXPECT_EQ(by_hour.sums.at("arrivals"), (std::vector<double>{200, 200}));
  const auto by_node = roll_up(merged, {true, false});
  EXPECT_EQ(by_node.sums.at("usage_s"), (std::vector<double>{4200, 2700}));
  const auto total = roll_up(merged, {false, false});
  EXPECT_EQ(total.sums.at("usage_s"), (std::vector<double>{4500}));
  EXPECT_EQ(total.sums.at("arrivals"), (std::vector<double>{400}));
}

TEST(CubeMerge, TooManyGroupsAreAnError) {
  const auto merged =
      merge({spans({{"n1", 0, 1}, {"n1", 1, 1}}), spans({{"n2", 0, 1}})}, {.groups_max = 2});
  ASSERT_FALSE(merged);
  EXPECT_EQ(merged.error().code, ErrorCode::kTooLarge);
  EXPECT_THAT(merged.error().message, HasSubstr("more than 2 groups"));
}

}  // namespace
}  // namespace starling::history
