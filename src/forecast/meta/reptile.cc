// Implements forecast/meta/reptile.h.
#include "forecast/meta/reptile.h"

namespace starling::meta {

Gradient reptile_gradient(const net::Weights& theta, const Episode& episode,
                          const InnerLoop& loop) {
  InnerLoop one_step = loop;
  one_step.steps = 1;
  net::Weights fast = net::detached(net::replicate(theta, episode.tasks), true);
  const InnerRates rates = constant_rates(fast, loop.rate);
  const Losses support = by_own_layers(episode.support), query = by_own_layers(episode.query);
  for (int step = 0; step < loop.steps; ++step) {
    const Losses& batch = step % 2 == 0 ? support : query;
    fast = net::detached(follow_losses(fast, batch, one_step, rates, Order::kFirst), true);
  }
  const at::NoGradGuard no_gradients;
  Gradient outer{{}, query(fast)};
  for (std::size_t i = 0; i < theta.size(); ++i) {
    outer.by_weight.push_back((theta[i] - fast[i]).mean(0, true) / (loop.rate * loop.steps));
  }
  return outer;
}

}  // namespace starling::meta
