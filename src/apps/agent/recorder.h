// Writes what the agent does into the node's history, and keeps its latest decisions for the API.
#pragma once

#include <deque>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "control/agent.h"
#include "history/store.h"

namespace starling::agent {

/// Thread safe. Recording never waits for the disk.
class Recorder {
 public:
  static constexpr std::size_t kDecisionsKept = 1000;

  explicit Recorder(history::Store& store) : store_(store) {}

  void decided(const Decision& decision, const ModelSpec* spec);
  /// What became of the bids that an earlier decision asked for.
  void tender_settled(const TenderSettled& tender, const ModelSpec* spec);
  void placed(const PlacementChanged& change, TimePoint now, const ModelSpec* spec);
  /// This node's gateway in one second, with the replicas that served by then.
  void traffic(const std::vector<ModelTraffic>& traffic, TimePoint second, const FleetView& view);
  void places(const FleetView& view);

  /// Newest first, of one model if it is named.
  std::vector<nlohmann::json> decisions(const std::string& model, std::size_t limit) const;

 private:
  history::Store& store_;
  mutable std::mutex mutex_;
  std::deque<nlohmann::json> decisions_;
  std::map<std::string, NodeInfo> places_;
};

}  // namespace starling::agent
