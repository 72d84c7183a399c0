#include "history/cube_partial_codec.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <nlohmann/json.hpp>
#include <span>

#include "base/json.h"

namespace starling::history {
namespace {

using Json = nlohmann::json;

constexpr std::uint64_t kBucketMax = 2000;  // 1 µs to 1 h take some 1100 buckets
constexpr std::uint64_t kCountMax = 1ULL << 53;
constexpr std::uint64_t kRankMax = 55;
constexpr std::size_t kGapMin = 4;
static_assert(std::endian::native == std::endian::little, "numbers travel as they are in memory");

// A sum is twice the count that it mostly is, or one of these.
constexpr std::uint64_t kDouble = 1;  // the eight bytes of a double follow
constexpr std::uint64_t kNoSum = 3;

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
  /// As many counts of `width` bytes each as there are; false for another width than 1, 2, 4 or 8.
  bool get_counts(std::span<std::uint64_t> counts, std::uint64_t width) {
    switch (width) {
      case 1:
        return get_all<std::uint8_t>(counts);
      case 2:
        return get_all<std::uint16_t>(counts);
      case 4:
        return get_all<std::uint32_t>(counts);
      case 8:
        return get_all<std::uint64_t>(counts) &&
               std::all_of(counts.begin(), counts.end(), [](auto n) { return n <= kCountMax; });
      default:
        return false;
    }
  }
  std::size_t left() const { return static_cast<std::size_t>(end_ - at_); }
  bool at_end() const { return at_ == end_; }

 private:
  template <typename T>
  bool get_all(std::span<std::uint64_t> counts) {
    if (static_cast<std::size_t>(end_ - at_) < counts.size() * sizeof(T)) return false;
    for (std::uint64_t& count : counts) {
      T narrow;
      std::memcpy(&narrow, at_, sizeof narrow);
      at_ += sizeof narrow;
      count = narrow;
    }
    return true;
  }

  const char* at_;
  const char* end_;
};

void put_sum(std::string& bytes, double sum) {
  const bool count = sum >= 0 && sum < 0x1p52 && sum == std::floor(sum) && !std::signbit(sum);
  if (count) return put(bytes, static_cast<std::uint64_t>(sum) * 2);
  if (std::isnan(sum)) return put(bytes, kNoSum);
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
  return number == kNoSum || (number == kDouble && reader.get_double(sum));
}

/// The bytes that the group's largest count takes.
std::size_t width_of(const BucketView& group) {
  const std::uint64_t most = *std::max_element(group.counts.begin(), group.counts.end());
  return most < 1ULL << 8 ? 1 : most < 1ULL << 16 ? 2 : most < 1ULL << 32 ? 4 : 8;
}

/// How many buckets, the first one's index, how many bytes a count takes; then how many zeros, how
/// many counts, and these, by turns until all are told.
void put_buckets(std::string& bytes, const BucketView& group) {
  const std::size_t size = group.counts.size();
  put(bytes, size);
  if (size == 0) return;
  put(bytes, static_cast<std::uint64_t>(group.first));
  const std::size_t width = width_of(group);
  put(bytes, width);
  const auto is_zero = [&](std::size_t i) { return group.counts[i] == 0; };
  for (std::size_t at = 0; at < size;) {
    std::size_t begin = at;
    while (begin < size && is_zero(begin)) ++begin;
    put(bytes, begin - at);
    if (begin == size) return;
    std::size_t end = begin;  // short gaps cost less than telling them
    for (at = begin; at < size && at - end < kGapMin; ++at)
      if (!is_zero(at)) end = at + 1;
    put(bytes, end - begin);
    for (at = begin; at < end; ++at)
      bytes.append(reinterpret_cast<const char*>(&group.counts[at]), width);
    at = end;
  }
}

bool get_buckets(NumberReader& reader, BucketColumn& column) {
  std::uint64_t size = 0, first = 0, width = 0;
  if (!reader.get(size, kBucketMax + 1)) return false;
  if (size > 0 && (!reader.get(first, kBucketMax + 1 - size) || !reader.get(width, 8)))
    return false;
  const auto counts = column.append(static_cast<int>(first), size);
  for (std::uint64_t at = 0, part = 0; at < size; at += part) {
    if (!reader.get(part, size - at)) return false;
    at += part;
    if (at == size) return true;
    if (!reader.get(part, size - at) || part == 0) return false;
    if (!reader.get_counts(counts.subspan(at, part), width)) return false;
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
  const Json json = parse_json(line);
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
    partial.latency.reserve(partial.groups, std::min(reader.left(), limits.buckets_max));
    for (std::size_t group = 0; group < partial.groups; ++group) {
      if (!get_buckets(reader, partial.latency)) return malformed("latency");
      if (partial.latency.buckets() > limits.buckets_max) {
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
  for (std::size_t g = 0; g < partial.latency.size(); ++g) put_buckets(bytes, partial.latency[g]);
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
