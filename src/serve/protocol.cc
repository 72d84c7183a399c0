#include "serve/protocol.h"

#include <algorithm>
#include <utility>

#include "base/excerpt.h"
#include "base/json.h"
#include "base/nearest.h"

namespace starling {
namespace {

using nlohmann::json;

/// Bytes that are not UTF-8 can come in with an id or a name; an answer must not fail on them.
std::string text_of(const json& value) {
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::string excerpt(const std::string& text) { return starling::excerpt(text, 60); }

std::vector<std::string> names_of(const std::vector<TensorSpec>& specs) {
  std::vector<std::string> names;
  for (const auto& spec : specs) names.push_back(spec.name);
  return names;
}

Status check_shape(const Tensor& tensor, const TensorSpec& spec, std::int64_t batch_max) {
  bool fits = tensor.shape.size() == spec.shape.size();
  for (std::size_t i = 0; fits && i < spec.shape.size(); ++i) {
    fits = spec.shape[i] == -1 ? tensor.shape[i] >= 1 : tensor.shape[i] == spec.shape[i];
  }
  if (!fits) {
    return fail(ErrorCode::kInvalid, "input '{}': shape [{}] does not fit the model's [{}]",
                tensor.name, fmt::join(tensor.shape, ", "), fmt::join(spec.shape, ", "));
  }
  if (spec.shape[0] == -1 && tensor.shape[0] > batch_max) {
    return fail(ErrorCode::kInvalid, "input '{}': a batch of {} is over the model's bound of {}",
                tensor.name, tensor.shape[0], batch_max);
  }
  return {};
}

Result<std::vector<std::int64_t>> read_input_shape(const json& input, const std::string& name) {
  const auto found = input.find("shape");
  if (found == input.end() || !found->is_array() || found->size() > kRankMax) {
    return fail(ErrorCode::kInvalid, "input '{}': shape is missing or no list of at most {} sizes",
                name, kRankMax);
  }
  std::vector<std::int64_t> shape;
  for (const auto& size : *found) {
    if (!size.is_number_integer()) {
      return fail(ErrorCode::kInvalid, "input '{}': shape has {}, expected whole numbers", name,
                  excerpt(text_of(size)));
    }
    shape.push_back(size.get<std::int64_t>());
  }
  return shape;
}

Result<Tensor> read_input(const json& input, const ModelMetadata& metadata) {
  if (!input.is_object() || !input.contains("name") || !input["name"].is_string()) {
    return fail(ErrorCode::kInvalid, "every input must be an object with a name");
  }
  Tensor tensor;
  tensor.name = input["name"].get<std::string>();
  const auto* spec = metadata.input(tensor.name);
  if (spec == nullptr) {
    const auto names = names_of(metadata.inputs);
    return fail(ErrorCode::kInvalid, "input '{}' is unknown{}: the model takes {}",
                excerpt(tensor.name), did_you_mean(excerpt(tensor.name), names),
                fmt::join(names, ", "));
  }
  const auto datatype = input.find("datatype");
  if (datatype == input.end() || *datatype != datatype_name(spec->datatype)) {
    return fail(ErrorCode::kInvalid, "input '{}': datatype is {}, the model takes {}", tensor.name,
                datatype == input.end() ? "missing" : excerpt(text_of(*datatype)),
                datatype_name(spec->datatype));
  }
  tensor.datatype = spec->datatype;
  auto shape = read_input_shape(input, tensor.name);
  if (!shape) return fail(shape.error());
  tensor.shape = std::move(*shape);
  if (auto status = check_shape(tensor, *spec, metadata.batch_max); !status)
    return fail(status.error());
  const auto data = input.find("data");
  if (data == input.end())
    return fail(ErrorCode::kInvalid, "input '{}': data is missing", tensor.name);
  if (auto status = read_elements(*data, tensor); !status) return fail(status.error());
  return tensor;
}

Result<std::vector<Tensor>> read_inputs(const json& body, const ModelMetadata& metadata) {
  const auto found = body.find("inputs");
  if (found == body.end() || !found->is_array()) {
    return fail(ErrorCode::kInvalid, "inputs is missing or no list");
  }
  std::vector<std::optional<Tensor>> slots(metadata.inputs.size());
  for (const auto& item : *found) {
    auto tensor = read_input(item, metadata);
    if (!tensor) return fail(tensor.error());
    auto& slot =
        slots[static_cast<std::size_t>(metadata.input(tensor->name) - metadata.inputs.data())];
    if (slot) return fail(ErrorCode::kInvalid, "input '{}' is given twice", tensor->name);
    slot = std::move(*tensor);
  }
  std::vector<Tensor> inputs;
  for (std::size_t i = 0; i < slots.size(); ++i) {
    if (!slots[i])
      return fail(ErrorCode::kInvalid, "input '{}' is missing", metadata.inputs[i].name);
    inputs.push_back(std::move(*slots[i]));
  }
  return inputs;
}

Result<std::vector<std::string>> read_outputs(const json& body, const ModelMetadata& metadata) {
  std::vector<std::string> wanted;
  const auto found = body.find("outputs");
  if (found == body.end()) return wanted;
  if (!found->is_array()) return fail(ErrorCode::kInvalid, "outputs is no list");
  const auto names = names_of(metadata.outputs);
  for (const auto& item : *found) {
    if (!item.is_object() || !item.contains("name") || !item["name"].is_string()) {
      return fail(ErrorCode::kInvalid, "every output must be an object with a name");
    }
    auto name = item["name"].get<std::string>();
    if (std::find(names.begin(), names.end(), name) == names.end()) {
      return fail(ErrorCode::kInvalid, "output '{}' is unknown{}: the model gives {}",
                  excerpt(name), did_you_mean(excerpt(name), names), fmt::join(names, ", "));
    }
    wanted.push_back(std::move(name));
  }
  return wanted;
}

json tensor_spec_json(const TensorSpec& spec) {
  json out{{"name", spec.name}, {"datatype", datatype_name(spec.datatype)}, {"shape", spec.shape}};
  if (!spec.labels.empty()) out["parameters"] = {{"labels", spec.labels}};
  return out;
}

}  // namespace

Result<InferRequest> parse_infer_request(std::string_view body, const ModelMetadata& metadata) {
  const auto parsed = parse_json(body);
  if (parsed.is_discarded())
    return fail(ErrorCode::kInvalid,
                "the body is not well-formed JSON, or nested more than {} deep", kJsonDepthMax);
  if (!parsed.is_object()) return fail(ErrorCode::kInvalid, "the body must be a JSON object");
  InferRequest request;
  if (const auto id = parsed.find("id"); id != parsed.end()) {
    if (!id->is_string()) return fail(ErrorCode::kInvalid, "id must be a text");
    request.id = id->get<std::string>();
  }
  auto inputs = read_inputs(parsed, metadata);
  if (!inputs) return fail(inputs.error());
  request.inputs = std::move(*inputs);
  auto outputs = read_outputs(parsed, metadata);
  if (!outputs) return fail(outputs.error());
  request.outputs = std::move(*outputs);
  return request;
}

std::string infer_response(const std::string& model, const InferRequest& request,
                           const std::vector<Tensor>& outputs) {
  json body{{"model_name", model}, {"model_version", kModelVersion}, {"outputs", json::array()}};
  if (request.id) body["id"] = *request.id;
  for (const auto& output : outputs) {
    const auto& wanted = request.outputs;
    if (!wanted.empty() && std::find(wanted.begin(), wanted.end(), output.name) == wanted.end())
      continue;
    body["outputs"].push_back({{"name", output.name},
                               {"datatype", datatype_name(output.datatype)},
                               {"shape", output.shape},
                               {"data", elements_json(output)}});
  }
  return text_of(body);
}

std::string error_body(std::string_view message) { return text_of(json{{"error", message}}); }

std::string server_metadata_body() {
  return text_of(
      json{{"name", "starling-serve"}, {"version", "0.1.0"}, {"extensions", json::array()}});
}

std::string model_metadata_body(const std::string& model, const ModelMetadata& metadata) {
  json body{{"name", model}, {"versions", {kModelVersion}}, {"platform", "pytorch_torchscript"}};
  for (const auto& spec : metadata.inputs) body["inputs"].push_back(tensor_spec_json(spec));
  for (const auto& spec : metadata.outputs) body["outputs"].push_back(tensor_spec_json(spec));
  return text_of(body);
}

}  // namespace starling
