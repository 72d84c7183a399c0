#include "apps/lab/drive_payload.h"

#include <cmath>

namespace starling::lab {
namespace {

constexpr std::int64_t kElementsMax = 1'000'000;

Result<nlohmann::json> random_element(const std::string& datatype, Rng& rng) {
  if (datatype.starts_with("FP")) return std::round(rng.uniform() * 1e4) / 1e4;
  if (datatype.starts_with("INT") || datatype.starts_with("UINT")) return rng.below(10);
  if (datatype == "BOOL") return rng.chance(0.5);
  if (datatype == "BYTES") return std::string(1, static_cast<char>('a' + rng.below(26)));
  return fail(ErrorCode::kInvalid, "datatype '{}' is not of the Open Inference Protocol", datatype);
}

Result<nlohmann::json> random_input(const nlohmann::json& input, Rng& rng) {
  nlohmann::json shape = nlohmann::json::array();
  std::int64_t count = 1;
  for (const auto& dimension : input.at("shape")) {
    const std::int64_t size = std::max<std::int64_t>(1, dimension.get<std::int64_t>());
    if (size > kElementsMax / count)
      return fail(ErrorCode::kTooLarge, "more than {} elements", kElementsMax);
    count *= size;
    shape.push_back(size);
  }
  const auto datatype = input.at("datatype").get<std::string>();
  nlohmann::json data = nlohmann::json::array();
  for (std::int64_t i = 0; i < count; ++i) {
    auto element = random_element(datatype, rng);
    if (!element) return fail(element.error());
    data.push_back(std::move(*element));
  }
  return nlohmann::json{
      {"name", input.at("name")}, {"shape", shape}, {"datatype", datatype}, {"data", data}};
}

}  // namespace

Result<std::string> random_payload(const nlohmann::json& metadata, Rng rng) {
  try {
    nlohmann::json inputs = nlohmann::json::array();
    for (const auto& input : metadata.at("inputs")) {
      auto made = random_input(input, rng);
      if (!made) return fail(made.error());
      inputs.push_back(std::move(*made));
    }
    if (inputs.empty()) return fail(ErrorCode::kInvalid, "the metadata names no input");
    return nlohmann::json{{"inputs", inputs}}.dump();
  } catch (const nlohmann::json::exception& e) {
    return fail(ErrorCode::kInvalid, "the metadata is not of the Open Inference Protocol: {}",
                e.what());
  }
}

}  // namespace starling::lab
