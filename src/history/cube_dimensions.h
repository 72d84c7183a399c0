// By what a cube can be cut: the dimensions of the star schema with their hierarchies.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "base/clock.h"
#include "base/iso8601.h"
#include "base/result.h"

namespace starling::history {

enum class Hierarchy { kTime, kPlace, kModel };

/// Raw facts and their roll-ups, from fine to coarse.
enum class Tier { kRaw, kMinute, kHour };

/// One coordinate: a text, a whole number, or a time in microseconds since the Unix epoch (UTC).
using Key = std::variant<std::int64_t, std::string>;
enum class KeyType { kText, kInteger, kTime };

struct Dimension {
  std::string_view name;
  Hierarchy hierarchy;
  KeyType type;
  std::string_view finer;  // the next level down its hierarchy; empty: the lowest
  std::string_view meaning;
  /// The coarsest tier whose rows still tell it.
  Tier coarsest = Tier::kHour;
  /// An SQL expression over `time` of the fact (always an integer), or a column of dim_place or
  /// dim_model.
  std::string_view sql = {};
  /// kTime: the value k of `sql` is the time origin + k·unit.
  Duration unit{0};
  Duration origin{0};
};

/// All of them, each hierarchy from the highest level to the lowest.
std::span<const Dimension> dimensions();
const Dimension* find_dimension(std::string_view name);
/// Errors: kInvalid with the nearest known name.
Result<const Dimension*> dimension_named(std::string_view name);

/// The key of a kTime dimension that holds `time`, as the integer that its `sql` gives.
std::int64_t time_index(const Dimension& dimension, TimePoint time);
/// What `sql` gave as a key: a time for kTime.
std::int64_t key_of_index(const Dimension& dimension, std::int64_t index);

/// A key as people and JSON read it: times in ISO 8601.
nlohmann::json key_json(const Dimension& dimension, const Key& key);

/// [{"name", "hierarchy", "finer", "meaning"}, …]
nlohmann::json dimensions_json();

}  // namespace starling::history
