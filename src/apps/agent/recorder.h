// Writes what the agent does into the node's history, and keeps its latest decisions for the API.
#pragma once

#include <atomic>
#include <deque>
#include <filesystem>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "apps/agent/meter.h"
#include "control/effects.h"
#include "control/fleet_view.h"
#include "history/store.h"

namespace starling::agent {

/// Thread safe, but for decided() and metered(), which the control thread alone calls. Recording
/// never waits for the disk.
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
  /// The fleet's requests for the models that this node owns, in one second.
  void demand(const std::map<std::string, std::uint64_t>& arrivals, TimePoint second,
              const FleetView& view);
  void places(const FleetView& view);
  /// The cost and health of this node, written every ten seconds; to be called at every view.
  /// `specs_seen`: when the specs were last known to be the store's; `data`: the agent's folder.
  void metered(const FleetView& view, std::optional<TimePoint> specs_seen,
               const std::filesystem::path& data);

  /// Newest first, of one model if it is named.
  std::vector<nlohmann::json> decisions(const std::string& model, std::size_t limit) const;

  /// Requests that this node's gateway rejected so far.
  std::uint64_t rejected() const { return rejected_; }

 private:
  void record_cost(const FleetView& view, const Reading& reading);
  void record_health(const FleetView& view, const Reading& reading, const NodeInfo& node,
                     std::optional<TimePoint> specs_seen, const std::filesystem::path& data);

  history::Store& store_;
  std::atomic<std::uint64_t> rejected_{0};
  // The control thread's:
  Meter meter_;
  std::map<std::string, TimePoint> forecasts_;  // model → origin of the last one recorded
  std::int64_t rows_shed_ = 0;                  // as last recorded
  mutable std::mutex mutex_;
  std::deque<nlohmann::json> decisions_;
  std::map<std::string, NodeInfo> places_;
  TimePoint places_at_{};  // last looked through
};

}  // namespace starling::agent
