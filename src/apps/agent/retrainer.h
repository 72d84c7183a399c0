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
/// they are not kept over a restart.
class Retrainer {
 public:
  /// Called on the retrainer's thread.
  using TakeOn = std::function<void(const ForecasterArtifact&)>;
  using TakeOnCopies = std::function<void(std::map<std::string, ForecasterArtifact>)>;
  using LiveRecord = std::function<PairedLosses()>;

  /// `shipped`: the configured weights, which one can always go back to.
  Retrainer(const history::Store& history, ModelStore store, ForecasterArtifact shipped,
            const ForecasterArtifact& serving, const VersionOptions& options, TakeOn take_on,
            TakeOnCopies take_on_copies, LiveRecord live_record);
  ~Retrainer();

  RetrainCounters counters() const;

 private:
  void run();
  void train();
  /// True for so long, and until the agent stops.
  std::function<bool()> within(Duration time) const;
  void improve(const std::vector<Series>& usage);
  Status take_on(const ForecasterArtifact& artifact);
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
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::atomic<bool> stopping_{false};
  RetrainCounters counters_;
  std::thread thread_;
};

}  // namespace starling::agent
