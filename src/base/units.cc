#include "base/units.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <utility>

namespace starling {
namespace {

struct Quantity {
  double number;
  std::string_view unit;
};

/// Splits "1.5s" into 1.5 and "s". A number that is missing, negative or not finite gives an error.
Result<Quantity> split(std::string_view text, std::string_view expected) {
  const std::string copy(text);
  char* end = nullptr;
  const double number = std::strtod(copy.c_str(), &end);
  const auto used = static_cast<std::size_t>(end - copy.c_str());
  const bool starts_like_a_number =
      !text.empty() && (std::isdigit(static_cast<unsigned char>(text[0])) || text[0] == '.');
  if (used == 0 || !starts_like_a_number || !std::isfinite(number)) {
    return fail(ErrorCode::kInvalid, "'{}' is not {}", text, expected);
  }
  return Quantity{number, text.substr(used)};
}

template <std::size_t N>
const double* find_unit(const std::array<std::pair<std::string_view, double>, N>& units,
                        std::string_view unit) {
  for (const auto& [name, factor] : units) {
    if (name == unit) return &factor;
  }
  return nullptr;
}

constexpr std::array<std::pair<std::string_view, double>, 6> kDurationUnits{
    {{"d", 86400e6}, {"h", 3600e6}, {"m", 60e6}, {"s", 1e6}, {"ms", 1e3}, {"us", 1}}};
constexpr std::array<std::pair<std::string_view, double>, 10> kMemoryUnits{{{"Ti", 1099511627776.0},
                                                                            {"Gi", 1073741824.0},
                                                                            {"Mi", 1048576.0},
                                                                            {"Ki", 1024.0},
                                                                            {"T", 1e12},
                                                                            {"G", 1e9},
                                                                            {"M", 1e6},
                                                                            {"k", 1e3},
                                                                            {"B", 1},
                                                                            {"", 1}}};
constexpr double kLargest = 9e15;  // beyond it doubles stop being exact integers

}  // namespace

Result<Duration> parse_duration(std::string_view text) {
  constexpr std::string_view kExpected = "a duration such as 150ms, 1.5s, 2m, 1h or 1d";
  const auto quantity = split(text, kExpected);
  if (!quantity) return fail(quantity.error());
  const double* factor = find_unit(kDurationUnits, quantity->unit);
  if (factor == nullptr || quantity->number * *factor > kLargest) {
    return fail(ErrorCode::kInvalid, "'{}' is not {}", text, kExpected);
  }
  return Duration(std::llround(quantity->number * *factor));
}

std::string format_duration(Duration d) {
  const auto us = d.count();
  if (us == 0) return "0s";
  const auto magnitude = std::llabs(us);
  for (const auto& [unit, factor] : kDurationUnits) {
    const auto step = static_cast<std::int64_t>(factor);
    // The largest unit that needs three decimals at most, so that the text is exact.
    if (magnitude >= step && us % std::max<std::int64_t>(step / 1000, 1) == 0) {
      return fmt::format("{:.16g}{}", static_cast<double>(us) / factor, unit);
    }
  }
  return fmt::format("{}us", us);
}

Result<std::int64_t> parse_cpu_millis(std::string_view text) {
  constexpr std::string_view kExpected = "an amount of CPU such as 250m, 0.5 or 2";
  const auto quantity = split(text, kExpected);
  if (!quantity) return fail(quantity.error());
  const double factor = quantity->unit == "m" ? 1 : quantity->unit.empty() ? 1000 : 0;
  const double millis = quantity->number * factor;
  if (factor == 0 || millis > kLargest) {
    return fail(ErrorCode::kInvalid, "'{}' is not {}", text, kExpected);
  }
  return std::llround(millis);
}

std::string format_cpu(std::int64_t millis) {
  return millis % 1000 == 0 ? fmt::format("{}", millis / 1000) : fmt::format("{}m", millis);
}

Result<std::int64_t> parse_memory_bytes(std::string_view text) {
  constexpr std::string_view kExpected = "an amount of memory such as 256Mi, 1Gi or 500M";
  const auto quantity = split(text, kExpected);
  if (!quantity) return fail(quantity.error());
  const double* factor = find_unit(kMemoryUnits, quantity->unit);
  if (factor == nullptr || quantity->number * *factor > kLargest) {
    return fail(ErrorCode::kInvalid, "'{}' is not {}", text, kExpected);
  }
  return std::llround(quantity->number * *factor);
}

std::string format_memory(std::int64_t bytes) {
  constexpr std::array<std::pair<std::string_view, std::int64_t>, 3> kSteps{
      {{"Gi", 1LL << 30}, {"Mi", 1LL << 20}, {"Ki", 1LL << 10}}};
  for (const auto& [unit, step] : kSteps) {
    if (bytes >= step && bytes % step == 0) return fmt::format("{}{}", bytes / step, unit);
  }
  for (const auto& [unit, step] : kSteps) {
    if (bytes >= 10 * step) return fmt::format("{}{}", bytes / step, unit);
  }
  return fmt::format("{}", bytes);
}

}  // namespace starling
