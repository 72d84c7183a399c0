#include "sim/fault_workload.h"

#include <algorithm>

namespace starling {

FaultWorkload::FaultWorkload(const FaultPlan& plan) : models_(plan_models(plan)) {
  std::size_t next = 0;
  for (const PlanModels& alike : plan.models) {
    for (int i = 0; i < alike.count; ++i, ++next) {
      names_.push_back(models_[next].name);
      sources_[models_[next].name] = {models_[next], alike.demand, i};
    }
  }
}

double FaultWorkload::demand(std::size_t index, Duration since) const {
  const Source& source = sources_.at(models_[index].name);
  return demand_at(source.demand, source.index, since);
}

bool FaultWorkload::change(const Fault& fault, World& world) {
  std::vector<ModelSpec> models = models_;
  const auto at = std::find_if(models.begin(), models.end(),
                               [&](const auto& m) { return m.name == fault.model; });
  if (fault.change == SpecChange::kDelete) {
    if (at != models.end()) models.erase(at);
  } else {
    ModelSpec& model =
        at != models.end() ? *at : models.emplace_back(sources_.at(fault.model).first);
    if (fault.change == SpecChange::kReplicas) model.replicas = fault.limits;
    if (fault.change == SpecChange::kArtifact)
      model.artifact = fmt::format("/models/{}-v{}.pt", model.name, ++versions_);
  }
  if (!world.set_models(models)) return false;
  if (fault.change == SpecChange::kDelete) deleted_.insert(fault.model);
  models_ = std::move(models);
  return true;
}

}  // namespace starling
