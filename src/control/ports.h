// What the control plane needs of the world: Transport and SpecStore are implemented by `transport`
// (nats_transport.h, nats_spec_store.h), Runtime by `runtime` (process_runtime.h), Gateway by
// `gateway` (haproxy.h). The core itself calls none of them: it takes inputs and returns effects.
// The agent (apps/agent/node.cc) carries those out through these interfaces; the simulated world
// (sim/world.h) does it by itself, from an event queue.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/latency_histogram.h"
#include "base/result.h"
#include "manifest/model_spec.h"

namespace starling {

/// Carries small messages between agents: best effort, unordered, possibly duplicated.
class Transport {
 public:
  using Handler = std::function<void(std::string bytes)>;

  virtual ~Transport() = default;
  /// Bytes for this node, sent to it or to all, go to the handler, on a thread of the transport's.
  virtual void on_message(Handler handler) = 0;
  virtual void send(const std::string& node, const std::string& bytes) = 0;
  virtual void broadcast(const std::string& bytes) = 0;
  /// To the nodes that listen to a cell of which the path is a part, see cells.h.
  virtual void tell(const std::string& path, const std::string& bytes) = 0;
  /// Hears what is told to that cell instead of the one before; at first: to any.
  virtual void listen(const std::string& scope) = 0;
};

struct ReplicaStart {
  std::string id;  // unique in the fleet
  ModelSpec model;
  std::vector<int> devices{};  // the numbers of its GPUs on the node, as many as it asks for
  bool node_has_gpus = false;  // a replica without devices then sees none of them
};

struct ReplicaEvent {
  enum class Kind { kReady, kUnready, kFailed, kStopped };
  Kind kind = Kind::kReady;
  std::string id;
  std::string address;       // "127.0.0.1:6123", with kReady
  Duration cold_start{};     // start to ready, with the first kReady
  std::string detail;        // why, with kUnready and kFailed
  bool memory_kill = false;  // with these: the kernel ended it at its memory limit
};

/// What one replica uses, over about the last second.
struct ReplicaUsage {
  double cpu_cores = 0;
  std::int64_t memory_bytes = 0;  // what the kernel could drop at once left out; 0: not known
};

/// Runs replicas on this node. One thread calls it; no call blocks for longer than a process takes
/// to start.
class Runtime {
 public:
  virtual ~Runtime() = default;
  virtual Status start(const ReplicaStart& replica) = 0;
  /// Changes the limits of a running replica in place.
  virtual Status resize(const std::string& id, const Resources& resources) = 0;
  /// No new requests; those in flight get `grace` to finish, then the replica is ended. kStopped
  /// follows.
  virtual void stop(const std::string& id, Duration grace) = 0;
  /// What happened since the last call. A replica that crashed is restarted by the runtime with
  /// back-off (kUnready, then kReady again) and given up after several attempts (kFailed).
  virtual std::vector<ReplicaEvent> poll(TimePoint now) = 0;
};

struct RouteTarget {
  std::string replica;  // id
  std::string address;  // "host:port"
  int concurrency = 1;
  bool operator==(const RouteTarget&) const = default;
};

/// Ready replicas by model. A model with no target is known: its requests are held for a while.
using Routes = std::map<std::string, std::vector<RouteTarget>>;

/// What admission control lets one gateway have in flight of one model, queued ones included.
struct AdmissionLimit {
  std::int64_t in_flight = 0;
  std::int64_t retry_after_s = 1;  // told to those that are rejected
  bool operator==(const AdmissionLimit&) const = default;
};

/// By model. A model without one queues whatever comes.
using AdmissionLimits = std::map<std::string, AdmissionLimit>;

/// What one gateway saw of one model in one collection interval.
struct ModelTraffic {
  std::string model;
  std::uint64_t arrivals = 0;
  std::uint64_t completed = 0;  // answered without a server-side error
  std::uint64_t failed = 0;     // 5xx of any origin, queue time-outs, broken connections
  std::uint64_t rejected = 0;   // by this gateway's admission limit, with a 429
  double in_flight = 0;         // at the moment of collection, queued ones included
  double queued = 0;
  LatencyHistogram latency;  // of all answered requests, from first byte in to last byte out
  double service_sum_s = 0;  // time in the model alone, over `service_count` requests
  double service_square_sum = 0;
  std::uint64_t service_count = 0;
};

/// This node's data plane. One thread calls it.
class Gateway {
 public:
  virtual ~Gateway() = default;
  /// Makes the data plane follow `routes`; requests in flight are not dropped.
  virtual Status apply(const Routes& routes) = 0;
  /// What comes beyond a model's limit is rejected at once, from now on.
  virtual Status limit(const AdmissionLimits& limits) = 0;
  /// What was seen since the last call, models without traffic included with zeros.
  virtual Result<std::vector<ModelTraffic>> collect() = 0;
};

struct StoredSpec {
  ModelSpec spec;
  std::uint64_t revision = 0;
};

/// The replicated store of what should run. Thread safe.
class SpecStore {
 public:
  virtual ~SpecStore() = default;
  /// Creates (expected = 0) or replaces the spec if its revision is still `expected`; without
  /// `expected` whatever is there. Returns the new revision. Errors: kConflict, kUnavailable
  /// without a quorum.
  virtual Result<std::uint64_t> put(const ModelSpec& spec,
                                    std::optional<std::uint64_t> expected) = 0;
  virtual Status remove(const std::string& name, std::optional<std::uint64_t> expected) = 0;
  /// All specs, as this node last saw them. Errors: kUnavailable when the store can't be read.
  virtual Result<std::vector<StoredSpec>> list() = 0;
};

}  // namespace starling
