// What the server needs of a model: its metadata and a forward pass.
#pragma once

#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "serve/model_metadata.h"
#include "serve/tensor.h"

namespace starling {

struct Inference {
  std::vector<Tensor> outputs;  // in the order of the metadata
  Duration service{};           // time in the model alone
};

/// Thread safe: several forward passes may run at once.
class Model {
 public:
  virtual ~Model() = default;
  virtual const ModelMetadata& metadata() const = 0;
  /// `inputs` in the order of the metadata. Errors: kInvalid, what the model says it can't take.
  virtual Result<Inference> infer(const std::vector<Tensor>& inputs) const = 0;
};

}  // namespace starling
