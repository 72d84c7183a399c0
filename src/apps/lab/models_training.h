// Trains a small TorchScript classifier from its source text, and saves it with its metadata.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "apps/lab/models_data.h"
#include "base/result.h"

namespace starling::lab {

struct ParameterSpec {
  std::string name;
  std::vector<std::int64_t>
      shape;  // weights: outputs first; one dimension: a bias, which starts at zero
};

struct ExampleModel {
  std::string name;
  std::vector<ParameterSpec> parameters;
  std::string source;  // TorchScript: def forward(self, x) -> scores [batch, classes]
  std::vector<std::int64_t> example;  // shape of one example, without the batch
  std::string metadata;               // starling.json
  std::function<LabelledBatch(Rng&, int)> render;
  int steps = 0;
  int batch = 32;
  double learning_rate = 1e-3;  // Adam's at the start; falls to zero along half a cosine
};

struct TrainedModel {
  std::int64_t parameters = 0;
  double accuracy = 0;      // on held-out renderings
  double inference_ms = 0;  // one example, one thread: median of 50 forward passes
};

using Progress = std::function<void(int step, double loss)>;

/// Trains with Adam on the cross-entropy of ever new renderings and writes `folder`/`name`.pt.
/// The same seed gives the same model on the same machine. Errors: the source does not compile, the
/// file can't be written.
Result<TrainedModel> train_example_model(const ExampleModel& model, std::uint64_t seed,
                                         const std::filesystem::path& folder,
                                         const Progress& progress);

}  // namespace starling::lab
