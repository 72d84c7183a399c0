// Weights of the forecaster adapted to what each tenant's models have in common.
#pragma once

#include <functional>
#include <map>
#include <span>
#include <string>

#include "forecast/meta/online_retrain.h"

namespace starling::agent {

/// One adapted copy of `from` for each tenant with enough models among `workloads`
/// ("tenant/model"), where it lowered the loss on models and hours that it did not learn from; at
/// most sixteen, of the tenants with the most models. A tenant who has all models gets none: `from`
/// was trained on the same. What became of each tenant is logged.
std::map<std::string, ForecasterArtifact> copies_for_tenants(
    const ForecasterArtifact& from, std::span<const Series> workloads,
    const RetrainOptions& options = {}, const std::function<bool()>& go_on = {});

}  // namespace starling::agent
