#include "apps/lab/models_training.h"

#include <torch/script.h>
#include <torch/torch.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <numbers>

namespace starling::lab {
namespace {

constexpr int kHeldOut = 2000;

struct Examples {
  at::Tensor values;
  at::Tensor labels;
};

Examples to_tensors(const LabelledBatch& batch, const std::vector<std::int64_t>& example) {
  std::vector<std::int64_t> shape{static_cast<std::int64_t>(batch.labels.size())};
  shape.insert(shape.end(), example.begin(), example.end());
  return {torch::tensor(batch.values).reshape(shape), torch::tensor(batch.labels)};
}

/// He initialisation (He et al. 2015): weights N(0, 2 / fan-in), biases zero.
torch::jit::Module build(const ExampleModel& model) {
  torch::jit::Module module(model.name);
  for (const auto& [name, shape] : model.parameters) {
    auto value = torch::zeros(shape);
    if (shape.size() > 1) {
      const double fan_in = static_cast<double>(value.numel() / shape[0]);
      value = torch::randn(shape) * std::sqrt(2 / fan_in);
    }
    module.register_parameter(name, value.requires_grad_(true), false);
  }
  module.define(model.source);
  return module;
}

void train(torch::jit::Module& module, const ExampleModel& model, Rng rng,
           const Progress& progress) {
  std::vector<at::Tensor> parameters;
  for (const auto& parameter : module.parameters()) parameters.push_back(parameter);
  torch::optim::Adam optimizer(parameters, torch::optim::AdamOptions(model.learning_rate));
  for (int step = 0; step < model.steps; ++step) {
    const double rate =
        model.learning_rate * 0.5 * (1 + std::cos(std::numbers::pi * step / model.steps));
    static_cast<torch::optim::AdamOptions&>(optimizer.param_groups()[0].options()).lr(rate);
    const auto examples = to_tensors(model.render(rng, model.batch), model.example);
    const auto scores = module.forward({examples.values}).toTensor();
    const auto loss = torch::cross_entropy_loss(scores, examples.labels);
    optimizer.zero_grad();
    loss.backward();
    torch::nn::utils::clip_grad_norm_(parameters, 1.0);
    optimizer.step();
    progress(step, loss.item<double>());
  }
}

double accuracy(torch::jit::Module& module, const ExampleModel& model, Rng rng) {
  const torch::NoGradGuard no_gradients;
  std::int64_t correct = 0;
  for (int done = 0; done < kHeldOut; done += model.batch) {
    const int count = std::min(model.batch, kHeldOut - done);
    const auto examples = to_tensors(model.render(rng, count), model.example);
    const auto guesses = module.forward({examples.values}).toTensor().argmax(1);
    correct += guesses.eq(examples.labels).sum().item<std::int64_t>();
  }
  return static_cast<double>(correct) / kHeldOut;
}

double median_inference_ms(torch::jit::Module& module, const ExampleModel& model, Rng rng) {
  const torch::NoGradGuard no_gradients;
  const auto examples = to_tensors(model.render(rng, 1), model.example);
  std::vector<double> times_ms;
  for (int i = 0; i < 60; ++i) {
    const auto start = std::chrono::steady_clock::now();
    module.forward({examples.values});
    const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - start;
    if (i >= 10) times_ms.push_back(took.count());  // the first ones compile
  }
  std::nth_element(times_ms.begin(), times_ms.begin() + 25, times_ms.end());
  return times_ms[25];
}

}  // namespace

Result<TrainedModel> train_example_model(const ExampleModel& model, std::uint64_t seed,
                                         const std::filesystem::path& folder,
                                         const Progress& progress) {
  at::set_num_threads(1);
  torch::manual_seed(seed);
  const Rng rng(seed);
  try {
    auto module = build(model);
    train(module, model, rng.split(1), progress);
    for (const auto& parameter : module.parameters()) {
      parameter.set_requires_grad(false);
    }
    TrainedModel trained;
    for (const auto& parameter : module.parameters()) trained.parameters += parameter.numel();
    trained.accuracy = accuracy(module, model, rng.split(2));
    trained.inference_ms = median_inference_ms(module, model, rng.split(3));
    module.save((folder / (model.name + ".pt")).string(), {{"starling.json", model.metadata}});
    return trained;
  } catch (const c10::Error& error) {
    return fail(ErrorCode::kInternal, "{}: {}", model.name, error.what_without_backtrace());
  } catch (const std::exception& error) {
    return fail(ErrorCode::kInternal, "{}: {}", model.name, error.what());
  }
}

}  // namespace starling::lab
