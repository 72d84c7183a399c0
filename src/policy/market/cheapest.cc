// Implements policy/market/cheapest.h.
#include "policy/market/cheapest.h"

#include <algorithm>
#include <cmath>
#include <map>

namespace starling {
namespace {

constexpr int kCoarse = 8;  // first looks are an eighth of the replicas apart

/// Requests missed a second by replicas, looked up once each.
class Missed {
 public:
  Missed(const MissCurve& curve, std::span<const double> roots, std::span<const double> shares)
      : curve_(curve), roots_(roots), shares_(shares) {}
  double at(int replicas) {
    const auto [found, is_new] = known_.try_emplace(replicas, 0);
    if (is_new) found->second = curve_.missed(roots_, shares_, replicas);
    return found->second;
  }

 private:
  const MissCurve& curve_;
  std::span<const double> roots_, shares_;
  std::map<int, double> known_;
};

/// The best of first, first + step … last, where steps grow with the replicas if `growing`.
int best_of(Missed& missed, double price, int first, int last, int step, bool growing) {
  int best = first;
  double least = price * first + missed.at(first);
  for (int c = first + step; c <= last; c += growing ? std::max(step, c / kCoarse) : step) {
    const double cost = price * c + missed.at(c);
    if (cost < least) {
      least = cost;
      best = c;
    }
  }
  return best;
}

int cheapest(Missed& missed, double price, int most) {
  int best = best_of(missed, price, 1, most, 1, true);
  // Around the best first look, ever more closely.
  for (int step = std::max(1, best / kCoarse); step > 1;) {
    const int reach = step;
    step = std::max(1, step / kCoarse);
    best = best_of(missed, price, std::max(1, best - reach), std::min(most, best + reach), step,
                   false);
  }
  return best;
}

}  // namespace

std::vector<int> cheapest_replicas(const MissCurve& curve, std::span<const double> roots,
                                   std::span<const double> shares, std::span<const double> prices,
                                   int most) {
  std::vector<int> chosen;
  if (roots.empty()) return std::vector<int>(prices.size(), 1);
  // Where even the highest rate leaves a third of the slots idle, more gain nothing.
  constexpr double kIdleBeyond = 1.5;
  constexpr int kSpare = 4;
  const double highest = roots.back() * roots.back();
  const double enough = kIdleBeyond * highest / curve.service_rate(1) + kSpare;
  const int last = static_cast<int>(std::clamp<double>(enough, 1, most));
  Missed missed(curve, roots, shares);
  for (const double price : prices) chosen.push_back(cheapest(missed, price, last));
  return chosen;
}

int allowed_replicas(const MissCurve& curve, std::span<const double> roots,
                     std::span<const double> shares, const Allowance& allowance, int from,
                     int most) {
  std::vector<double> parts;  // of the shares, as far as the level
  double reached = 0, expected = 0;
  for (std::size_t i = 0; i < roots.size() && reached < allowance.level; ++i) {
    parts.push_back(std::min(shares[i], allowance.level - reached));
    reached += parts.back();
    expected += parts.back() * roots[i] * roots[i];
  }
  const auto ordinary = roots.first(parts.size());
  double missed = curve.missed(ordinary, parts, from);
  while (from < most && missed > allowance.share * expected) {
    const double next = curve.missed(ordinary, parts, from + 1);
    if (missed - next < allowance.gain_min) break;
    missed = next;
    ++from;
  }
  return from;
}

}  // namespace starling
