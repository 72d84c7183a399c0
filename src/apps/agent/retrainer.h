// Keeps a node's copy of the forecaster's weights learning from the node's own history.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "apps/agent/fleet_learning.h"
#include "apps/agent/model_store.h"
#include "forecast/online/version_keeper.h"
#include "history/store.h"
#include "trace/series.h"

namespace starling::agent {

/// How often each happened since the start.
struct RetrainCounters {
  std::uint64_t promoted = 0, refused = 0, failed = 0, confirmed = 0, rolled_back = 0;
  std::uint64_t tenant_copies = 0;
};

/// A thread of the lowest priority that follows a VersionKeeper: trains on what this node's gateway
/// saw, at most a minute at a time, and hands over the weights that are to serve. Every change is
/// logged and counted; versions are in the store, so a restart goes on with the serving one. After
/// each training large tenants' copies of the serving weights are made anew, in another minute;
/// they are not kept over a restart. What it trained goes to the fleet's learning, and what came of
/// it averaged with the peers' is proposed in its place where it did better on this node's held-out
/// windows.
class Retrainer {
 public:
  /// Called on the retrainer's thread.
  using TakeOn = std::function<void(const ForecasterArtifact&)>;
  using TakeOnCopies = std::function<void(std::map<std::string, ForecasterArtifact>)>;
  using LiveRecord = std::function<PairedLosses()>;

  /// `shipped`: the configured weights, which one can always go back to. `look`: how often it asks
  /// what is due.
  Retrainer(const history::Store& history, ModelStore store, ForecasterArtifact shipped,
            const ForecasterArtifact& serving, const VersionOptions& options, TakeOn take_on,
            TakeOnCopies take_on_copies, LiveRecord live_record, FleetLearning& learning,
            std::chrono::milliseconds look = std::chrono::seconds(10));
  ~Retrainer();

  RetrainCounters counters() const;

 private:
  void run();
  void train();
  /// True for so long, and until the agent stops.
  std::function<bool()> within(Duration time) const;
  /// A version that training led to, with its losses on what was held out.
  struct Proposal {
    ForecasterArtifact artifact;
    double loss_before = 0;
    double loss_after = 0;
    std::string origin;
  };
  void improve(const std::vector<Series>& usage);
  Result<Proposal> train_own(const std::vector<Series>& usage, std::uint64_t& windows);
  /// The average with peers, where this node can judge it.
  std::optional<Proposal> merge_with_peers(const std::vector<Series>& usage,
                                           const ForecasterArtifact& own, std::uint64_t windows);
  Status take_on(const ForecasterArtifact& artifact, const std::string& origin);
  void tell(const VersionChange& change);
  void go_back();

  const history::Store& history_;
  ModelStore models_;
  ForecasterArtifact shipped_;
  ForecasterArtifact serving_;
  VersionKeeper keeper_;
  TakeOn take_on_;
  TakeOnCopies take_on_copies_;
  LiveRecord live_record_;
  FleetLearning& learning_;
  std::chrono::milliseconds look_;
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::atomic<bool> stopping_{false};
  RetrainCounters counters_;
  std::thread thread_;
};

}  // namespace starling::agent
