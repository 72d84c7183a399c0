// Implements feature/category.h.
#include "feature/category.h"

#include <algorithm>
#include <map>
#include <utility>

namespace starling {

Vocabulary::Vocabulary(std::span<const std::string> values, std::size_t size_max) {
  std::map<std::string, std::size_t> counts;
  for (const std::string& value : values) ++counts[value];
  std::vector<std::pair<std::string, std::size_t>> order(counts.begin(), counts.end());
  std::stable_sort(order.begin(), order.end(),
                   [](const auto& a, const auto& b) { return a.second > b.second; });
  order.resize(std::min(order.size(), size_max));
  for (auto& [word, count] : order) {
    ordinals_[word] = words_.size();
    words_.push_back(std::move(word));
  }
}

std::size_t Vocabulary::ordinal(const std::string& value) const {
  const auto found = ordinals_.find(value);
  return found == ordinals_.end() ? words_.size() : found->second;
}

std::vector<double> Vocabulary::one_hot(const std::string& value) const {
  std::vector<double> numbers(words_.size() + 1, 0.0);
  numbers[ordinal(value)] = 1;
  return numbers;
}

}  // namespace starling
