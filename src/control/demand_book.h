// The demand of the models that an agent is in line for, and where it comes from.
#pragma once

#include <map>
#include <set>
#include <string>

#include "control/demand.h"
#include "control/effects.h"
#include "control/knowledge.h"
#include "control/origins.h"

namespace starling {

class DemandBook {
 public:
  explicit DemandBook(const Knowledge& known) : known_(known) {}

  /// The model's; kept from now on, if it was not yet.
  Demand& of(const std::string& model) { return demands_[model]; }
  /// Null where nothing is kept.
  const Demand* find(const std::string& model) const;
  /// Which clouds the model's requests come from; null: not known.
  const Origins* origins_of(const std::string& model) const;
  /// Where requests for models that are gone came from.
  void forget_origins();
  /// The demand of models that this node is not in line for any more.
  void forget_out_of_line();

  /// What a gateway saw in a second. Nothing is made of it where its node's clock is elsewhere:
  /// that is said once.
  void on_report(const TrafficReport& report, TimePoint now, Effects& out);
  /// Whether what is handed over may be taken in. Says so once where its node's clock is ahead.
  bool believes(const Handover& handover, TimePoint now, Effects& out);
  /// A node is back, and its clock may have been mended.
  void on_return(const std::string& node) { clocks_apart_.erase(node); }

 private:
  bool believes(const TrafficReport& report, TimePoint now, Effects& out);

  const Knowledge& known_;
  std::map<std::string, Demand> demands_;
  std::map<std::string, Origins> origins_;
  std::set<std::string> clocks_apart_;  // nodes whose reports and hand-overs are of another time
};

}  // namespace starling
