// The Open Inference Protocol v2 as pure functions: bodies in, values or bodies out. No network
// here.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "serve/model_metadata.h"
#include "serve/tensor.h"

namespace starling {

/// The only version a replica serves.
inline constexpr const char* kModelVersion = "1";

struct InferRequest {
  std::optional<std::string> id;
  std::vector<Tensor> inputs;        // in the order of the model's metadata
  std::vector<std::string> outputs;  // the ones wanted; empty: all
};

/// Reads the body of POST …/infer against what the model takes.
/// Errors (kInvalid): malformed JSON, a missing, unknown or repeated input, a datatype or shape
/// that the model does not take, data that does not fill its shape, an unknown output.
Result<InferRequest> parse_infer_request(std::string_view body, const ModelMetadata& metadata);

/// The answer's body. `outputs` are the model's; only those the request wants are written.
std::string infer_response(const std::string& model, const InferRequest& request,
                           const std::vector<Tensor>& outputs);

/// {"error": "…"}
std::string error_body(std::string_view message);
/// GET v2
std::string server_metadata_body();
/// GET v2/models/{model}. An output's labels are under its `parameters`.
std::string model_metadata_body(const std::string& model, const ModelMetadata& metadata);

}  // namespace starling
