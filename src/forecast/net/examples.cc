// Implements forecast/net/examples.h.
#include "forecast/net/examples.h"

#include <algorithm>

namespace starling {
namespace {

constexpr auto kSteps = static_cast<std::size_t>(kNetHorizon);

}  // namespace

HistoryView slice(const HistoryView& history, std::size_t first, std::size_t last) {
  HistoryView part = history;
  part.values = history.values.subspan(first, last - first);
  part.present = history.present.subspan(first, last - first);
  part.start = history.start + static_cast<std::int64_t>(first) * history.step;
  return part;
}

std::optional<Example> example_at(const HistoryView& history, std::size_t origin, Regime regime) {
  auto encoded = encode(slice(history, 0, origin), regime);
  if (!encoded) return std::nullopt;
  Example example{.history = std::move(*encoded), .origin = origin};
  bool any = false;
  for (std::size_t h = 0; h < kSteps && origin + h < history.values.size(); ++h) {
    const double x = history.values[origin + h];
    if (!history.present[origin + h] || !is_demand(x)) continue;
    example.outcome[h] = static_cast<float>((x - example.history.level) / example.history.spread);
    example.known[h] = 1;
    any = true;
  }
  if (!any) return std::nullopt;
  return example;
}

std::vector<Example> examples_of(const HistoryView& history, Regime regime, int stride,
                                 int count_max) {
  std::vector<Example> examples;
  const auto size = static_cast<std::int64_t>(history.values.size());
  for (std::int64_t origin = size - kNetHorizon;
       origin >= kKnownMin && static_cast<int>(examples.size()) < count_max; origin -= stride) {
    auto example = example_at(history, static_cast<std::size_t>(origin), regime);
    if (example) examples.push_back(std::move(*example));
  }
  std::reverse(examples.begin(), examples.end());
  return examples;
}

}  // namespace starling
