// "Did you mean": the known word closest to an unknown one.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace starling {

/// The candidate within an edit distance (Levenshtein) of a third of the word's length, or none.
std::optional<std::string> nearest(std::string_view word,
                                   const std::vector<std::string>& candidates);

/// " (did you mean 'replicas'?)", or an empty text when nothing is near.
std::string did_you_mean(std::string_view word, const std::vector<std::string>& candidates);

}  // namespace starling
