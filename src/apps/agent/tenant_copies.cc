// Implements apps/agent/tenant_copies.h.
#include "apps/agent/tenant_copies.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "base/log.h"
#include "forecast/meta/pooled.h"

namespace starling::agent {
namespace {

constexpr std::size_t kTenantsMax = 16;  // 3 MB of weights each

}  // namespace

std::map<std::string, ForecasterArtifact> copies_for_tenants(const ForecasterArtifact& from,
                                                             std::span<const Series> workloads,
                                                             const RetrainOptions& options,
                                                             const std::function<bool()>& go_on) {
  std::vector<std::string> tenants;
  for (const Series& series : workloads) {
    tenants.push_back(series.workload.substr(0, series.workload.rfind('/')));
  }
  auto families = families_by_label(tenants);
  if (families.size() < 2) return {};
  std::stable_sort(families.begin(), families.end(), [](const Family& a, const Family& b) {
    return a.workloads.size() > b.workloads.size();
  });
  families.resize(std::min(families.size(), kTenantsMax));
  std::map<std::string, ForecasterArtifact> copies;
  for (PooledCopy& pooled : adapt_pools(from, workloads, families, options, go_on)) {
    spdlog::info("forecaster {} for tenant {}: {}", from.version(), pooled.family.name,
                 pooled.reason);
    if (pooled.copy) copies.emplace(pooled.family.name, std::move(pooled.copy->artifact));
  }
  return copies;
}

}  // namespace starling::agent
