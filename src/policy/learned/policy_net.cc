// Implements policy/learned/policy_net.h.
#include "policy/learned/policy_net.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <span>

#include "base/file.h"
#include "base/json.h"

namespace starling {
namespace {

using Json = nlohmann::json;

constexpr const char* kKind = "starling-policy/1";
constexpr int kHiddenMax = 512;

/// out = weight · in + bias
void affine(const std::vector<float>& weight, const std::vector<float>& bias,
            std::span<const float> in, std::span<float> out) {
  for (std::size_t row = 0; row < out.size(); ++row) {
    float sum = bias[row];
    const float* from = weight.data() + row * in.size();
    for (std::size_t i = 0; i < in.size(); ++i) sum += from[i] * in[i];
    out[row] = sum;
  }
}

/// The double with the fewest digits that is this float to seven of them.
double short_of(float value) { return std::stod(fmt::format("{:.7g}", value)); }

float sigmoid(float x) { return 1 / (1 + std::exp(-x)); }

/// A matrix of the file, by its name and the size that it must have.
struct Part {
  const char* name;
  std::vector<float> PolicyNet::*values;
  std::size_t (*size)(std::size_t hidden);
};

constexpr Part kParts[] = {
    {"input_weight", &PolicyNet::input_weight, [](std::size_t h) { return h * kPolicyFeatures; }},
    {"input_bias", &PolicyNet::input_bias, [](std::size_t h) { return h; }},
    {"gates_input", &PolicyNet::gates_input, [](std::size_t h) { return 3 * h * h; }},
    {"gates_state", &PolicyNet::gates_state, [](std::size_t h) { return 3 * h * h; }},
    {"gates_input_bias", &PolicyNet::gates_input_bias, [](std::size_t h) { return 3 * h; }},
    {"gates_state_bias", &PolicyNet::gates_state_bias, [](std::size_t h) { return 3 * h; }},
    {"action_weight", &PolicyNet::action_weight, [](std::size_t h) { return h * kPolicyActions; }},
    {"action_bias", &PolicyNet::action_bias, [](std::size_t) { return kPolicyActions; }},
};

}  // namespace

PolicyAction PolicyNet::act(const PolicyFeatures& features, std::vector<float>& state) const {
  const auto h = static_cast<std::size_t>(hidden);
  if (state.size() != h || !recurrent) state.assign(h, 0);
  std::vector<float> embedding(h), from_input(3 * h), from_state(3 * h);
  affine(input_weight, input_bias, features, embedding);
  for (float& x : embedding) x = std::tanh(x);
  affine(gates_input, gates_input_bias, embedding, from_input);
  affine(gates_state, gates_state_bias, state, from_state);
  for (std::size_t i = 0; i < h; ++i) {
    const float reset = sigmoid(from_input[i] + from_state[i]);
    const float update = sigmoid(from_input[h + i] + from_state[h + i]);
    const float candidate = std::tanh(from_input[2 * h + i] + reset * from_state[2 * h + i]);
    state[i] = (1 - update) * candidate + update * state[i];
  }
  PolicyAction action;
  affine(action_weight, action_bias, state, action);
  for (float& x : action) x = std::tanh(x);
  return action;
}

std::string policy_net_json(const PolicyNet& net) {
  Json json{{"kind", kKind},
            {"version", net.version},
            {"trained_by", net.trained_by},
            {"features", kPolicyFeatures},
            {"actions", kPolicyActions},
            {"hidden", net.hidden},
            {"recurrent", net.recurrent}};
  if (net.direct) json["direct"] = true;
  for (const Part& part : kParts) {
    for (const float value : net.*part.values)
      json["weights"][part.name].push_back(short_of(value));
  }
  return json.dump() + "\n";
}

Result<std::shared_ptr<const PolicyNet>> read_policy_net(const std::string& path) {
  const auto text = read_file(path);
  if (!text) return fail(text.error());
  return parse_policy_net(*text, path);
}

Result<std::shared_ptr<const PolicyNet>> parse_policy_net(const std::string& text,
                                                          const std::string& name) {
  const auto refuse = [&](const std::string& why) {
    return fail(ErrorCode::kInvalid,
                "{}: not the weights of a policy: {}; train them with starling-lab policy train",
                name, why);
  };
  const Json json = parse_json(text);
  if (!json.is_object() || json.value("kind", Json()) != kKind) {
    return refuse(fmt::format("expected JSON with \"kind\": \"{}\"", kKind));
  }
  if (json.value("features", Json()) != kPolicyFeatures ||
      json.value("actions", Json()) != kPolicyActions) {
    return refuse(
        fmt::format("expected {} features and {} actions", kPolicyFeatures, kPolicyActions));
  }
  const Json hidden = json.value("hidden", Json());
  if (!hidden.is_number_integer() || hidden < 1 || hidden > kHiddenMax) {
    return refuse(fmt::format("hidden must be a whole number of 1 … {}", kHiddenMax));
  }
  auto net = std::make_shared<PolicyNet>();
  net->hidden = hidden.get<int>();
  for (const auto& [key, text_of] : {std::pair{"version", &PolicyNet::version},
                                     std::pair{"trained_by", &PolicyNet::trained_by}}) {
    if (json.contains(key) && json[key].is_string()) net.get()->*text_of = json[key];
  }
  for (const auto& [key, flag] :
       {std::pair{"recurrent", &PolicyNet::recurrent}, std::pair{"direct", &PolicyNet::direct}}) {
    if (!json.contains(key)) continue;
    if (!json[key].is_boolean()) return refuse(fmt::format("{} must be true or false", key));
    net.get()->*flag = json[key];
  }
  const Json weights = json.value("weights", Json::object());
  for (const Part& part : kParts) {
    const std::size_t size = part.size(static_cast<std::size_t>(net->hidden));
    const Json values = weights.is_object() ? weights.value(part.name, Json()) : Json();
    const bool numbers = values.is_array() && values.size() == size &&
                         std::all_of(values.begin(), values.end(), [](const Json& value) {
                           return value.is_number() && std::isfinite(value.get<float>());
                         });
    if (!numbers)
      return refuse(fmt::format("weights.{} must be {} finite numbers", part.name, size));
    net.get()->*part.values = values.get<std::vector<float>>();
  }
  return std::shared_ptr<const PolicyNet>(std::move(net));
}

}  // namespace starling
