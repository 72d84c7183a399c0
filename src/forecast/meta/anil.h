// ANIL: only the head adapts to a task. Internal: libtorch types.
#pragma once

#include "forecast/meta/inner_loop.h"

namespace starling::meta {

/// The head of the quantile network: its last matrix and bias.
inline constexpr std::size_t kHeadWeights = 2;

/// `rate` for the last `head` weights, none for the body before them.
InnerRates head_rates(const net::Weights& weights, double rate, std::size_t head = kHeadWeights);

/// Almost no inner loop (Raghu, Raghu, Bengio & Vinyals 2020, section 4): MAML whose inner loop
/// moves the head alone. The outer gradient reaches all weights, the body through the features that
/// it gives the adapted head.
Gradient anil_gradient(const net::Weights& theta, const Episode& episode, const InnerLoop& loop,
                       std::size_t head = kHeadWeights);

}  // namespace starling::meta
