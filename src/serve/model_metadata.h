// What a model takes and gives, as its artefact states it in the archive's extra file
// `starling.json`.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "base/result.h"
#include "serve/tensor.h"

namespace starling {

struct TensorSpec {
  std::string name;
  Datatype datatype = Datatype::kFp32;
  std::vector<std::int64_t> shape;  // -1: any size
  std::vector<std::string>
      labels;  // outputs only: what the last dimension's places mean; may be empty
};

/// `starling.json`:
///
///     { "inputs":  [ { "name": "image", "datatype": "FP32", "shape": [-1, 1, 28, 28] } ],
///       "outputs": [ { "name": "scores", "datatype": "FP32", "shape": [-1, 10], "labels": ["0", …]
///       } ], "batch_max": 64 }
///
/// Inputs are in the order of `forward`'s arguments, outputs in the order of the tuple it returns.
struct ModelMetadata {
  std::vector<TensorSpec> inputs;
  std::vector<TensorSpec> outputs;
  std::int64_t batch_max =
      64;  // bounds the memory that one request's open first dimension can ask for

  const TensorSpec* input(const std::string& name) const;
};

/// The extra file's name inside the TorchScript archive.
inline constexpr const char* kMetadataFile = "starling.json";
/// A shape with more dimensions is refused.
inline constexpr std::size_t kRankMax = 8;

/// Errors name the field that is wrong.
Result<ModelMetadata> parse_model_metadata(const std::string& text);

}  // namespace starling
