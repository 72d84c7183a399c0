// One node's part in the fleet: the composition of membership, ownership, books, owners and routes.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "control/apart.h"
#include "control/demand.h"
#include "control/digest.h"
#include "control/effects.h"
#include "control/epochs.h"
#include "control/ledger.h"
#include "control/membership.h"
#include "control/node_pool.h"
#include "control/owner.h"
#include "control/ranking.h"
#include "policy/admission_limit.h"

namespace starling {

inline constexpr std::size_t kLargeFleet = 48;  // nodes: from here on heartbeats are worth sparing

/// So many beats, which repeat nothing, come between two heartbeats of a node on which nothing
/// changes.
constexpr int beats_between(std::size_t fleet) {
  return std::max(2, static_cast<int>(fleet / kLargeFleet) * 3);
}

struct AgentOptions {
  MembershipOptions membership;
  OwnerOptions owner;
  Duration settle{2s};  // after a start or a freeze: listen to the others before deciding anything
  Duration drain_delay{1s};  // between leaving the routes and being stopped, so that gateways know
  Duration failed_start_pause{30s};  // a node whose replica failed leaves the model to the others
  Duration drain_grace{10s};         // for requests in flight
  Duration frozen_after{
      1500ms};  // a pause between ticks that means this agent, not the others, was away
  /// A capacity that was short may be short again before a start would have helped: for so long it
  /// goes by worth.
  Duration shortage_memory{30min};
  std::vector<PoolOptions> pools;  // of elastic nodes that this node may decide for
  /// Money an hour that all models of a tenant together may cost. The same at every agent.
  std::map<std::string, double> budgets;
};

struct ModelView {
  StoredSpec spec;
  std::string owner;
  ModelSummary summary;  // as its owner last told; empty before the first word
  int ready = 0;
  int starting = 0;
  int draining = 0;
};

/// Everything an agent knows of the fleet at one moment: values, safe to hand to other threads.
struct FleetView {
  TimePoint now{};
  std::string self;
  std::vector<Member> members;    // by name, this node included
  std::vector<ModelView> models;  // by name
  bool settled = false;
  std::uint64_t commands_fenced = 0;  // that this node refused because a later owner's was obeyed

  /// All that run on live members, by node.
  std::vector<const ReplicaStatus*> replicas() const;
  /// What this node runs.
  const std::vector<ReplicaStatus>& own_replicas() const;
};

/// Deterministic: no threads, clocks, sockets or randomness. Every call returns what is to be done.
class Agent {
 public:
  Agent(NodeInfo self, std::uint64_t incarnation, TimePoint now, AgentOptions options = {});

  /// Whether its messages may go out packed, see codec.h: in a fleet so large that it pays and of
  /// which everybody reads them, the dead as well: they may hear, and must be able to come back.
  /// Messages of a small fleet can be read on the wire by people.
  bool packs(TimePoint now) const {
    return divided() && membership_.understood_by_all() >= kUnderstandsPacked && brief(now);
  }

  /// To be called about ten times a second.
  Effects on_tick(TimePoint now);
  Effects on_message(const Message& message, TimePoint now);
  /// The full set of specs, whenever it changed.
  Effects on_specs(std::vector<StoredSpec> specs, TimePoint now);
  Effects on_replica_event(const ReplicaEvent& event, TimePoint now);
  /// The replica kept its size, and so do the books; it is tried again after a while.
  Effects on_resize_failed(const ResizeReplicaEffect& resize, const std::string& reason,
                           TimePoint now);
  /// What this node's gateway saw in the second that began at `second`.
  Effects on_traffic(const std::vector<ModelTraffic>& traffic, TimePoint second, TimePoint now);
  Effects on_forecast(const std::string& model, Forecast forecast, TimePoint now);
  /// What is known of a model's demand from before the start: see Demand::remember(). Before the
  /// first tick.
  void remember(const std::string& model, TimePoint second, std::uint64_t arrivals) {
    demands_[model].remember(second, arrivals);
  }
  /// Likewise Demand::remember_minute().
  void remember_minute(const std::string& model, TimePoint minute, std::uint64_t arrivals,
                       int known_seconds) {
    demands_[model].remember_minute(minute, arrivals, known_seconds);
  }
  /// The learner has given an owned model other weights of its own, or taken them away (empty).
  Effects on_adapted(const std::string& model, std::string film, TimePoint now);
  /// The learned policy goes on with other weights.
  Effects on_policy_weights(std::shared_ptr<const PolicyNet> weights, TimePoint now);
  /// What each replica of this node uses.
  void on_usage(const std::map<std::string, ReplicaUsage>& used);
  /// The operator's will, see Scheduling: at once, and until the next call. Also before the first
  /// tick, with what was kept from before the start.
  Effects set_scheduling(Scheduling scheduling, TimePoint now);
  /// What became of an AskProvider.
  Effects on_provider(const ProviderAnswer& answer, TimePoint now);
  /// The last words of an orderly shutdown.
  Effects leave(TimePoint now);

  FleetView view(TimePoint now) const;
  /// The same, kept current: it costs what changed since the last two calls, not the fleet, as long
  /// as whoever got the last but one has let go of it by then.
  std::shared_ptr<const FleetView> account(TimePoint now);
  const ModelOwner* owner_of(const std::string& model) const;
  /// Requests for each owned model in the second that began at `second`, at all gateways that have
  /// reported it.
  std::map<std::string, std::uint64_t> demand_in(TimePoint second) const;
  const std::map<std::string, StoredSpec>& specs() const { return specs_; }
  const Ledger& ledger() const { return ledger_; }
  const Membership& membership() const { return membership_; }
  Scheduling scheduling() const { return scheduling_; }
  const Epochs& epochs() const { return epochs_; }
  /// [0] owns the model, [1], if there is one, is next in line. Empty for an unknown model.
  const std::vector<std::string>& ranked(const std::string& model) const;

 private:
  /// What nodes go by in what an owner tells: whose commands count, and the size of replicas.
  struct Terms {
    Epoch epoch = 0;
    Resources size;
    bool operator==(const Terms&) const = default;
  };

  void handle(const Heartbeat& m, TimePoint now, Effects& out);
  void handle(const TrafficReport& m, TimePoint now, Effects& out);
  void handle(const BidRequest& m, TimePoint now, Effects& out);
  void handle(const Bid& m, TimePoint now, Effects& out);
  void handle(const Award& m, TimePoint now, Effects& out);
  void handle(const AwardReply& m, TimePoint now, Effects& out);
  void handle(const StopReplica& m, TimePoint now, Effects& out);
  void handle(const PurchaseOffer& m, TimePoint now, Effects& out);
  void handle(const PurchaseReply& m, TimePoint now, Effects& out);
  void handle(const Beat& m, TimePoint now, Effects& out);
  void handle(const Probe& m, TimePoint now, Effects& out);
  void handle(const ProbeAnswer& m, TimePoint now, Effects& out);
  void handle(const Change& m, TimePoint now, Effects& out);
  void handle(const Digest& m, TimePoint now, Effects& out);
  void handle(const RosterRequest& m, TimePoint now, Effects& out);
  void handle(const HandoverRequest& m, TimePoint now, Effects& out);
  void handle(const Handover& m, TimePoint now, Effects& out);

  /// Takes in what a node tells of itself, which came straight from it or was sent at `relayed`.
  void hear(const Heartbeat& m, std::optional<TimePoint> relayed, TimePoint now, Effects& out);
  void probe(TimePoint now, Effects& out);
  void ask(const Member& about, bool relays, TimePoint now, Effects& out);
  void fetch(const std::string& node, TimePoint now, Effects& out);
  std::vector<std::string> relays_for(const std::string& target) const;
  /// Whether the fleet has more cells than one, see cells.h.
  bool divided() const { return !cell_.empty(); }
  /// Whether everybody reads messages in their brief forms, as far as this agent knows all others.
  bool brief(TimePoint now) const {
    return membership_.understood() >= kUnderstandsBrief && unknown_.empty() && now >= settled_at_;
  }
  void tend_cell(TimePoint now, Effects& out);
  void find_cell(TimePoint now, Effects& out);
  void listen_on(TimePoint now);
  void beat_in_cell(TimePoint now, Effects& out);
  bool tells_now(const Change& change, bool regular, TimePoint now);
  void plan_figures(TimePoint now);
  void tell_digest(TimePoint now, Effects& out);
  void miss_cells(TimePoint now, Effects& out);
  Digest digest(TimePoint now) const;
  Heartbeat answer_for_self(TimePoint now);
  Heartbeat heartbeat(TimePoint now, bool leaving);
  bool figures_matter(TimePoint now) const;
  std::map<std::string, Terms> terms() const;
  void beat(TimePoint now, Effects& out);
  void notice_freeze(TimePoint now);
  /// Why the command of a model's owner is not carried out; nothing: it is.
  std::optional<std::string> refusal(const std::string& owner, const std::string& model,
                                     Epoch epoch, Effects& out);
  void assign_owners(TimePoint now, Effects& out);
  void tick_owners(TimePoint now, Effects& out);
  void note_line(const std::map<std::string, std::vector<std::string>>& before, TimePoint now);
  void tick_handover(TimePoint now, Effects& out);
  const std::string* other_in_line(const std::string& model) const;
  Handover handover(const std::string& model, bool past) const;
  void inherit(const std::string& model, Effects& out);
  void note_shortage(TimePoint now, Effects& out);
  void tick_pools(TimePoint now, Effects& out);
  bool decides_for_pool(const std::string& pool) const;
  PoolView pool_view(const NodePool& pool) const;
  Market market(TimePoint now);
  void note_origin(const std::string& model, const TrafficReport& report, double arrivals);
  std::vector<BudgetModel> budgeted(const std::string& tenant) const;
  const BudgetPart* budget_part(const std::string& model, TimePoint now);
  std::string barred(const std::string& model) const;
  Affordable affordable(const std::string& model, const Resources& size) const;
  const MarketPart* market_part(const std::string& model, TimePoint now);
  void reconcile(TimePoint now, Effects& out);
  void drain(const std::string& id, TimePoint now);
  void note_changes();
  void update_routes(TimePoint now, Effects& out);
  std::vector<RouteTarget> targets_of(const std::string& model) const;
  ModelView view_of(const StoredSpec& stored) const;
  void remember_load(const std::vector<ModelTraffic>& traffic);
  /// For the models that reject; those of which no service time is known are left out.
  AdmissionLimits admission_limits(const Routes& routes) const;
  /// The owner's last word; null before the first.
  const ModelSummary* summary_of(const std::string& model) const;
  bool from_now(const TrafficReport& report, TimePoint now, Effects& out);
  bool from_now(const Handover& handover, TimePoint now, Effects& out);
  std::vector<std::string> bidders(const BidRequest& request, TimePoint now) const;
  /// Sends the call for bids to some, where not all are asked.
  bool asks_some(const BidRequest& request, TimePoint now, Effects& out) const;
  /// Carries out messages to this node at once and passes everything else on.
  void take(Effects effects, TimePoint now, Effects& out);
  OwnerContext context(const std::string& model, TimePoint now);
  const StoredSpec* spec_of(const std::string& model) const;
  std::optional<Resources> size_for_running(const ModelSpec& spec) const;
  bool owns(const std::string& node, const std::string& model) const;

  AgentOptions options_;
  std::uint64_t incarnation_;
  std::uint64_t sequence_ = 0;
  Ledger ledger_;
  Membership membership_;
  std::map<std::string, StoredSpec> specs_;
  bool specs_known_ = false;
  KeptApart apart_;                                        // of specs_
  Ranking ranking_;                                        // what nodes each model prefers
  std::map<std::string, std::vector<std::string>> ranks_;  // model → owner, next in line
  std::vector<std::string> ranked_members_;                // the members that ranks_ was made for
  bool ranked_bounded_ = true;                             // whether by the bounded rule
  bool ranks_stale_ = true;
  TimePoint ranked_at_{};
  std::map<std::string, Demand> demands_;
  std::map<std::string, Origins> origins_;
  std::set<std::string> clocks_apart_;  // nodes whose reports and hand-overs are of another time
  std::set<std::uint64_t> namesakes_;   // incarnations of agents that use this node's name
  std::map<std::string, ModelOwner> owners_;
  /// Models that this node has come into line for and whose past it has not seen.
  struct Asking {
    TimePoint at{};  // next
    int asked = 0;
  };
  std::map<std::string, Asking> asking_;
  /// What owners have learned, as told to those in line.
  struct Learned {
    std::string film;
    std::optional<SizerRecord> sizer;
    TimePoint tell_at{};              // this node's, of a model that it owns
    std::optional<DecidedSize> told;  // of such a model, to the next in line
  };
  std::map<std::string, Learned> learned_;
  int handovers_ = 0;  // of this tick
  Epochs epochs_;
  std::uint64_t commands_fenced_ = 0;
  Scheduling scheduling_ = Scheduling::kOpen;
  std::map<std::string, TimePoint> drains_;        // replica id → stop it at
  std::map<std::string, TimePoint> resize_again_;  // replica id → not before
  struct FailedStart {
    std::uint64_t generation = 0;
    TimePoint until{};
    std::string detail;
  };
  std::map<std::string, FailedStart>
      failed_starts_;             // by model: this node bids for none until then
  std::optional<Routes> routes_;  // as last told to the gateway
  AdmissionLimits limits_;        // likewise
  std::map<std::string, std::deque<GatewayLoad>> own_loads_;  // of this gateway, second by second
  bool routes_stale_ = true;                                  // all of them …
  std::set<std::string> routes_changed_;                      // … or those of these models
  bool limits_stale_ = true;
  TimePoint routes_at_{};            // last told
  std::set<std::string> rejecting_;  // models with a limit
  /// Two accounts take turns, so that one can be brought up to date while others read the other.
  struct Account {
    std::shared_ptr<FleetView> view;
    Membership::Changes changes;  // since it was up to date
    bool stale = true;            // names of members or models have come or gone
  };
  std::array<Account, 2> accounts_;
  std::size_t account_ = 0;  // the last one
  std::map<std::string, NodePool> pools_;
  TimePoint pools_at_{};  // they are looked at again
  TimePoint short_until_{};
  TimePoint short_looked_at_{};
  std::map<std::string, MarketPart> round_;       // of the exchange, by model
  std::int64_t round_number_ = -1;                // the decision interval that round_ is of
  std::map<std::string, BudgetPart> allowances_;  // by model, of the tenants with a budget
  std::int64_t allowance_number_ = -1;            // the decision interval that they are of
  /// Of this node's probes, until it is clear whether at least those who were to pass it on
  /// answered.
  struct ProbeRound {
    std::uint64_t number = 0;
    TimePoint sent{};
    bool answered = false;
  };
  std::deque<ProbeRound> probe_rounds_;
  std::string probed_to_;                     // the member after which the next tick goes on to ask
  std::uint64_t probes_ = 0;                  // counts them
  std::map<std::string, TimePoint> fetched_;  // whose content was asked for, within a beat's time
  int fetches_ = 0;                           // of this tick
  // In a fleet of several cells:
  std::string path_;            // this node's, see cells.h
  std::string cell_;            // its present cell; empty: the whole fleet
  std::size_t cloud_told_ = 0;  // nodes of this cloud, as digests tell
  TimePoint cloud_told_at_{};
  TimePoint digest_heard_{};
  Rosters rosters_;                                // of all cells
  std::map<std::string, TimePoint> roster_asked_;  // by cell
  std::set<std::string> clouds_missed_;
  std::map<std::string, TimePoint> unknown_;  // nodes that digests name → last named
  std::vector<std::string> relayed_by_;       // of this cell
  std::vector<std::string> relayed_of_;       // the members that these were chosen among
  std::size_t turn_ = 0;                      // the last digest's
  bool digest_soon_ = false;                  // somebody of the cell came or went
  TimePoint digest_at_{};                     // the last one
  std::uint64_t roster_told_ = 0;             // in it
  int digests_with_names_ = 0;                // still to come
  int digests_ = 0;
  std::optional<Heartbeat> told_;  // what everybody knows of this node
  TimePoint figures_at_{};         // they are told again
  TimePoint untold_since_{};       // what can wait
  TimePoint started_;
  TimePoint last_tick_;
  TimePoint settled_at_;
  TimePoint next_beat_;
  bool beat_soon_ = true;
  std::map<std::string, Terms> terms_told_;  // by model, in the last heartbeat
  bool content_due_ = true;                  // the next beat is a heartbeat
  std::uint64_t content_ = 0;                // the sequence of the last one
  int beats_ = 0;                            // without content since
};

}  // namespace starling
