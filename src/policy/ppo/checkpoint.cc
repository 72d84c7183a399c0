// Implements policy/ppo/checkpoint.h.
#include "policy/ppo/checkpoint.h"

#include <nlohmann/json.hpp>

#include "base/file.h"
#include "base/json.h"

namespace starling::ppo {
namespace {

using Json = nlohmann::json;

// Some keys are older names, kept so that checkpoints of older versions still read: `spread` of the
// actions' standard deviation, `constraint` of the multipliers' options, `prices` of their
// integrals.

/// What must be the same for a training to go on from where it stands.
Json identity(const TrainingOptions& options) {
  return {{"updates", options.updates},
          {"steps", options.rollout_steps},
          {"hidden", options.hidden},
          {"recurrent", options.recurrent},
          {"rate", options.learning_rate},
          {"seed", options.seed},
          {"every", options.checkpoint_every},
          {"spread", {options.action_std_initial, options.action_std_final}},
          {"churn", options.churn_weight},
          {"gae", {options.gae.gamma, options.gae.lambda}},
          {"ppo",
           {options.ppo.clip_range, options.ppo.value_coefficient, options.ppo.target_kl,
            options.ppo.epochs, options.ppo.minibatches}},
          {"constraint",
           {options.multipliers.initial, options.multipliers.integral_gain,
            options.multipliers.proportional_gain, options.multipliers.episode_steps}},
          {"start", options.initial_actor ? options.initial_actor->version : ""},
          {"critic_updates", options.critic_warmup_updates},
          {"environment", options.environment}};
}

Json saved(const std::vector<at::Tensor>& tensors) {
  Json all = Json::array();
  for (const at::Tensor& tensor : tensors) all.push_back(floats(tensor));
  return all;
}

/// Empty where it is no array of numbers.
std::vector<double> numbers(const Json& json) {
  std::vector<double> values;
  for (const Json& value : json.is_array() ? json : Json::array()) {
    if (!value.is_number()) return {};
    values.push_back(value.get<double>());
  }
  return values;
}

bool restore(const Json& json, std::vector<at::Tensor>& tensors) {
  if (!json.is_array() || json.size() != tensors.size()) return false;
  const at::NoGradGuard no_gradients;
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    if (!json[i].is_array() || json[i].size() != static_cast<std::size_t>(tensors[i].numel())) {
      return false;
    }
    std::vector<float> values;
    for (const Json& value : json[i]) {
      if (!value.is_number()) return false;
      values.push_back(value.get<float>());
    }
    tensors[i].copy_(at::from_blob(values.data(), tensors[i].sizes(), at::kFloat));
  }
  return true;
}

}  // namespace

Result<void> read_checkpoint(const std::string& path, const TrainingOptions& options,
                             TrainingState& state, ActorCritic& network, net::AdamW& optimiser) {
  const auto text = read_file(path);
  if (!text) return fail(text.error());
  const Json json = parse_json(*text);
  if (!json.is_object() || json.value("options", Json()) != identity(options)) {
    return fail(ErrorCode::kInvalid,
                "{}: a checkpoint of a training with other options; remove it to begin anew", path);
  }
  const Json update = json.value("update", Json());
  if (!update.is_number_integer() ||
      !state.multipliers.restore(numbers(json.value("prices", Json())),
                                 numbers(json.value("missed", Json()))) ||
      !restore(json.value("weights", Json()), network.weights()) ||
      !restore(json.value("first", Json()), optimiser.first_moments()) ||
      !restore(json.value("second", Json()), optimiser.second_moments()) ||
      !json.value("steps", Json()).is_number_integer()) {
    return fail(ErrorCode::kInvalid,
                "{}: a damaged checkpoint, or one of other workloads; remove it to begin anew",
                path);
  }
  optimiser.resume_after(json["steps"].get<int>());
  state.update = update.get<int>();
  return {};
}

Result<void> write_checkpoint(const std::string& path, const TrainingOptions& options,
                              const TrainingState& state, ActorCritic& network,
                              net::AdamW& optimiser) {
  const Json json{{"options", identity(options)},
                  {"update", state.update},
                  {"prices", state.multipliers.integrals()},
                  {"missed", state.multipliers.mean_missed()},
                  {"steps", optimiser.steps()},
                  {"weights", saved(network.weights())},
                  {"first", saved(optimiser.first_moments())},
                  {"second", saved(optimiser.second_moments())}};
  return write_file_atomically(path, json.dump());
}

}  // namespace starling::ppo
