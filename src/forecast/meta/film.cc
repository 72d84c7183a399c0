// Implements forecast/meta/film.h.
#include "forecast/meta/film.h"

#include <utility>

namespace starling::meta {
namespace {

/// The trunk's features of all tasks' histories, as one batch of the shared network.
at::Tensor shared_features(const net::Weights& one, const net::Batch& batch) {
  const at::NoGradGuard no_gradients;
  const std::int64_t tasks = batch.inputs.size(0), each = batch.inputs.size(1);
  net::Batch flat;
  flat.inputs = batch.inputs.view({1, tasks * each, batch.inputs.size(2)});
  return net::features(one, flat).view({tasks, each, -1});
}

at::Tensor read(const at::Tensor& features, const Film& film, const net::Weights& one,
                const net::Batch& batch) {
  return net::read_out(features, film[0], film[1], one[net::kHeadWeight], film[2], batch);
}

}  // namespace

Film film_of(const net::Weights& one, std::int64_t tasks) {
  return net::replicate({one[net::kReadOutGain], one[net::kReadOutShift], one[net::kHeadBias]},
                        tasks);
}

Losses film_losses(const net::Weights& one, net::Batch batch) {
  const at::Tensor features = shared_features(one, batch);
  return [features, one, batch = std::move(batch)](const net::Weights& film) {
    return net::pinball(read(features, film, one, batch), batch);
  };
}

Film adapted_film(const net::Weights& one, const Film& from, const net::Batch& support,
                  const InnerLoop& loop) {
  const Film start = net::detached(from, /*differentiable=*/true);
  const Film fast = follow_losses(start, film_losses(one, support), loop,
                                  constant_rates(start, loop.rate), Order::kFirst);
  return net::detached(fast, false);
}

at::Tensor film_quantiles(const net::Weights& one, const Film& film, const net::Batch& batch) {
  const at::NoGradGuard no_gradients;
  return read(shared_features(one, batch), film, one, batch);
}

}  // namespace starling::meta
