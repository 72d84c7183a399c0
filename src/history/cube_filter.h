// Which part of the history a cube is about: "tenant=demo and model in (a, b) and hour_of_day>=9".
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "history/cube_dimensions.h"

namespace starling::history {

enum class Compare { kEqual, kNotEqual, kLess, kLessEqual, kGreater, kGreaterEqual, kIn, kNotIn };

struct FilterTerm {
  const Dimension* dimension = nullptr;
  Compare compare = Compare::kEqual;
  /// One, or several for kIn and kNotIn. Of kTime: the start of the dimension's unit.
  std::vector<Key> values;
  bool operator==(const FilterTerm&) const = default;
};

/// All terms hold.
struct Filter {
  std::vector<FilterTerm> terms;
  bool operator==(const Filter&) const = default;
};

inline constexpr std::size_t kFilterBytesMax = 16 << 10;

/// Grammar, blanks anywhere between words:
///
///     filter     = [ term { "and" term } ]
///     term       = dimension ( "=" | "!=" | "<" | "<=" | ">" | ">=" ) value
///                | dimension [ "not" ] "in" "(" value { "," value } ")"
///     value      = word | "'" text "'"          a quote inside is doubled
///
/// A word is of letters, digits and any of _ - . : / + @. Times are as parse_iso8601() reads them;
/// texts take only =, !=, in, not in. Errors: kInvalid, with the place and what was expected;
/// kTooLarge over kFilterBytesMax.
Result<Filter> parse_filter(std::string_view text);

/// The text that parses into the same filter.
std::string to_text(const Filter& filter);

}  // namespace starling::history
