#include "serve/model_metadata.h"

#include "base/json.h"

namespace starling {
namespace {

Result<std::vector<std::int64_t>> read_shape(const nlohmann::json& json, const std::string& where) {
  if (!json.is_array() || json.empty() || json.size() > kRankMax) {
    return fail(ErrorCode::kInvalid, "{}.shape: expected a list of 1 to {} sizes", where, kRankMax);
  }
  std::vector<std::int64_t> shape;
  for (const auto& size : json) {
    if (!size.is_number_integer() || size < -1 || size == 0 || size > 1'000'000) {
      return fail(ErrorCode::kInvalid, "{}.shape: expected sizes of 1 to 1000000, or -1 for any",
                  where);
    }
    shape.push_back(size.get<std::int64_t>());
  }
  return shape;
}

Result<TensorSpec> read_tensor_spec(const nlohmann::json& json, const std::string& where) {
  if (!json.is_object() || !json.contains("name") || !json["name"].is_string()) {
    return fail(ErrorCode::kInvalid, "{}: expected a mapping with a name", where);
  }
  TensorSpec spec;
  spec.name = json["name"].get<std::string>();
  const auto& datatype = json.value("datatype", nlohmann::json("FP32"));
  if (!datatype.is_string())
    return fail(ErrorCode::kInvalid, "{}.datatype: expected a text", where);
  const auto parsed = parse_datatype(datatype.get<std::string>());
  if (!parsed) return fail(ErrorCode::kInvalid, "{}.{}", where, parsed.error().message);
  spec.datatype = *parsed;
  auto shape = read_shape(json.value("shape", nlohmann::json()), where);
  if (!shape) return fail(shape.error());
  spec.shape = std::move(*shape);
  const auto& labels = json.value("labels", nlohmann::json::array());
  if (!labels.is_array())
    return fail(ErrorCode::kInvalid, "{}.labels: expected a list of texts", where);
  for (const auto& label : labels) {
    if (!label.is_string())
      return fail(ErrorCode::kInvalid, "{}.labels: expected a list of texts", where);
    spec.labels.push_back(label.get<std::string>());
  }
  return spec;
}

Result<std::vector<TensorSpec>> read_tensor_specs(const nlohmann::json& json,
                                                  const std::string& key) {
  if (!json.contains(key) || !json[key].is_array() || json[key].empty()) {
    return fail(ErrorCode::kInvalid, "{}: expected a list of at least one tensor", key);
  }
  std::vector<TensorSpec> specs;
  for (const auto& item : json[key]) {
    auto spec = read_tensor_spec(item, fmt::format("{}[{}]", key, specs.size()));
    if (!spec) return fail(spec.error());
    specs.push_back(std::move(*spec));
  }
  return specs;
}

}  // namespace

const TensorSpec* ModelMetadata::input(const std::string& name) const {
  for (const auto& spec : inputs) {
    if (spec.name == name) return &spec;
  }
  return nullptr;
}

Result<ModelMetadata> parse_model_metadata(const std::string& text) {
  const auto json = parse_json(text);
  if (!json.is_object()) return fail(ErrorCode::kInvalid, "expected a JSON object");
  ModelMetadata metadata;
  auto inputs = read_tensor_specs(json, "inputs");
  if (!inputs) return fail(inputs.error());
  metadata.inputs = std::move(*inputs);
  auto outputs = read_tensor_specs(json, "outputs");
  if (!outputs) return fail(outputs.error());
  metadata.outputs = std::move(*outputs);
  const auto& batch_max = json.value("batch_max", nlohmann::json(metadata.batch_max));
  if (!batch_max.is_number_integer() || batch_max < 1) {
    return fail(ErrorCode::kInvalid, "batch_max: expected a whole number of at least 1");
  }
  metadata.batch_max = batch_max.get<std::int64_t>();
  return metadata;
}

}  // namespace starling
