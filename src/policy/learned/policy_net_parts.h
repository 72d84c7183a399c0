// The weights of a PolicyNet in one order, for who treats them all alike.
#pragma once

#include <array>
#include <vector>

#include "policy/learned/policy_net.h"

namespace starling {

inline constexpr std::array<std::vector<float> PolicyNet::*, 8> kPolicyNetParts{
    &PolicyNet::input_weight,  &PolicyNet::input_bias,       &PolicyNet::gates_input,
    &PolicyNet::gates_state,   &PolicyNet::gates_input_bias, &PolicyNet::gates_state_bias,
    &PolicyNet::action_weight, &PolicyNet::action_bias};

}  // namespace starling
