// AdamW (Loshchilov & Hutter 2019) on plain tensors. Internal: names libtorch
// types.
#pragma once

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <vector>

namespace starling::net {

struct AdamWOptions {
  double rate = 1e-3;
  double beta1 = 0.9;
  double beta2 = 0.999;
  double epsilon = 1e-8;
  double decay = 1e-3;    // decoupled weight decay
  double norm_max = 1.0;  // longest gradient over all weights
};

class AdamW {
 public:
  AdamW(const std::vector<at::Tensor>& weights, const AdamWOptions& options) : options_(options) {
    for (const at::Tensor& weight : weights) {
      first_.push_back(at::zeros_like(weight));
      second_.push_back(at::zeros_like(weight));
    }
  }

  /// One update in place; `schedule` (0 … 1) scales the rate of this step.
  void step(std::vector<at::Tensor>& weights, const std::vector<at::Tensor>& gradients,
            double schedule) {
    const at::NoGradGuard no_gradients;
    double squares = 0;
    for (const at::Tensor& gradient : gradients) squares += gradient.square().sum().item<double>();
    const double clip = std::min(1.0, options_.norm_max / std::max(std::sqrt(squares), 1e-12));
    const double rate = options_.rate * schedule;
    ++steps_;
    const double correction1 = 1 - std::pow(options_.beta1, steps_);
    const double correction2 = 1 - std::pow(options_.beta2, steps_);
    for (std::size_t i = 0; i < weights.size(); ++i) {
      const at::Tensor gradient = gradients[i] * clip;
      first_[i].lerp_(gradient, 1 - options_.beta1);
      second_[i].mul_(options_.beta2).addcmul_(gradient, gradient, 1 - options_.beta2);
      at::Tensor scale = second_[i].sqrt().div_(std::sqrt(correction2)).add_(options_.epsilon);
      weights[i].mul_(1 - rate * options_.decay);
      weights[i].addcdiv_(first_[i], scale, -rate / correction1);
    }
  }

  /// The running moments, which a checkpoint keeps and restores in place, and the steps so far.
  std::vector<at::Tensor>& first_moments() { return first_; }
  std::vector<at::Tensor>& second_moments() { return second_; }
  int steps() const { return steps_; }
  void resume_after(int steps) { steps_ = steps; }

 private:
  AdamWOptions options_;
  std::vector<at::Tensor> first_;
  std::vector<at::Tensor> second_;
  int steps_ = 0;
};

}  // namespace starling::net
