// The models of a chaos run as its user last had them, and what is asked of them.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "sim/fault_plan.h"
#include "sim/world.h"

namespace starling {

/// Not thread safe; one for each run.
class FaultWorkload {
 public:
  /// Of the models that the plan begins with.
  explicit FaultWorkload(const FaultPlan& plan);

  /// The specs that the store last acknowledged.
  const std::vector<ModelSpec>& models() const { return models_; }
  /// Names of all models that there ever were.
  const std::vector<std::string>& names() const { return names_; }
  /// Requests per second of models()[index].
  double demand(std::size_t index, Duration since_start) const;

  /// Whether the store ever acknowledged that the model was deleted.
  bool was_deleted(const std::string& model) const { return deleted_.contains(model); }

  /// Carries out a change of kSpec; false where the store refused it. A deleted model comes back
  /// with the next change that does not delete it.
  bool change(const Fault& fault, World& world);

 private:
  struct Source {
    ModelSpec first;  // as the plan begins with it
    DemandShape demand;
    int index = 0;  // among models alike
  };

  std::map<std::string, Source> sources_;
  std::vector<std::string> names_;
  std::vector<ModelSpec> models_;
  std::set<std::string> deleted_;
  int versions_ = 1;  // of artefacts
};

}  // namespace starling
