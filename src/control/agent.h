// One node's part in the fleet: the composition of membership, ownership, books, owners and routes.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "control/cell_watch.h"
#include "control/demand_book.h"
#include "control/digest_teller.h"
#include "control/effects.h"
#include "control/epochs.h"
#include "control/exchange_rounds.h"
#include "control/fleet_account.h"
#include "control/handovers.h"
#include "control/knowledge.h"
#include "control/owner.h"
#include "control/pools.h"
#include "control/prober.h"
#include "control/route_table.h"
#include "control/self_report.h"
#include "control/tenant_budgets.h"

namespace starling {

/// Of one agent, but for what its comments say is the same at all.
struct AgentOptions {
  MembershipOptions membership;
  OwnerOptions owner;
  Duration settle{2s};  // after a start or a freeze: listen to the others before deciding anything
  Duration drain_delay{1s};  // between leaving the routes and being stopped, so that gateways know
  Duration failed_start_pause{30s};  // a node whose replica failed leaves the model to the others
  Duration drain_grace{10s};         // for requests in flight
  Duration frozen_after{
      1500ms};  // a pause between ticks that means this agent, not the others, was away
  /// Capacity that was short may be short again before a start would have helped: for so long it
  /// goes by worth.
  Duration shortage_memory{30min};
  std::vector<PoolOptions> pools;  // of elastic nodes that this node may decide for
  Budgets budgets;                 // the same at every agent
};

/// Deterministic: no threads, clocks, sockets or randomness. Every call returns what is to be done.
class Agent {
 public:
  Agent(NodeInfo self, std::uint64_t incarnation, TimePoint now, AgentOptions options = {});
  Agent(const Agent&) = delete;  // its parts refer to one another
  Agent& operator=(const Agent&) = delete;

  /// Whether its messages may go out packed, see codec.h: in a fleet so large that it pays and of
  /// which everybody reads them, the dead as well: they may hear, and must be able to come back.
  /// Messages of a small fleet can be read on the wire by people.
  bool packs(TimePoint now) const {
    return membership_.divided() && membership_.understood_by_all() >= kUnderstandsPacked &&
           brief(now);
  }

  /// To be called about ten times a second.
  Effects on_tick(TimePoint now);
  /// Also of one that this node has sent to itself.
  Effects on_message(const Message& message, TimePoint now);
  /// The full set of specs, whenever it changed.
  Effects on_specs(std::vector<StoredSpec> specs, TimePoint now);
  /// Of a replica of this node; nothing for one that is not in its books any more.
  Effects on_replica_event(const ReplicaEvent& event, TimePoint now);
  /// The replica kept its size, and so do the books; it is tried again after a while.
  Effects on_resize_failed(const ResizeReplicaEffect& resize, const std::string& reason,
                           TimePoint now);
  /// What this node's gateway saw in the second that began at `second`.
  Effects on_traffic(const std::vector<ModelTraffic>& traffic, TimePoint second, TimePoint now);
  /// The answer to a WantForecast; nothing for a model that another node decides for by now.
  Effects on_forecast(const std::string& model, Forecast forecast, TimePoint now);
  /// What is known of a model's demand from before the start: see Demand::remember(). Before the
  /// first tick.
  void remember(const std::string& model, TimePoint second, std::uint64_t arrivals) {
    demands_.of(model).remember(second, arrivals);
  }
  /// Likewise Demand::remember_minute().
  void remember_minute(const std::string& model, TimePoint minute, std::uint64_t arrivals,
                       int known_seconds) {
    demands_.of(model).remember_minute(minute, arrivals, known_seconds);
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
  /// The same, kept current, see FleetAccount::update().
  std::shared_ptr<const FleetView> account(TimePoint now);
  /// Null for a model that another node decides for.
  const ModelOwner* owner_of(const std::string& model) const;
  /// Requests for each owned model in the second that began at `second`, at all gateways that have
  /// reported it.
  std::map<std::string, std::uint64_t> demand_in(TimePoint second) const;
  const std::map<std::string, StoredSpec>& specs() const { return specs_.all(); }
  const Ledger& ledger() const { return ledger_; }
  const Membership& membership() const { return membership_; }
  Scheduling scheduling() const { return scheduling_; }
  const Epochs& epochs() const { return epochs_; }
  /// [0] owns the model, [1], if there is one, is next in line. Empty for an unknown model.
  const std::vector<std::string>& ranked(const std::string& model) const { return line_.of(model); }

 private:
  /// A replica of that generation failed here: this node bids for none until then.
  struct FailedStart {
    std::uint64_t generation = 0;
    TimePoint until{};
    std::string detail;
  };

  // What the others say: agent_messages.cc, and of replicas agent_commands.cc.
  void handle(const Heartbeat& m, TimePoint now, Effects& out);
  void handle(const Beat& m, TimePoint now, Effects& out);
  void handle(const Change& m, TimePoint now, Effects& out);
  void handle(const Probe& m, TimePoint now, Effects& out);
  void handle(const ProbeAnswer& m, TimePoint now, Effects& out);
  void handle(const Digest& m, TimePoint now, Effects& out);
  void handle(const RosterRequest& m, TimePoint now, Effects& out);
  void handle(const TrafficReport& m, TimePoint now, Effects& out);
  void handle(const HandoverRequest& m, TimePoint now, Effects& out);
  void handle(const Handover& m, TimePoint now, Effects& out);
  void handle(const BidRequest& m, TimePoint now, Effects& out);
  void handle(const Bid& m, TimePoint now, Effects& out);
  void handle(const Award& m, TimePoint now, Effects& out);
  void handle(const AwardReply& m, TimePoint now, Effects& out);
  void handle(const StopReplica& m, TimePoint now, Effects& out);
  void handle(const PurchaseOffer& m, TimePoint now, Effects& out);
  void handle(const PurchaseReply& m, TimePoint now, Effects& out);

  /// Takes in what a node tells of itself, which came straight from it or was sent at `relayed`.
  void hear(const Heartbeat& m, std::optional<TimePoint> relayed, TimePoint now, Effects& out);
  void hear_epochs(const std::vector<ModelSummary>& owned);
  /// Carries out messages to this node at once and passes everything else on.
  void take(Effects effects, TimePoint now, Effects& out);
  /// Sends the call for bids to some, where not all are asked.
  bool asks_some(const BidRequest& request, TimePoint now, Effects& out) const;
  std::vector<std::string> bidders(const BidRequest& request, TimePoint now) const;

  // Telling.
  bool brief(TimePoint now) const;
  bool figures_matter(TimePoint now) const;
  Heartbeat describe(TimePoint now);
  void beat(TimePoint now, Effects& out);
  void tend_cells(TimePoint now, Effects& out);
  void notice_freeze(TimePoint now);

  // Deciding.
  void assign_owners(TimePoint now, Effects& out);
  OwnerContext context(const std::string& model, TimePoint now);
  ModelOwner* owned(const std::string& model);

  // The replicas of this node: agent_replicas.cc.
  void reconcile(TimePoint now, Effects& out);
  void drain(const std::string& id, TimePoint now);
  std::optional<Resources> size_for_running(const ModelSpec& spec) const;
  std::string barred(const std::string& model) const;
  /// Why the command of a model's owner is not carried out; nothing: it is.
  std::optional<std::string> refusal(const std::string& owner, const std::string& model,
                                     Epoch epoch, Effects& out);
  AwardReply start_replicas(const Award& award, const ModelSpec& spec, TimePoint now, Effects& out);

  void note_changes();
  void update_routes(TimePoint now, Effects& out);

  // In this order: each refers to some of those before it.
  AgentOptions options_;
  std::uint64_t incarnation_;
  Ledger ledger_;
  Membership membership_;
  SpecBook specs_;
  Succession line_;
  Knowledge known_{ledger_, membership_, specs_, line_};  // of these four
  Epochs epochs_;
  DemandBook demands_{known_};
  Owners owners_;
  Handovers handovers_{known_, demands_, owners_};
  TenantBudgets budgets_{known_, options_.budgets, options_.owner};
  ExchangeRounds exchange_{known_, budgets_, options_.owner, options_.shortage_memory};
  Pools pools_{known_, options_.pools};
  RouteTable routes_{known_};
  FleetAccount account_{known_};
  Prober prober_{known_.self(), membership_, options_.membership.detector};
  CellWatch cells_;
  DigestTeller digests_{known_};
  SelfReport report_;
  std::set<std::uint64_t> namesakes_;  // incarnations of agents that use this node's name
  Scheduling scheduling_ = Scheduling::kOpen;
  std::uint64_t commands_fenced_ = 0;
  std::map<std::string, TimePoint> drains_;           // replica id → stop it at
  std::map<std::string, TimePoint> resize_again_;     // replica id → not before
  std::map<std::string, FailedStart> failed_starts_;  // by model
  TimePoint last_tick_;
  TimePoint settled_at_;  // it decides nothing before
};

}  // namespace starling
