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

}  // namespace starling
