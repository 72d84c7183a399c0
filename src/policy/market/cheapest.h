// How many replicas are worth their price, over all that demand may be.
#pragma once

#include <span>
#include <vector>

#include "policy/market/miss_curve.h"

namespace starling {

/// For each price the number of replicas, from one to `most`, for which
///   price · replicas + requests missed a second
/// is least, in requests a second, searched from coarse to fine steps: of several minima it may be
/// a near one. Possible rates are given as their square roots, in rising order, with their shares.
/// Where one more replica saves less than its price everywhere, the same requests missed cost more
/// replicas in any other way (Everett, Generalized Lagrange Multiplier Method, 1963).
std::vector<int> cheapest_replicas(const MissCurve& curve, std::span<const double> roots,
                                   std::span<const double> shares, std::span<const double> prices,
                                   int most);

/// What an SLO asks for beyond what pays.
struct Allowance {
  double share = 0.01;  // of requests may miss …
  double level = 0.9;   // … over demand up to this quantile: what exceeds it is a surge
  double gain_min = 0;  // requests a second that one more replica must save
};

/// The least number of replicas from `from` on with which no more than is allowed would be missed,
/// or the first of which one more saves too little.
int allowed_replicas(const MissCurve& curve, std::span<const double> roots,
                     std::span<const double> shares, const Allowance& allowance, int from,
                     int most);

}  // namespace starling
