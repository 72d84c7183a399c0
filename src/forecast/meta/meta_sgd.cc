// Implements forecast/meta/meta_sgd.h.
#include "forecast/meta/meta_sgd.h"

#include <torch/csrc/autograd/autograd.h>

#include <cmath>

namespace starling::meta {

net::Weights initial_log_rates(const net::Weights& theta, double rate) {
  net::Weights log_rates;
  for (const at::Tensor& weight : theta) {
    log_rates.push_back(at::full_like(weight, std::log(rate)).detach());
  }
  return log_rates;
}

InnerRates learned_rates(const net::Weights& log_rates) {
  InnerRates rates;
  for (const at::Tensor& log_rate : log_rates) rates.push_back(log_rate.exp());
  return rates;
}

MetaSgdGradient meta_sgd_gradient(const net::Weights& theta, const net::Weights& log_rates,
                                  const Episode& episode, const InnerLoop& loop) {
  const NoOneDnnGuard no_one_dnn;
  const net::Weights start = net::detached(theta, /*differentiable=*/true);
  const net::Weights logs = net::detached(log_rates, /*differentiable=*/true);
  const net::Weights fast =
      follow_losses(shared_by(start, episode.tasks), by_own_layers(episode.support), loop,
                    learned_rates(logs), Order::kSecond);
  const at::Tensor losses = by_own_layers(episode.query)(fast);
  net::Weights learned = start;
  learned.insert(learned.end(), logs.begin(), logs.end());
  // Without a step, or with one whose loss ignores a weight, its rate has no effect.
  auto gradients = torch::autograd::grad({losses.mean()}, learned, {}, c10::nullopt,
                                         /*create_graph=*/false, /*allow_unused=*/true);
  MetaSgdGradient result;
  for (std::size_t i = 0; i < gradients.size(); ++i) {
    at::Tensor gradient = gradients[i].defined() ? gradients[i] : at::zeros_like(learned[i]);
    (i < start.size() ? result.theta.by_weight : result.by_log_rate).push_back(std::move(gradient));
  }
  result.theta.losses = losses.detach();
  return result;
}

}  // namespace starling::meta
