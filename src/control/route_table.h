// What an agent tells its gateway: where each model's requests go, and how many it may hold.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "control/effects.h"
#include "control/knowledge.h"
#include "policy/admission_limit.h"

namespace starling {

class RouteTable {
 public:
  explicit RouteTable(const Knowledge& known) : known_(known) {}

  /// What this node's gateway saw in one second: its share of the limits follows its traffic.
  void on_traffic(const std::vector<ModelTraffic>& traffic);
  /// Replicas of these models, or what is told of them, may have changed.
  void note(const std::set<std::string>& models);
  /// Somebody else decides for the model, or is next in line.
  void note_line(const std::string& model);
  /// Models have come or gone.
  void note_models() { stale_ = true; }

  /// What to tell the gateway now, if that is not what it was told last. Nothing before the specs
  /// are known.
  std::optional<SetRoutes> update(TimePoint now);

 private:
  bool make_anew();
  bool bring_up_to_date();
  std::vector<RouteTarget> targets_of(const std::string& model) const;
  AdmissionLimits limits() const;
  AdmissionLimit limit_of(const ModelSpec& spec, const ModelSummary& told, int ready) const;

  const Knowledge& known_;
  std::optional<Routes> routes_;  // as last told
  AdmissionLimits limits_;        // likewise
  TimePoint told_at_{};
  std::map<std::string, std::deque<GatewayLoad>> own_loads_;  // of this gateway, second by second
  bool stale_ = true;                                         // all of them …
  std::set<std::string> changed_;                             // … or those of these models
  bool limits_stale_ = true;
};

}  // namespace starling
