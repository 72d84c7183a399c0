// Pooled adaptation: one adapted copy of the shared weights for each family of workloads.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "forecast/meta/families.h"
#include "forecast/meta/online_retrain.h"

namespace starling {

/// What became of one family.
struct PooledCopy {
  Family family;
  std::optional<Retrained> copy;  // nothing where the shared weights stay
  std::string reason;             // one sentence, for people
};

/// Adapts all weights to each family's workloads (`retrain`: AdamW 1e-4, the steps, 0 among them,
/// chosen on the family's held-out workloads). A family below options.workloads_min, or whose
/// copy has not 1 % less loss, keeps the shared weights. One copy a family, in their order. `go_on`
/// is asked before each step; stopped early, a family has the best so far.
std::vector<PooledCopy> adapt_pools(const ForecasterArtifact& from,
                                    std::span<const Series> workloads,
                                    std::span<const Family> families,
                                    const RetrainOptions& options = {},
                                    const std::function<bool()>& go_on = {});

}  // namespace starling
