#include "control/still_worth.h"

#include <cstddef>
#include <utility>
#include <vector>

namespace starling {

MarketPart still_worth(const MarketPart& part, const Decision& now, int promised, int most,
                       const ExchangeOptions& options) {
  const std::vector<double>& gains = now.allocation.values.gains;
  int have = now.current + promised;
  auto next = static_cast<std::size_t>(promised);
  const auto gain = [&] { return next < gains.size() ? gains[next] : 0; };
  MarketPart left;
  const auto starts = [&] {
    if (left.starts == part.starts || have >= most) return false;
    const bool wished = have < now.allocation.replicas;
    return have < now.objective.min ||
           gain() > (wished ? options.worth_having : options.worth_keeping);
  };
  for (; starts(); ++have, ++next) ++left.starts;
  for (const auto& purchase : part.purchases) {
    MarketPart::Purchase kept{purchase.seller, purchase.owner, {}};
    for (const double then : purchase.gains) {
      // Below its minimum a model's gain is beyond what it would miss.
      const double worth = have < now.objective.min ? then : gain();
      if (worth <= options.margin || have >= most) break;
      kept.gains.push_back(worth);
      ++have;
      ++next;
    }
    if (!kept.gains.empty()) left.purchases.push_back(std::move(kept));
  }
  return left;
}

}  // namespace starling
