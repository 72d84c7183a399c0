// Implements forecast/meta/pooled.h.
#include "forecast/meta/pooled.h"

#include <utility>

namespace starling {
namespace {

constexpr double kGainMin = 0.01;  // of the loss: what a copy must take off to be worth it

}  // namespace

std::vector<PooledCopy> adapt_pools(const ForecasterArtifact& from,
                                    std::span<const Series> workloads,
                                    std::span<const Family> families, const RetrainOptions& options,
                                    const std::function<bool()>& go_on) {
  std::vector<PooledCopy> copies;
  for (const Family& family : families) {
    PooledCopy& pooled = copies.emplace_back(PooledCopy{family, std::nullopt, ""});
    std::vector<Series> pool;
    for (const std::size_t i : family.workloads) pool.push_back(workloads[i]);
    auto retrained = retrain(from, pool, options, go_on);
    if (!retrained) {
      pooled.reason = retrained.error().message;
      continue;
    }
    const bool better = retrained->loss_after < (1 - kGainMin) * retrained->loss_before;
    pooled.reason =
        fmt::format("loss on {} held-out workloads of {}: shared {:.4f}, adapted {:.4f}{}",
                    retrained->held_out, retrained->workloads, retrained->loss_before,
                    retrained->loss_after, better ? "" : "; the shared weights stay");
    if (better) pooled.copy = std::move(*retrained);
  }
  return copies;
}

}  // namespace starling
