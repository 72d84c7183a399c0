// Implements policy/peers/round_robin.h.
#include "policy/peers/round_robin.h"

namespace starling {

std::vector<int> deal_in_turn(const std::vector<int>& maxima,
                              const std::function<bool(std::size_t model)>& take) {
  std::vector<int> dealt(maxima.size(), 0);
  std::vector<bool> refused(maxima.size(), false);
  for (bool any = true; any;) {
    any = false;
    for (std::size_t i = 0; i < maxima.size(); ++i) {
      if (refused[i] || dealt[i] >= maxima[i]) continue;
      refused[i] = !take(i);
      if (refused[i]) continue;
      ++dealt[i];
      any = true;
    }
  }
  return dealt;
}

}  // namespace starling
