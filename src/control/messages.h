// What agents say to each other. Values only; codec.h gives them their form on the wire.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/clock.h"
#include "base/latency_histogram.h"
#include "control/failure_detector.h"
#include "control/handover.h"
#include "manifest/model_spec.h"

namespace starling {

/// How a node is bought.
enum class NodeClass {
  kOnDemand,  // until it is given back
  kSpot,      // cheaper; the cloud may take it back after a short notice
};
/// "on-demand", "spot".
const char* name_of(NodeClass node_class);

/// What a node is and where: fixed while its agent runs.
struct NodeInfo {
  std::string name;
  std::string cloud;
  std::string region;
  std::string zone;
  std::int64_t cpu_millis = 0;
  std::int64_t memory_bytes = 0;
  double price_per_cpu_hour = 0.04;
  std::string api_address;      // "host:port" of the agent's HTTP API
  std::string gateway_address;  // "host:port" of the node's data plane
  std::int64_t gpus = 0;
  double price_per_gpu_hour = 0;
  double price_per_gib_hour = 0;  // 0: memory is charged by the price of a CPU
  NodeClass node_class = NodeClass::kOnDemand;

  Resources capacity() const { return {cpu_millis, memory_bytes, gpus}; }
  bool operator==(const NodeInfo&) const = default;
};

/// What a node does about new replicas; its operator's will, kept over restarts.
enum class Scheduling {
  kOpen,      // it bids
  kCordoned,  // it bids for nothing and keeps what it runs
  kDraining,  // likewise, and others take over what it runs and what it decides for
};
/// "schedulable", "cordoned", "draining".
const char* name_of(Scheduling scheduling);
std::optional<Scheduling> scheduling_of(const std::string& name);

enum class ReplicaState { kStarting, kReady, kDraining };
const char* name_of(ReplicaState state);

struct ReplicaStatus {
  std::string id;
  std::string model;
  std::string node;
  std::uint64_t generation = 0;  // of the part of the spec that a running replica can't change
  ReplicaState state = ReplicaState::kStarting;
  std::string address;  // once ready
  Resources resources;
  std::vector<int> devices;  // the numbers of its GPUs on the node
  int concurrency = 1;
  TimePoint started{};
  Duration cold_start{};  // once it was ready
  double cpu_cores = 0;   // used over the last second
  std::int64_t memory_bytes =
      0;  // in use, what the kernel could drop at once left out; 0: not known
  std::int64_t memory_kills = 0;  // how often the kernel ended its process at its memory limit
  std::uint64_t epoch = 0;        // the highest that its node has obeyed of the model, see epochs.h
  bool operator==(const ReplicaStatus&) const = default;
};

/// What an owner decided of the size of one model's replicas.
struct SizeSummary {
  Resources size;         // that they are to have
  Resources recommended;  // that would serve the SLO most cheaply
  Resources floor;        // by what they are seen to use
  std::string reason;
  bool operator==(const SizeSummary&) const = default;
};

/// An owner's short account of one of its models, so that every agent can answer for the whole
/// fleet.
struct ModelSummary {
  std::string model;
  std::string policy;
  int desired = 0;
  double arrival_rate = 0;  // requests per second, last 5 s
  double in_flight = 0;
  double forecast_p50 = 0;  // requests per second at the lead time
  double forecast_p90 = 0;
  std::string forecast_method;
  double forecast_coverage = 0;  // recent share of outcomes within the 0.9 quantile, 0 … 1 …
  std::int64_t forecast_outcomes = 0;  // … among so many; 0: none came yet
  double latency_p50_s = 0;            // last 60 s
  double latency_p99_s = 0;
  double slo_attainment = 1;  // share of the last 60 s' requests, 0 … 1; 1 when there were none
  Duration cold_start{};      // 90th percentile as measured
  double rejected_rate = 0;   // requests per second that gateways rejected, last 5 s
  // Service time as measured, for admission control; a mean of 0: not measured.
  double service_mean_s = 0;
  double service_scv = 0;
  double service_occupancy_s = 0;
  TimePoint decided{};
  std::string reason;  // of the last decision
  int short_by = 0;    // replicas that several tenders in a row found no room for
  /// Only while capacity is short somewhere: bought and still to come, and what more and fewer are
  /// worth, see ReplicaValues.
  int promised = 0;
  std::vector<double> gains;
  std::vector<double> losses;
  std::optional<SizeSummary> size;  // once decided; none where the manifest asks for no sizing
  std::uint64_t epoch = 0;          // of the owner, see epochs.h
  int leaving = 0;                  // replicas on draining nodes …
  int unplaced = 0;  // … of which so many stay, as nobody had room for their replacements
  int wished = 0;    // replicas that the policy wants, whatever room there is
  /// Only where its tenant has a budget: what it would have without, and why it has less.
  int unbudgeted = 0;
  std::string over_budget;
  std::string problem;  // why nodes did not take replicas that are wanted; empty: they did
  bool operator==(const ModelSummary&) const = default;

  /// Whether any request of the last 60 s was judged: what was answered took time, and what was not
  /// lowers the attainment.
  bool judged() const { return latency_p99_s > 0 || slo_attainment < 1; }
};

/// One pool of elastic nodes, see node_pool.h. Nodes that may decide for it tell its name; the one
/// that does tells the rest.
struct PoolSummary {
  std::string name;
  bool decides = false;
  int min = 0;
  int max = 0;
  int wanted = 0;    // nodes
  int pending = 0;   // asked for and not in the fleet yet
  int running = 0;   // in the fleet
  int draining = 0;  // of these, on their way out
  int left = 0;      // that could be asked for on top, now
  Resources node_size;
  std::string cloud;
  double price_per_hour = 0;              // of a node
  std::optional<double> budget_per_hour;  // of all
  std::string limit;                      // what keeps it from asking for more; empty: nothing
  std::string error;                      // the provider's last, until it works again
  bool operator==(const PoolSummary&) const = default;
};

/// At once when replicas change and every few beats all the same: who I am, what I run, what is
/// free. In between a Beat says that it still holds.
struct Heartbeat {
  NodeInfo node;
  std::uint64_t incarnation = 0;  // grows with every start of the agent
  std::uint64_t sequence = 0;     // grows with every heartbeat of an incarnation
  bool leaving = false;           // the last one of an orderly shutdown
  Resources free;
  std::vector<ReplicaStatus> replicas;
  std::vector<ModelSummary> owned;  // the models that this node decides for
  /// Since its start it has not reached the spec store: it can't decide for any model, so others
  /// do.
  bool without_specs = false;
  Scheduling scheduling = Scheduling::kOpen;
  /// Of what came after the first version of these messages: 0 nothing, 1 Beat, Probe, ProbeAnswer
  /// and bounded ownership, see ownership.h; 2 cells, Change, Digest and RosterRequest, see
  /// cells.h; 3 the brief forms of Beat and TrafficReport, and changes that do not tell the room; 4
  /// HandoverRequest and Handover; 5 packed messages, see codec.h.
  int understands = 0;
  std::vector<PoolSummary> pools;  // that this node may decide for
  /// The sequence of the last heartbeat or change that this one takes in; 0: its own.
  std::uint64_t content = 0;
};
inline constexpr int kUnderstandsCells = 2;
inline constexpr int kUnderstandsBrief = 3;
inline constexpr int kUnderstandsHandover = 4;
inline constexpr int kUnderstandsPacked = 5;
inline constexpr int kUnderstands = kUnderstandsPacked;  // of this version

/// In place of a heartbeat that would say nothing new, where everybody understands it.
struct Beat {
  std::string node;
  std::uint64_t incarnation = 0;
  std::uint64_t sequence = 0;  // of heartbeats and beats together
  std::uint64_t content = 0;   // the sequence of the heartbeat that still holds
  bool brief = false;          // how it is written: as lists, without names of fields
};

/// A replica is ready, no longer ready, or on its way out; all else of it is as it was.
struct ReplicaTurn {
  std::string id;
  ReplicaState state = ReplicaState::kStarting;
  std::string address;
  Duration cold_start{};
  bool operator==(const ReplicaTurn&) const = default;
};

/// In place of a heartbeat in a large fleet: what is different from the content that it names. All
/// else of that content still holds.
struct Change {
  std::string node;
  std::uint64_t incarnation = 0;
  std::uint64_t sequence = 0;     // of heartbeats, beats and changes together
  std::uint64_t since = 0;        // the sequence of the content that it changes
  std::optional<Resources> free;  // none: what the replicas leave, see free_by_replicas()
  bool without_specs = false;
  Scheduling scheduling = Scheduling::kOpen;
  std::vector<ReplicaStatus> replicas;  // new ones and changed ones
  std::vector<ReplicaTurn> turned;
  std::vector<std::string> gone;      // ids of replicas
  std::vector<ModelSummary> owned;    // new and changed ones
  std::vector<std::string> disowned;  // models
  bool operator==(const Change&) const = default;
};

/// What a relay of a cell says of one node there.
struct NodeDigest {
  MemberState state = MemberState::kAlive;
  Duration heard{};           // so long ago it was last heard of; in tenths of a second, up to 6 s
  std::uint32_t content = 0;  // the last bits of its content's sequence, see content_bits()
  bool operator==(const NodeDigest&) const = default;
};

struct RosterName {
  std::string node;
  std::uint64_t incarnation = 0;
  bool operator==(const RosterName&) const = default;
};

/// Who of a cell is alive and what is the newest of each, to everybody, by one of the cell's
/// relays.
struct Digest {
  std::string from;               // the relay
  std::string cell;               // see cells.h
  std::uint64_t roster = 0;       // tells what `nodes` are of, see roster_id()
  std::vector<RosterName> names;  // of the roster; only when it changed, was asked for, or is due
  std::vector<NodeDigest> nodes;  // in the roster's order
  bool operator==(const Digest&) const = default;
};

/// To a relay whose digests are of a roster that `from` does not know.
struct RosterRequest {
  std::string from;
  std::string cell;
};

/// "Do you live?" to a silent node, straight or through another one, which also says what it knows.
struct Probe {
  std::string from;    // who asks
  std::string target;  // the silent node
  std::string via;     // who is asked to pass it on; empty: nobody
  std::uint64_t number = 0;
  std::uint64_t incarnation = 0;  // of the target's last heartbeat that `from` has
  std::uint64_t sequence = 0;
  bool suspected = false;  // so that the target can show itself to everybody
};

/// What the target, or who was asked to pass the probe on, answers.
struct ProbeAnswer {
  std::string from;  // who asked
  std::string target;
  std::string via;  // as in the probe: the target's answer takes the same way back
  std::string by;   // who answers
  std::uint64_t number = 0;
  bool misses = false;            // it does not hear the target either
  Duration heard{};               // so long ago it heard `last`
  std::optional<Heartbeat> last;  // only where it is newer than what `from` has
};

/// One gateway's view of one model over one second, sent to the model's owner and to the next in
/// line.
struct TrafficSample {
  std::string model;
  std::uint64_t arrivals = 0;
  std::uint64_t completed = 0;
  std::uint64_t failed = 0;
  std::uint64_t rejected = 0;    // by admission control: neither completed nor failed
  std::uint64_t within_slo = 0;  // of the completed ones
  double in_flight = 0;
  double queued = 0;
  LatencyHistogram latency;
  double service_sum_s = 0;
  double service_square_sum = 0;
  std::uint64_t service_count = 0;
};

struct TrafficReport {
  std::string node;
  TimePoint second{};
  std::vector<TrafficSample> samples;
  bool brief = false;  // how it is written: as lists, without names of fields
};

/// An owner asks every node how many of `count` replicas it could hold, and at what price.
struct BidRequest {
  std::string request;  // unique in the fleet
  std::string owner;
  std::string model;
  Resources resources;  // of one replica
  int count = 0;
  std::vector<std::string> clouds;  // allowed ones; empty: any
};

/// What kept a bid below what was asked for.
enum class BidLimit {
  kOther,       // no room, a cloud that is not allowed, …: what the words say
  kBudget,      // the tenant's money
  kFailedHere,  // a replica of the model failed on the node, which has given it up for now
};

/// A promise: the node keeps room for `count` replicas for Ledger::kPromise, or until the award.
struct Bid {
  std::string request;
  std::string node;
  int count = 0;
  double price_per_hour = 0;  // of one replica
  std::string reason;         // why fewer than asked for, for people
  std::uint64_t epoch = 0;    // the highest that the node has obeyed of the model
  bool warm = false;          // it runs or lately ran the model: its artefact is at hand
  BidLimit limit = BidLimit::kOther;
};

/// The owner takes up part of a bid. A count of 0 frees the promise.
struct Award {
  std::string request;
  std::string owner;
  std::string model;
  std::uint64_t generation = 0;
  int count = 0;
  std::uint64_t epoch = 0;  // of the owner; 0: of an older agent, which knows none
};

/// What became of an award. The node alone decides.
struct AwardReply {
  std::string request;
  std::string node;
  std::string model;
  std::vector<ReplicaStatus> started;
  std::string refusal;      // empty when all were started
  std::uint64_t epoch = 0;  // the highest that the node has obeyed of the model
};

/// An owner lets a replica go.
struct StopReplica {
  std::string owner;
  std::string model;
  std::string replica;
  std::string reason;
  std::string sold_to{};      // the model that its room is kept for; empty: anyone may have it
  std::uint64_t epoch = 0;    // as in Award
  Resources sold_size{0, 0};  // what one of the buyer's replicas needs: so much is kept
};

/// Where capacity is short, one model's owner offers another's what replicas would be worth to it.
struct PurchaseOffer {
  std::string request;              // unique in the fleet
  std::string owner;                // of the buyer
  std::string model;                // the buyer
  std::string seller;               // a model
  Resources resources;              // of one of the buyer's replicas
  std::vector<std::string> clouds;  // allowed ones; empty: any
  std::vector<double> gains;        // requests that each replica would save, falling
  std::uint64_t epoch = 0;          // as in Award
};

/// How many the seller's owner gave up; it alone decides.
struct PurchaseReply {
  std::string request;
  std::string model;   // the buyer
  std::string seller;  // a model
  int sold = 0;
  std::string refusal;               // why no more
  std::uint64_t epoch = 0;           // the highest that the seller's node has obeyed of the buyer
  std::vector<std::string> nodes{};  // where their room is, one name for each
};

using Message = std::variant<Heartbeat, TrafficReport, BidRequest, Bid, Award, AwardReply,
                             StopReplica, PurchaseOffer, PurchaseReply, Beat, Probe, ProbeAnswer,
                             Change, Digest, RosterRequest, HandoverRequest, Handover>;

/// Changes exactly when replicas must be replaced for the spec to hold (artefact, runtime,
/// concurrency, GPUs).
std::uint64_t generation_of(const ModelSpec& spec);

}  // namespace starling
