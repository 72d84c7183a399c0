// Implements forecast/meta/low_rank_loop.h.
#include "forecast/meta/low_rank_loop.h"

#include <torch/csrc/autograd/autograd.h>

#include <cassert>
#include <utility>

namespace starling::meta {
namespace {

/// How far a matrix has moved: by −readᵀ·moves. [T, windows · steps, rows or columns].
struct Trail {
  at::Tensor read, moves;

  void add(const at::Tensor& x, const at::Tensor& by) {
    if (!read.defined()) {
      read = x;
      moves = by;
    } else if (read.is_same(x)) {  // the network's inputs, of every step the same
      moves = moves + by;
    } else {
      read = at::cat({read, x}, 1);
      moves = at::cat({moves, by}, 1);
    }
  }
};

/// A layer's part in one step.
struct Touched {
  std::size_t matrix;
  at::Tensor x, y;
};

class LowRankLoop {
 public:
  LowRankLoop(const net::Weights& theta, std::int64_t tasks, const InnerLoop& loop,
              const InnerRates& rates, Order order)
      : theta_(theta),
        fast_(shared_by(theta, tasks)),
        trails_(theta.size()),
        loop_(loop),
        rates_(rates),
        order_(order) {}

  at::Tensor losses(const NetworkLosses& of) const {
    return of(fast_, [this](std::size_t matrix, const at::Tensor& x) { return layer(matrix, x); });
  }

  void step(const NetworkLosses& support) {
    std::vector<Touched> touched;
    const at::Tensor loss = support(fast_, [&](std::size_t matrix, const at::Tensor& x) {
      at::Tensor y = layer(matrix, x);
      if (rates_[matrix].defined()) touched.push_back({matrix, x, y});
      return y;
    });
    const std::vector<std::size_t> written = written_down(touched);
    std::vector<at::Tensor> moving;
    for (const Touched& one : touched) moving.push_back(one.y);
    for (const std::size_t i : written) moving.push_back(fast_[i]);
    auto gradients =
        torch::autograd::grad({loss.sum()}, moving, {}, c10::nullopt, order_ == Order::kSecond);
    if (order_ == Order::kFirst) {
      for (Touched& one : touched) one.x = one.x.detach();
    }
    const at::Tensor clip = clip_factors(touched, gradients);
    for (std::size_t k = 0; k < touched.size(); ++k) {
      trails_[touched[k].matrix].add(touched[k].x, rates_[touched[k].matrix] * clip * gradients[k]);
    }
    for (std::size_t k = 0; k < written.size(); ++k) {
      const std::size_t i = written[k];
      fast_[i] = fast_[i] - rates_[i] * clip * gradients[touched.size() + k];
    }
  }

 private:
  at::Tensor layer(std::size_t matrix, const at::Tensor& x) const {
    const at::Tensor y = at::matmul(x, theta_[matrix][0]) + fast_[matrix + 1];
    const Trail& trail = trails_[matrix];
    if (!trail.read.defined()) return y;
    return at::baddbmm(y, at::bmm(x, trail.read.transpose(1, 2)), trail.moves, 1, -1);
  }

  /// Weights that move and are no matrix of a layer: each task has its own.
  std::vector<std::size_t> written_down(const std::vector<Touched>& touched) const {
    std::vector<bool> of_layer(theta_.size(), false);
    for (const Touched& one : touched) {
      assert(!of_layer[one.matrix] && rates_[one.matrix].numel() == 1);
      of_layer[one.matrix] = true;
    }
    std::vector<std::size_t> written;
    for (std::size_t i = 0; i < theta_.size(); ++i) {
      if (rates_[i].defined() && !of_layer[i]) written.push_back(i);
    }
    return written;
  }

  at::Tensor clip_factors(const std::vector<Touched>& touched,
                          const std::vector<at::Tensor>& gradients) const {
    std::vector<at::Tensor> squares;
    for (std::size_t k = 0; k < gradients.size(); ++k) {
      const at::Tensor& g = gradients[k];
      const bool is_written = k >= touched.size();
      squares.push_back((is_written ? g * g : gram(touched[k].x) * gram(g)).sum({1, 2}, true));
    }
    return clip_of(at::cat(squares, 1).sum({1}, true), loop_.norm_max);
  }

  static at::Tensor gram(const at::Tensor& rows) { return at::bmm(rows, rows.transpose(1, 2)); }

  const net::Weights& theta_;
  net::Weights fast_;  // [T, …]; of matrices never more than θ
  std::vector<Trail> trails_;
  const InnerLoop& loop_;
  const InnerRates& rates_;
  Order order_;
};

}  // namespace

at::Tensor losses_after(const net::Weights& theta, const Episode& episode, const InnerLoop& loop,
                        const InnerRates& rates, Order order) {
  LowRankLoop low_rank(theta, episode.tasks, loop, rates, order);
  for (int step = 0; step < loop.steps; ++step) low_rank.step(episode.support);
  return low_rank.losses(episode.query);
}

}  // namespace starling::meta
