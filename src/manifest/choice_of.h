// An enum that a YAML mapping gives by name.
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "manifest/fields.h"

namespace starling {

/// The one of `all` whose name_of() is at `key`; without one the fallback, or the first of `all`.
/// Recorded as a problem: an unknown name, and a missing one where there is no fallback.
template <typename Choices>
typename Choices::value_type choice_of(
    Fields& fields, const std::string& key, const Choices& all,
    std::optional<typename Choices::value_type> fallback = std::nullopt) {
  std::vector<std::string> names;
  for (const auto one : all) names.emplace_back(name_of(one));
  std::optional<std::string> usual;
  if (fallback) usual = name_of(*fallback);
  const std::string named = fields.choice(key, names, usual);
  const auto found = std::find(names.begin(), names.end(), named);
  if (found == names.end()) return fallback.value_or(all.front());
  return all[static_cast<std::size_t>(found - names.begin())];
}

}  // namespace starling
