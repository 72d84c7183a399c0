// The inner loop that all meta-learning here shares: a few gradient steps from shared weights
// towards each task. Internal: libtorch types.
#pragma once

#include <functional>
#include <vector>

#include "forecast/net/network.h"

namespace starling::meta {

/// What moves: every weight, or the film alone (film.h).
enum class Part { kAll, kFilm };

struct InnerLoop {
  int steps = 3;
  double rate = 0.05;     // α
  double norm_max = 1.0;  // longest gradient of one task: calm windows have a tiny scale
  Part part = Part::kAll;
};

/// Losses of T tasks, [T], of weights with leading dimension T. A task's loss depends on its own
/// weights alone.
using Losses = std::function<at::Tensor(const net::Weights&)>;

/// The same of weights whose matrices are used through `layer` alone, each once at most.
using NetworkLosses = std::function<at::Tensor(const net::Weights&, const net::Layer& layer)>;
/// By the layers of the weights themselves.
Losses by_own_layers(NetworkLosses losses);

/// Tasks of one outer step: what each adapts to, and what it is judged by.
struct Episode {
  std::int64_t tasks = 1;
  NetworkLosses support;
  NetworkLosses query;
};

/// The mean pinball loss on each task's examples.
NetworkLosses pinball_losses(net::Batch batch);

/// A gradient of shared or of own weights, and the losses that the tasks had.
struct Gradient {
  std::vector<at::Tensor> by_weight;  // each of a weight's shape
  at::Tensor losses;                  // [T]; of an outer gradient the query losses after adaptation
};

/// kSecond keeps the inner gradients as functions of θ, so that the outer gradient has their
/// Hessians; kFirst takes them as constants.
enum class Order { kFirst, kSecond };

/// While one lives, libtorch uses its own kernels instead of oneDNN's: through those GELU's second
/// derivative reads memory that nothing wrote (libtorch 1.13). Lives around the forward and the
/// backward passes of every second-order gradient. The switch is the process's: use it on one
/// thread at a time.
class NoOneDnnGuard {
 public:
  NoOneDnnGuard();
  ~NoOneDnnGuard();
  NoOneDnnGuard(const NoOneDnnGuard&) = delete;
  NoOneDnnGuard& operator=(const NoOneDnnGuard&) = delete;

 private:
  bool was_enabled_;
};

/// One step size a weight, broadcastable to it; a weight whose rate is undefined stays as it is.
using InnerRates = std::vector<at::Tensor>;
InnerRates constant_rates(const net::Weights& weights, double rate);
InnerRates film_rates(const net::Weights& weights, double rate);
/// loop.rate for loop.part.
InnerRates rates_for(const net::Weights& weights, const InnerLoop& loop);

/// MAML's equation (1) for T tasks at once (Finn, Abbeel & Levine 2017): from θ'_i = θ
///     θ'_i ← θ'_i − α ∘ c_i ∇_{θ'_i} L_i(θ'_i)      `loop.steps` times,
/// with `rates` for α; c_i ≤ 1 bounds the norm of the gradient of one task. `from` is [T, …] and
/// asks for gradients; the result is a function of it and of `rates` that autograd can follow.
net::Weights follow_losses(const net::Weights& from, const Losses& support, const InnerLoop& loop,
                           const InnerRates& rates, Order order);

/// c_i, [T, 1, 1], by the squared norms of the tasks' gradients, [T, 1, 1].
at::Tensor clip_of(const at::Tensor& squares, double norm_max);

/// The same weights for each of T tasks, as a function of `one` that autograd can follow.
net::Weights shared_by(const net::Weights& one, std::int64_t tasks);

/// ∇ Σ_i L_i with respect to `weights` (which ask for gradients), and the losses L_i.
Gradient pinball_gradient(const net::Weights& weights, const net::Batch& batch);

}  // namespace starling::meta
