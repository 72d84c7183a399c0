#include "history/cube_partial_codec.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <nlohmann/json.hpp>

namespace starling::history {
namespace {

using Json = nlohmann::json;

constexpr std::uint64_t kBucketMax = 2000;  // 1 µs to 1 h take some 1100 buckets
constexpr std::uint64_t kCountMax = 1ULL << 53;
constexpr std::uint64_t kRankMax = 55;

// A sum is twice the count that it mostly is, or one of these.
constexpr std::uint64_t kDouble = 1;  // the eight bytes of a double follow
constexpr std::uint64_t kNothing = 3;

void put(std::string& bytes, std::uint64_t number) {
  for (; number >= 128; number >>= 7) bytes += static_cast<char>(number | 128);
  bytes += static_cast<char>(number);
}

class NumberReader {
 public:
  explicit NumberReader(std::string_view bytes)
      : at_(bytes.data()), end_(bytes.data() + bytes.size()) {}

  /// False at the end of the bytes, and for what is no number up to `most`.
  bool get(std::uint64_t& number, std::uint64_t most) {
    if (at_ == end_) return false;
    number = static_cast<unsigned char>(*at_++);
    if (number < 128) return number <= most;  // nearly always
    number &= 127;
    for (int shift = 7; shift < 63; shift += 7) {
      if (at_ == end_) return false;
      const auto byte = static_cast<unsigned char>(*at_++);
      number |= static_cast<std::uint64_t>(byte & 127) << shift;
      if (byte < 128) return number <= most;
    }
    return false;
  }
  bool get_double(double& number) {
    if (end_ - at_ < static_cast<std::ptrdiff_t>(sizeof number)) return false;
    std::memcpy(&number, at_, sizeof number);
    at_ += sizeof number;
    return true;
  }
  bool at_end() const { return at_ == end_; }

 private:
  const char* at_;
  const char* end_;
};

void put_sum(std::string& bytes, double sum) {
  const bool count = sum >= 0 && sum < 0x1p52 && sum == std::floor(sum) && !std::signbit(sum);
  if (count) return put(bytes, static_cast<std::uint64_t>(sum) * 2);
  if (std::isnan(sum)) return put(bytes, kNothing);
  put(bytes, kDouble);
  bytes.append(reinterpret_cast<const char*>(&sum), sizeof sum);
}

bool get_sum(NumberReader& reader, double& sum) {
  std::uint64_t number = 0;
  if (!reader.get(number, 1ULL << 53)) return false;
  if (number % 2 == 0) {
    sum = static_cast<double>(number / 2);
    return true;
  }
  sum = std::numeric_limits<double>::quiet_NaN();
  return number == kNothing || (number == kDouble && reader.get_double(sum));
}

/// How many buckets, the first one's index, then the counts; after a zero how many more follow.
void put_buckets(std::string& bytes, const BucketCounts& group) {
  put(bytes, group.counts.size());
  if (group.counts.empty()) return;
  put(bytes, static_cast<std::uint64_t>(group.first));
  for (std::size_t i = 0; i < group.counts.size();) {
    put(bytes, group.counts[i]);
    if (group.counts[i++] != 0) continue;
    const std::size_t zeros = i;
    while (i < group.counts.size() && group.counts[i] == 0) ++i;
    put(bytes, i - zeros);
  }
}

bool get_buckets(NumberReader& reader, BucketCounts& group) {
  std::uint64_t size = 0, first = 0, zeros = 0;
  if (!reader.get(size, kBucketMax + 1)) return false;
  if (size == 0) return true;
  if (!reader.get(first, kBucketMax + 1 - size)) return false;
  group.first = static_cast<int>(first);
  group.counts.resize(size);
  for (std::size_t i = 0; i < size;) {
    if (!reader.get(group.counts[i], kCountMax)) return false;
    if (group.counts[i++] != 0) continue;
    if (!reader.get(zeros, size - i)) return false;
    i += zeros;
  }
  return true;
}

/// How many registers are not zero, then the gap before each, and its rank.
void put_registers(std::string& bytes, const DistinctCount& group) {
  const auto zero = [](std::uint8_t rank) { return rank == 0; };
  put(bytes,
      group.registers.size() - std::count_if(group.registers.begin(), group.registers.end(), zero));
  std::size_t last = 0;
  for (std::size_t i = 0; i < group.registers.size(); ++i) {
    if (zero(group.registers[i])) continue;
    put(bytes, i - last);
    put(bytes, group.registers[i]);
    last = i;
  }
}

bool get_registers(NumberReader& reader, DistinctCount& group) {
  constexpr std::uint64_t kIndexMax = DistinctCount::kRegisters - 1;
  std::uint64_t registers = 0, index = 0, gap = 0, rank = 0;
  if (!reader.get(registers, kIndexMax + 1)) return false;
  for (; registers > 0; --registers) {
    if (!reader.get(gap, kIndexMax - index) || !reader.get(rank, kRankMax)) return false;
    index += gap;
    group.add(index, static_cast<std::uint8_t>(rank));
  }
  return true;
}

tl::unexpected<Error> malformed(std::string_view what) {
  return fail(ErrorCode::kInvalid, "a partial of another form: {}", what);
}

bool read_values(const Json& json, KeyColumn& column) {
  if (!json.is_object() || json.value("dimension", Json()) != column.dimension->name) return false;
  const Json values = json.value("values", Json());
  if (!values.is_array()) return false;
  for (const Json& value : values) {
    if (column.dimension->type == KeyType::kText && value.is_string()) {
      column.values.emplace_back(value.get<std::string>());
    } else if (column.dimension->type != KeyType::kText && value.is_number_integer()) {
      column.values.emplace_back(value.get<std::int64_t>());
    } else {
      return false;
    }
  }
  return true;
}

bool read_codes(NumberReader& reader, std::size_t groups, KeyColumn& column) {
  column.codes.resize(groups);
  for (std::uint32_t& into : column.codes) {
    std::uint64_t code = 0;
    if (!reader.get(code, std::numeric_limits<std::uint32_t>::max())) return false;
    if (code >= column.values.size()) return false;
    into = static_cast<std::uint32_t>(code);
  }
  return true;
}

/// The number of groups and the keys' values.
Status read_head(std::string_view line, const Cube& cube, const CubeLimits& limits,
                 CubePartial& partial) {
  const Json json = Json::parse(line, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object() || !json.value("groups", Json()).is_number_unsigned())
    return malformed("groups");
  partial.groups = json["groups"].get<std::size_t>();
  if (partial.groups > limits.groups_max) {
    return fail(ErrorCode::kTooLarge, "{} groups, more than {}", partial.groups, limits.groups_max);
  }
  const auto keys = cube.keys();
  const Json columns = json.value("keys", Json());
  if (!columns.is_array() || columns.size() != keys.size()) return malformed("keys");
  for (std::size_t i = 0; i < keys.size(); ++i) {
    partial.keys.push_back({keys[i], {}, {}});
    if (!read_values(columns[i], partial.keys.back())) return malformed("keys");
  }
  return {};
}

Status read_sums(NumberReader& reader, const Cube& cube, CubePartial& partial) {
  for (const Fact fact : cube.facts()) {
    for (const auto* column : partial_columns_of(cube, fact)) {
      partial.sums[std::string(column->name)].resize(partial.groups);
    }
  }
  for (auto& [name, sums] : partial.sums) {
    for (double& sum : sums) {
      if (!get_sum(reader, sum)) return malformed(name);
    }
  }
  return {};
}

/// The latency histograms and the registers, as far as the cube wants them.
Status read_sketches(NumberReader& reader, const Cube& cube, const CubeLimits& limits,
                     CubePartial& partial) {
  if (wants(cube, Measure::Form::kPercentile)) {
    partial.latency.resize(partial.groups);
    std::size_t buckets = 0;
    for (BucketCounts& group : partial.latency) {
      if (!get_buckets(reader, group)) return malformed("latency");
      buckets += group.counts.size();
      if (buckets > limits.buckets_max) {
        return fail(ErrorCode::kTooLarge, "more than {} latency buckets", limits.buckets_max);
      }
    }
  }
  if (wants(cube, Measure::Form::kDistinct)) {
    partial.distinct.resize(partial.groups);
    for (DistinctCount& group : partial.distinct) {
      if (!get_registers(reader, group)) return malformed("distinct");
    }
  }
  return {};
}

}  // namespace

std::string encode(const CubePartial& partial) {
  auto keys = Json::array();
  for (const auto& column : partial.keys) {
    auto values = Json::array();
    for (const auto& value : column.values)
      std::visit([&](const auto& v) { values.push_back(v); }, value);
    keys.push_back({{"dimension", column.dimension->name}, {"values", std::move(values)}});
  }
  const Json head{{"groups", partial.groups}, {"keys", std::move(keys)}};
  std::string bytes = head.dump(-1, ' ', false, Json::error_handler_t::replace) + '\n';
  for (const auto& column : partial.keys) {
    for (const auto code : column.codes) put(bytes, code);
  }
  for (const auto& [name, sums] : partial.sums) {
    for (const double sum : sums) put_sum(bytes, sum);
  }
  for (const auto& group : partial.latency) put_buckets(bytes, group);
  for (const auto& group : partial.distinct) put_registers(bytes, group);
  return bytes;
}

Result<CubePartial> decode_partial(std::string_view bytes, const Cube& cube,
                                   const CubeLimits& limits) {
  const std::size_t line = std::min(bytes.find('\n'), bytes.size());
  CubePartial partial;
  if (auto status = read_head(bytes.substr(0, line), cube, limits, partial); !status)
    return fail(status.error());
  NumberReader reader(bytes.substr(std::min(line + 1, bytes.size())));
  for (KeyColumn& column : partial.keys) {
    if (!read_codes(reader, partial.groups, column)) return malformed("codes");
  }
  if (auto status = read_sums(reader, cube, partial); !status) return fail(status.error());
  if (auto status = read_sketches(reader, cube, limits, partial); !status)
    return fail(status.error());
  if (!reader.at_end()) return malformed("more than its columns");
  return partial;
}

}  // namespace starling::history
