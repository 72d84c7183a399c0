#include "history/cube_partial.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <limits>
#include <set>

#include "base/latency_histogram.h"

namespace starling::history {
namespace {

using Json = nlohmann::json;

constexpr std::string_view kDigits =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr int kBucketMax = 2000;  // 1 µs to 1 h take some 1100 buckets
constexpr std::uint8_t kRankMax = 55;
constexpr std::uint64_t kCodesMax = 1ULL << 31;

/// Five bits a digit, the lowest first; the sixth says that more follow.
void put(std::string& text, std::uint64_t number) {
  do {
    const std::uint64_t rest = number >> 5;
    text += kDigits[(number & 31) | (rest != 0 ? 32 : 0)];
    number = rest;
  } while (number != 0);
}

/// The number that each digit stands for; -1 for what is no digit.
constexpr auto kDigitValues = [] {
  std::array<std::int8_t, 256> values{};
  values.fill(-1);
  for (std::size_t i = 0; i < kDigits.size(); ++i)
    values[static_cast<unsigned char>(kDigits[i])] = static_cast<std::int8_t>(i);
  return values;
}();

class NumberReader {
 public:
  explicit NumberReader(std::string_view text) : text_(text) {}

  /// False at the end of the text, and for what is no number up to `most`.
  bool get(std::uint64_t& number, std::uint64_t most) {
    number = 0;
    for (int shift = 0; shift < 64; shift += 5) {
      if (at_ == text_.size()) return false;
      const int value = kDigitValues[static_cast<unsigned char>(text_[at_++])];
      if (value < 0) return false;
      number |= static_cast<std::uint64_t>(value & 31) << shift;
      if ((value & 32) == 0) return number <= most;
    }
    return false;
  }
  bool at_end() const { return at_ == text_.size(); }

 private:
  std::string_view text_;
  std::size_t at_ = 0;
};

/// Per group: how many (index, amount) pairs, then each pair's gap to the index before, and amount.
template <typename Group, typename ForEach>
std::string packed(const std::vector<Group>& groups, ForEach for_each) {
  std::string text;
  for (const auto& group : groups) {
    std::uint64_t pairs = 0;
    for_each(group, [&](std::uint64_t, std::uint64_t) { ++pairs; });
    put(text, pairs);
    std::uint64_t last = 0;
    for_each(group, [&](std::uint64_t index, std::uint64_t amount) {
      put(text, index - last);
      put(text, amount);
      last = index;
    });
  }
  return text;
}

/// The other way round; false for a text that packed() did not make.
template <typename Group, typename Add>
bool unpack(const Json& json, std::uint64_t index_max, std::uint64_t amount_max,
            std::vector<Group>& groups, Add add) {
  if (!json.is_string()) return false;
  NumberReader reader(json.get_ref<const std::string&>());
  for (auto& group : groups) {
    std::uint64_t pairs = 0, index = 0, gap = 0, amount = 0;
    if (!reader.get(pairs, index_max + 1)) return false;
    for (; pairs > 0; --pairs) {
      if (!reader.get(gap, index_max) || !reader.get(amount, amount_max)) return false;
      index += gap;
      if (index > index_max) return false;
      if (!add(group, index, amount)) return false;
    }
  }
  return reader.at_end();
}

void for_each_bucket(const BucketCounts& group, const auto& visit) {
  for (std::size_t i = 0; i < group.counts.size(); ++i) {
    if (group.counts[i] != 0) visit(static_cast<std::uint64_t>(group.first) + i, group.counts[i]);
  }
}

void for_each_register(const DistinctCount& group, const auto& visit) {
  for (std::size_t i = 0; i < group.registers.size(); ++i) {
    if (group.registers[i] != 0) visit(i, group.registers[i]);
  }
}

/// Counts, which most sums are, as numbers; anything else as the bits of the double after a mark.
std::string packed_sums(const std::vector<double>& sums) {
  std::string text;
  for (const double sum : sums) {
    const bool count = sum >= 0 && sum < 0x1p52 && sum == std::floor(sum) && !std::signbit(sum);
    if (count) {
      put(text, static_cast<std::uint64_t>(sum) * 2);
    } else {
      put(text, 1);
      put(text, std::bit_cast<std::uint64_t>(sum));
    }
  }
  return text;
}

bool unpack_sums(const Json& json, std::size_t groups, std::vector<double>& sums) {
  if (!json.is_string()) return false;
  constexpr std::uint64_t kAny = ~0ULL;
  NumberReader reader(json.get_ref<const std::string&>());
  sums.reserve(groups);
  for (std::size_t g = 0; g < groups; ++g) {
    std::uint64_t number = 0;
    if (!reader.get(number, kAny)) return false;
    if (number % 2 == 0) {
      sums.push_back(static_cast<double>(number / 2));
    } else if (number == 1 && reader.get(number, kAny)) {
      sums.push_back(std::bit_cast<double>(number));
    } else {
      return false;
    }
  }
  return reader.at_end();
}

tl::unexpected<Error> malformed(std::string_view what) {
  return fail(ErrorCode::kInvalid, "a partial of another form: {}", what);
}

bool read_key_column(const Json& json, std::size_t groups, KeyColumn& column) {
  if (!json.is_object() || json.value("dimension", Json()) != column.dimension->name) return false;
  const Json& values = json.value("values", Json());
  const Json& codes = json.value("codes", Json());
  if (!values.is_array() || !codes.is_string()) return false;
  for (const Json& value : values) {
    if (column.dimension->type == KeyType::kText && value.is_string()) {
      column.values.emplace_back(value.get<std::string>());
    } else if (column.dimension->type != KeyType::kText && value.is_number_integer()) {
      column.values.emplace_back(value.get<std::int64_t>());
    } else {
      return false;
    }
  }
  NumberReader reader(codes.get_ref<const std::string&>());
  column.codes.reserve(groups);
  for (std::size_t g = 0; g < groups; ++g) {
    std::uint64_t code = 0;
    if (!reader.get(code, kCodesMax) || code >= values.size()) return false;
    column.codes.push_back(static_cast<std::uint32_t>(code));
  }
  return reader.at_end();
}

/// The latency histograms and the registers, as far as the cube wants them.
Status read_sketches(const Json& json, const Cube& cube, const CubeLimits& limits,
                     CubePartial& partial) {
  if (wants(cube, Measure::Form::kPercentile)) {
    partial.latency.resize(partial.groups);
    std::size_t buckets = 0;
    const bool good =
        unpack(json.value("latency", Json("")), kBucketMax, 1ULL << 53, partial.latency,
               [&](BucketCounts& group, std::uint64_t bucket, std::uint64_t count) {
                 buckets -= group.counts.size();
                 group.add(static_cast<int>(bucket), count);
                 buckets += group.counts.size();
                 return buckets <= limits.buckets_max;
               });
    if (buckets > limits.buckets_max) return fail(ErrorCode::kTooLarge, "too many latency buckets");
    if (!good) return malformed("latency");
  }
  if (wants(cube, Measure::Form::kDistinct)) {
    partial.distinct.resize(partial.groups);
    const bool good =
        unpack(json.value("distinct", Json("")), DistinctCount::kRegisters - 1, kRankMax,
               partial.distinct, [](DistinctCount& group, std::uint64_t index, std::uint64_t rank) {
                 group.add(index, static_cast<std::uint8_t>(rank));
                 return true;
               });
    if (!good) return malformed("distinct");
  }
  return {};
}

}  // namespace

void BucketCounts::add(int bucket, std::uint64_t count) {
  if (counts.empty()) first = bucket;
  if (bucket < first) {
    counts.insert(counts.begin(), static_cast<std::size_t>(first - bucket), 0);
    first = bucket;
  }
  const auto at = static_cast<std::size_t>(bucket - first);
  if (at >= counts.size()) counts.resize(at + 1, 0);
  counts[at] += count;
}

void BucketCounts::merge(const BucketCounts& other) {
  if (other.counts.empty()) return;
  add(other.first, 0);
  add(other.first + static_cast<int>(other.counts.size()) - 1, 0);
  std::uint64_t* into = counts.data() + (other.first - first);
  for (std::size_t i = 0; i < other.counts.size(); ++i) into[i] += other.counts[i];
}

double BucketCounts::quantile_ms(double q) const {
  const auto histogram = LatencyHistogram::from_buckets(first, counts, 0);
  return histogram.count() == 0 ? std::numeric_limits<double>::quiet_NaN()
                                : histogram.quantile(q) * 1000;
}

void DistinctCount::add(std::size_t index, std::uint8_t rank) {
  if (registers.empty()) registers.resize(kRegisters, 0);
  registers[index] = std::max(registers[index], rank);
}

void DistinctCount::merge(const DistinctCount& other) {
  if (other.registers.empty()) return;
  if (registers.empty()) registers.resize(kRegisters, 0);
  for (std::size_t i = 0; i < kRegisters; ++i)
    registers[i] = std::max(registers[i], other.registers[i]);
}

double DistinctCount::estimate() const {
  if (registers.empty()) return 0;
  constexpr double m = kRegisters;
  double inverse = 0;
  double empty = 0;
  for (const std::uint8_t rank : registers) {
    inverse += std::ldexp(1.0, -rank);
    empty += rank == 0;
  }
  const double raw = 0.7213 / (1 + 1.079 / m) * m * m / inverse;
  return raw <= 2.5 * m && empty > 0 ? m * std::log(m / empty) : raw;
}

Json to_json(const CubePartial& partial) {
  auto keys = Json::array();
  for (const auto& column : partial.keys) {
    auto values = Json::array();
    for (const auto& value : column.values)
      std::visit([&](const auto& v) { values.push_back(v); }, value);
    std::string codes;
    for (const auto code : column.codes) put(codes, code);
    keys.push_back({{"dimension", column.dimension->name},
                    {"values", std::move(values)},
                    {"codes", std::move(codes)}});
  }
  auto sums = Json::object();
  for (const auto& [name, values] : partial.sums) sums[name] = packed_sums(values);
  Json json{{"groups", partial.groups}, {"keys", std::move(keys)}, {"sums", std::move(sums)}};
  if (!partial.latency.empty()) {
    json["latency"] =
        packed(partial.latency, [](const auto& g, const auto& v) { for_each_bucket(g, v); });
  }
  if (!partial.distinct.empty()) {
    json["distinct"] =
        packed(partial.distinct, [](const auto& g, const auto& v) { for_each_register(g, v); });
  }
  return json;
}

Result<CubePartial> partial_from_json(const Json& json, const Cube& cube,
                                      const CubeLimits& limits) {
  if (!json.is_object() || !json.contains("groups") || !json["groups"].is_number_unsigned())
    return malformed("groups");
  CubePartial partial;
  partial.groups = json["groups"].get<std::size_t>();
  if (partial.groups > limits.groups_max) {
    return fail(ErrorCode::kTooLarge, "{} groups, more than {}", partial.groups, limits.groups_max);
  }
  const auto keys = cube.keys();
  const Json columns = json.value("keys", Json());
  if (!columns.is_array() || columns.size() != keys.size()) return malformed("keys");
  for (std::size_t i = 0; i < keys.size(); ++i) {
    partial.keys.push_back({keys[i], {}, {}});
    if (!read_key_column(columns[i], partial.groups, partial.keys.back())) return malformed("keys");
  }
  const Json sums = json.value("sums", Json());
  for (const Fact fact : cube.facts()) {
    for (const auto* column : partial_columns_of(cube, fact)) {
      const std::string name(column->name);
      if (!sums.is_object() || !sums.contains(name) ||
          !unpack_sums(sums[name], partial.groups, partial.sums[name])) {
        return malformed(name);
      }
    }
  }
  if (auto status = read_sketches(json, cube, limits, partial); !status)
    return fail(status.error());
  return partial;
}

std::vector<const PartialColumn*> partial_columns_of(const Cube& cube, Fact fact) {
  std::set<std::string_view> names;
  for (const Measure* m : cube.measures) names.insert({m->numerator, m->denominator});
  std::vector<const PartialColumn*> columns;
  for (const auto& column : partial_columns()) {
    if (column.fact == fact && names.contains(column.name)) columns.push_back(&column);
  }
  return columns;
}

bool wants(const Cube& cube, Measure::Form form) {
  return std::any_of(cube.measures.begin(), cube.measures.end(),
                     [&](const Measure* m) { return m->form == form; });
}

}  // namespace starling::history
