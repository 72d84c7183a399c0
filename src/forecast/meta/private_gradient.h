// The gradient of differentially private training. Internal: libtorch types.
#pragma once

#include <span>
#include <vector>

#include "base/rng.h"
#include "forecast/federated/privacy.h"
#include "forecast/net/network.h"

namespace starling::meta {

/// (Σ_i g_i min(1, clip / |g_i|) + N(0, (noise · clip)²)) / expected (Abadi et al. 2016, algorithm
/// 1), shaped like `weights` (one network, T = 1). Each g_i is the gradient of one example's loss:
/// the examples are as many tasks of the network, whose gradients come side by side. Without
/// examples it is noise alone.
std::vector<at::Tensor> private_gradient(const net::Weights& weights,
                                         std::span<const Example* const> examples,
                                         const federated::PrivacyOptions& options, double expected,
                                         Rng& rng);

/// A Poisson sample: each index below `count` with probability `rate`, as the accountant assumes.
std::vector<std::size_t> poisson_sample(std::size_t count, double rate, Rng& rng);

}  // namespace starling::meta
