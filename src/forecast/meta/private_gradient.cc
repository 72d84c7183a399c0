// Implements forecast/meta/private_gradient.h.
#include "forecast/meta/private_gradient.h"

#include <ATen/CPUGeneratorImpl.h>

#include <algorithm>

#include "forecast/meta/inner_loop.h"

namespace starling::meta {
namespace {

constexpr std::size_t kAtATime = 16;  // bounds the memory that gradients side by side take

void add_clipped(std::vector<at::Tensor>& sum, const net::Weights& weights,
                 std::span<const Example* const> examples, double clip) {
  const auto tasks = static_cast<std::int64_t>(examples.size());
  const net::Weights copies =
      net::detached(net::replicate(weights, tasks), /*differentiable=*/true);
  const auto gradient = pinball_gradient(copies, net::batch_of(examples, tasks));
  const at::NoGradGuard no_gradients;
  at::Tensor squares = at::zeros({tasks});
  for (const at::Tensor& one : gradient.by_weight) squares += one.square().sum({1, 2});
  const at::Tensor factor =
      (clip / squares.sqrt().clamp_min(1e-12)).clamp_max(1).view({tasks, 1, 1});
  for (std::size_t i = 0; i < sum.size(); ++i) {
    sum[i] += (gradient.by_weight[i] * factor).sum(0, /*keepdim=*/true);
  }
}

}  // namespace

std::vector<at::Tensor> private_gradient(const net::Weights& weights,
                                         std::span<const Example* const> examples,
                                         const federated::PrivacyOptions& options, double expected,
                                         Rng& rng) {
  std::vector<at::Tensor> sum;
  for (const at::Tensor& weight : weights) sum.push_back(at::zeros_like(weight.detach()));
  for (std::size_t first = 0; first < examples.size(); first += kAtATime) {
    add_clipped(sum, weights, examples.subspan(first, std::min(kAtATime, examples.size() - first)),
                options.clip);
  }
  const at::NoGradGuard no_gradients;
  auto generator = at::make_generator<at::CPUGeneratorImpl>(rng());
  for (at::Tensor& one : sum) {
    const at::Tensor noise =
        at::empty_like(one).normal_(0, options.noise * options.clip, generator);
    one.add_(noise).div_(expected);
  }
  return sum;
}

std::vector<std::size_t> poisson_sample(std::size_t count, double rate, Rng& rng) {
  std::vector<std::size_t> chosen;
  for (std::size_t i = 0; i < count; ++i) {
    if (rng.chance(rate)) chosen.push_back(i);
  }
  return chosen;
}

}  // namespace starling::meta
