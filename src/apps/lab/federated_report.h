// What learning together came to, for people and for programs.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "apps/lab/federated_study.h"

namespace starling::lab {

std::string federated_table(const FederatedOptions& options, const FederatedOutcome& outcome);
/// What no number stands for, such as ε without noise, is null.
nlohmann::json federated_json(const FederatedOptions& options, const FederatedOutcome& outcome);

}  // namespace starling::lab
