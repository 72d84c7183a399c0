// How the codec takes apart a JSON object from elsewhere: every field within bounds, or an error.
#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <vector>

#include "base/clock.h"
#include "control/codec_digits.h"

namespace starling::codec {

using Json = nlohmann::json;

inline constexpr std::size_t kTextMax = 1024;
inline constexpr std::size_t kListMax = 100'000;
inline constexpr double kAmountMax = 1e15;  // finite, and so are sums of many
inline constexpr std::int64_t kCountMax =
    9'000'000'000'000'000;  // microseconds and bytes, exact in a double

/// Thrown inside the codec only: decode() turns it into an Error.
struct Malformed : std::runtime_error {
  using std::runtime_error::runtime_error;
};

inline const Json& list_of(const Json& json, const char* what, std::size_t least,
                           std::size_t most) {
  if (!json.is_array() || json.size() < least || json.size() > most)
    throw Malformed(fmt::format("{}: expected a list of {} to {}", what, least, most));
  return json;
}

/// Reads fields of one object and checks each against its bounds.
class Reader {
 public:
  explicit Reader(const Json& json) : json_(json) {
    if (!json.is_object()) throw Malformed("expected an object");
  }

  const Json& at(const char* key) const {
    const auto found = json_.find(key);
    if (found == json_.end()) throw Malformed(fmt::format("field '{}' is missing", key));
    return *found;
  }
  /// Of a field that older agents do not write.
  bool has(const char* key) const { return json_.contains(key); }
  std::string text(const char* key) const {
    const auto& value = at(key);
    if (!value.is_string() || value.get_ref<const std::string&>().size() > kTextMax) {
      throw Malformed(
          fmt::format("field '{}': expected a text of at most {} bytes", key, kTextMax));
    }
    return value.get<std::string>();
  }
  std::vector<std::string> texts(const char* key, std::size_t most = kListMax) const {
    std::vector<std::string> values;
    for (const auto& item : list(key, most)) {
      if (!item.is_string() || item.get_ref<const std::string&>().size() > kTextMax) {
        throw Malformed(fmt::format("field '{}': expected texts", key));
      }
      values.push_back(item.get<std::string>());
    }
    return values;
  }
  std::int64_t count(const char* key, std::int64_t max = kCountMax) const {
    const auto& value = at(key);
    if (!value.is_number_integer() || value.get<std::int64_t>() < 0 ||
        value.get<std::int64_t>() > max) {
      throw Malformed(fmt::format("field '{}': expected a whole number from 0 to {}", key, max));
    }
    return value.get<std::int64_t>();
  }
  /// Of 64 bits: an epoch, a sequence number, a hash.
  std::uint64_t unsigned64(const char* key) const {
    const auto& value = at(key);
    if (!value.is_number_unsigned())
      throw Malformed(fmt::format("field '{}': expected a whole number from 0 to 2^64 − 1", key));
    return value.get<std::uint64_t>();
  }
  /// The same, or a text of its digits in base 64, see codec_digits.h.
  std::uint64_t unsigned64_or_digits(const char* key) const {
    const auto& value = at(key);
    if (!value.is_string()) return unsigned64(key);
    const auto number = of_digits(value.get_ref<const std::string&>());
    if (!number)
      throw Malformed(fmt::format("field '{}': expected a number, or up to {} digits in base 64",
                                  key, kDigitsMax));
    return *number;
  }
  /// 0 where an older agent says nothing.
  std::uint64_t unsigned64_or_0(const char* key) const { return has(key) ? unsigned64(key) : 0; }
  std::uint64_t epoch(const char* key = "epoch") const { return unsigned64_or_0(key); }
  double amount(const char* key, double max = kAmountMax) const {
    const auto& value = at(key);
    if (!value.is_number() || !(value.get<double>() >= 0 && value.get<double>() <= max)) {
      throw Malformed(fmt::format("field '{}': expected a number from 0 to {}", key, max));
    }
    return value.get<double>();
  }
  /// 0 where an older agent says nothing.
  double amount_or_0(const char* key) const { return json_.contains(key) ? amount(key) : 0; }
  bool flag(const char* key) const {
    const auto& value = at(key);
    if (!value.is_boolean())
      throw Malformed(fmt::format("field '{}': expected true or false", key));
    return value.get<bool>();
  }
  /// False where an older agent says nothing.
  bool flag_or_false(const char* key) const { return has(key) && flag(key); }
  const Json& list(const char* key, std::size_t most = kListMax) const {
    const auto& value = at(key);
    if (!value.is_array() || value.size() > most) {
      throw Malformed(fmt::format("field '{}': expected a list of at most {}", key, most));
    }
    return value;
  }
  std::vector<double> amounts(const char* key) const {
    std::vector<double> values;
    for (const auto& item : list(key)) {
      if (!item.is_number() || !(item.get<double>() >= 0 && item.get<double>() <= kAmountMax)) {
        throw Malformed(fmt::format("field '{}': expected numbers from 0 to {}", key, kAmountMax));
      }
      values.push_back(item.get<double>());
    }
    return values;
  }
  TimePoint time(const char* key) const { return TimePoint{Duration(count(key))}; }

 private:
  const Json& json_;
};

}  // namespace starling::codec
