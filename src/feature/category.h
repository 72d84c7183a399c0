// Categories as numbers: a bounded vocabulary with a place for everything else.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

namespace starling {

/// The categories that get a number of their own.
class Vocabulary {
 public:
  /// The `size_max` most frequent of the values, the most frequent first; equally frequent ones in
  /// alphabetical order.
  Vocabulary(std::span<const std::string> values, std::size_t size_max);

  const std::vector<std::string>& words() const { return words_; }

  /// The ordinal of a category: its place in words(), or words().size() for any other.
  std::size_t ordinal(const std::string& value) const;

  /// words().size() + 1 values: 1 at the ordinal, 0 elsewhere; the last stands for "other".
  std::vector<double> one_hot(const std::string& value) const;

 private:
  std::vector<std::string> words_;
  std::unordered_map<std::string, std::size_t> ordinals_;
};

}  // namespace starling
