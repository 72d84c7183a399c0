// The learned policy's network as it acts: a small recurrent network, without libtorch.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "policy/learned/features.h"

namespace starling {

/// tanh layer → gated recurrent unit (Cho et al. 2014, as PyTorch numbers its gates: reset, update,
/// new) → tanh action. Matrices are row-major, a row an output.
struct PolicyNet {
  int hidden = 0;
  bool recurrent = true;  // false: the state is zero at every decision
  /// Ablation: actions that set replicas by themselves instead of correcting the queueing decision.
  /// Such weights are judged where they learned (scaling_env.h) and act nowhere else.
  bool direct = false;
  std::vector<float> input_weight, input_bias;            // hidden × features, hidden
  std::vector<float> gates_input, gates_state;            // 3·hidden × hidden each
  std::vector<float> gates_input_bias, gates_state_bias;  // 3·hidden each
  std::vector<float> action_weight, action_bias;          // actions × hidden, actions
  std::string version;     // first 8 hex digits of the weights' SHA-256
  std::string trained_by;  // the command

  /// The mean action; `state` (hidden numbers, empty for zeros) moves on.
  PolicyAction act(const PolicyFeatures& features, std::vector<float>& state) const;
};

/// JSON with the sizes beside the numbers. Errors: a file that can't be read, is no such JSON,
/// names other features, or whose matrices are of another size or not finite.
Result<std::shared_ptr<const PolicyNet>> read_policy_net(const std::string& path);
/// The same of a text; `name` is what errors call it.
Result<std::shared_ptr<const PolicyNet>> parse_policy_net(const std::string& text,
                                                          const std::string& name);
std::string policy_net_json(const PolicyNet& net);

}  // namespace starling
