// What the owner of one model does: observe, forecast, decide, place. A pure state machine.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "control/budget.h"
#include "control/demand.h"
#include "control/effects.h"
#include "control/epochs.h"
#include "control/market.h"
#include "control/membership.h"
#include "control/origins.h"
#include "control/tender.h"
#include "policy/make_policy.h"
#include "policy/shadow.h"
#include "policy/sizing/vertical_sizer.h"

namespace starling {

struct OwnerOptions {
  Duration interval{2s};  // between decisions
  Duration phase{300ms};  // decisions come this long after a whole interval, when reports are in
  Duration forecast_wait{500ms};  // a decision waits no longer for its forecast
  /// A tender closes then, or once every live node has answered: never sooner in a large fleet,
  /// where some are asked (agent_bidders.cc).
  Duration bid_window{150ms};
  Duration takeover_hold{10s};  // a new owner lets nothing go for so long: it has not seen the past
  Duration cold_start_guess{5s};  // until one was measured
  Duration release{2s};           // from letting a replica go until its room is free
  PlacementOptions placement;
  ExchangeOptions exchange;
  PolicyOptions policy;
};

/// What an owner may look at.
struct OwnerContext {
  const Membership& members;
  const Demand& demand;
  TimePoint now;
  bool scarce = false;  // whether capacity is short in the fleet
  /// What this model may do in the present round of the exchange. Null where it takes no part.
  const MarketPart* market = nullptr;
  /// Which clouds the model's requests come from; null: not known.
  const Origins* origins = nullptr;
  /// What the budget of the model's tenant leaves it. Null where the tenant has none.
  const BudgetPart* budget = nullptr;
  /// Models that it may share no node with; null: none.
  const std::set<std::string>* apart = nullptr;
};

class ModelOwner {
 public:
  /// `self` owns the model from `now` on, in an epoch above `heard`. `id_prefix` makes request ids
  /// unique in the fleet.
  ModelOwner(std::string self, std::string id_prefix, StoredSpec spec, TimePoint now,
             OwnerOptions options, Epoch heard = 0);

  void set_spec(const StoredSpec& spec, TimePoint now);
  const StoredSpec& spec() const { return spec_; }
  /// Where the learned policy decides or is a shadow, it begins anew with these weights; it has
  /// seen nothing, so nothing is let go for a while, as after a takeover.
  void set_policy_weights(std::shared_ptr<const PolicyNet> weights, TimePoint now);

  Effects on_tick(const OwnerContext& context);
  Effects on_forecast(Forecast forecast, const OwnerContext& context);
  Effects on_bid(const Bid& bid, const OwnerContext& context);
  Effects on_award_reply(const AwardReply& reply, const OwnerContext& context);
  /// `obeyed`: the highest epoch of the buyer that this node has obeyed; `apart`: models that the
  /// buyer may share no node with.
  Effects on_offer(const PurchaseOffer& offer, Epoch obeyed, const std::set<std::string>& apart,
                   const OwnerContext& context);
  /// Nodes that keep room for what the model has bought and not got yet.
  std::set<std::string> keepers(TimePoint now) const;
  Effects on_purchase_reply(const PurchaseReply& reply, const OwnerContext& context);

  ModelSummary summary(const OwnerContext& context) const;
  Epoch epoch() const { return epoch_; }
  /// Whether one of its replicas is being moved: the one that takes its place starts first.
  bool moving() const { return moving_.has_value(); }
  /// What new replicas are to have.
  Resources replica_size() const;
  /// What is known of their use and size, for the next owner: none where the spec fixes their size.
  std::optional<SizerRecord> sizer_record() const;
  std::optional<DecidedSize> decided_size() const;
  void take_over(const SizerRecord& record);
  /// The last decision, and the last one that asked for or let go of replicas.
  const std::optional<Decision>& last_decision() const { return last_; }
  const std::optional<Decision>& last_change() const { return last_change_; }

  /// The demand step at which a lead time is forecast: a few steps should span it.
  static Duration step_for(Duration lead);

 private:
  /// Tenders at the same moment are promised each other's room: one that finds too little may be
  /// chance, so many in a row are not.
  static constexpr int kShortTenders = 3;
  /// For a heartbeat to show what a node said it would do, and for the answer to an award.
  static constexpr Duration kAnswerPatience = 2s;

  struct Tender {
    std::string request;
    TimePoint decided{};
    int wanted = 0;
    TimePoint closes{};
    std::map<std::string, Bid> bids;  // by node
  };
  /// A closed tender whose awards are not all answered.
  struct Placing {
    std::string request;
    TenderSettled so_far;
    std::set<std::string> awaited;  // nodes
    TimePoint until{};
  };
  /// A replica that another one on a better node is to stand in for.
  struct Moving {
    std::string replica;
    double gain = 0;         // money an hour that the move brings
    double cost_before = 0;  // of the replica where it is, see PlacementCost …
    double reference = 0;    // … by this reference price
    TimePoint until{};       // given up then
  };
  struct OwnOffer {
    TimePoint until{};
    int replicas = 0;
  };
  struct Promised {
    TimePoint until{};  // given up then
    std::string node;   // where its room is; empty: not known
  };
  struct Replicas {
    std::vector<ReplicaStatus> current;  // of the present generation, neither draining nor asked to
    std::vector<ReplicaStatus> outdated;  // of another generation, likewise
    int ready = 0;                        // of current
    int unheard = 0;                      // of ready, those on nodes that have missed heartbeats
    int expected = 0;                     // started by a node, not yet in its heartbeat
    std::vector<ReplicaStatus> leaving;   // of the present generation, on draining nodes or moved
    int leaving_ready = 0;
    int leaving_unheard = 0;  // of these, as unheard
    int standing = 0;         // of the leaving: those that none of the others replaces yet

    int staying() const { return static_cast<int>(current.size()) + expected; }
    int total() const { return staying() + standing; }
  };

  Replicas replicas(const OwnerContext& context);
  /// A node has obeyed an owner in this epoch: where it is a later one, this owner goes beyond it.
  void hear(Epoch epoch);
  void count_leaving(Replicas& found) const;
  Effects hand_over(Decision& decision, const Replicas& replicas, const OwnerContext& context);
  std::optional<Effect> note_unplaced(const OwnerContext& context);
  void note_problem(const std::vector<Bid>& bids);
  /// Whether what the replica uses is no longer that of its start, which no request asked for.
  static bool settled(const ReplicaStatus& replica, TimePoint now);
  void measure_cold_starts(const OwnerContext& context);
  void measure_cpu(const OwnerContext& context);
  /// As measured; a mean of 0 where too little was.
  ServiceTime service_time(const OwnerContext& context) const;
  static ServiceTime assumed_service(Duration slo);
  Duration cold_start() const;
  void set_sizing(TimePoint now);
  void observe_use(const OwnerContext& context);
  void decide_size(Decision& decision, const OwnerContext& context);
  void note_limit(double answered);
  double served_limit() const;
  std::optional<SizeSummary> size_summary() const;
  Observation observe(const OwnerContext& context, const Replicas& replicas);
  Effects decide(const OwnerContext& context);
  static std::unique_ptr<Policy> policy_for(const ModelSpec& spec, const PolicyOptions& options);
  void cast_shadows();
  std::vector<ShadowOutcome> ask_shadows(const Decision& decision);
  void hold_after_takeover(Decision& decision, TimePoint now) const;
  Effects share(Decision& decision, const Replicas& replicas, const OwnerContext& context);
  static int most_affordable(const Replicas& have, const OwnerContext& context);
  void keep_within_budget(Decision& decision, const Replicas& have, const OwnerContext& context);
  PlacementQuery placement_query(const OwnerContext& context) const;
  PlacementView placement_view(const OwnerContext& context,
                               const std::vector<std::string>& nodes) const;
  std::vector<std::string> stops(const std::vector<ReplicaStatus>& among, int count,
                                 const OwnerContext& context) const;
  void consider_move(const Decision& decision, const Replicas& replicas,
                     const OwnerContext& context);
  std::optional<Moving> best_move(const Replicas& replicas, const OwnerContext& context) const;
  bool keep_or_move(std::vector<BidOutcome>& bids);
  int promised(TimePoint now);
  void take_delivery(const std::string& node, int count);
  MarketPart still_worth(const MarketPart& part, const Decision& d, int promised, int most) const;
  std::vector<ReplicaStatus> fitting(const PurchaseOffer& offer, const std::set<std::string>& apart,
                                     const std::map<std::string, Resources>& taken,
                                     const std::vector<ReplicaStatus>& replicas,
                                     const OwnerContext& context) const;
  Effects act(Decision& decision, const Replicas& replicas, const OwnerContext& context);
  Effects open_tender(int wanted, const OwnerContext& context);
  bool could_run(const OwnerContext& context) const;
  bool room_now(const OwnerContext& context) const;
  Effects close_tender(const OwnerContext& context);
  Effect settle();
  void tell(const TenderSettled& tender);
  Effects stop(const std::vector<std::string>& ids, const std::vector<ReplicaStatus>& among,
               const std::string& reason, TimePoint now, const PurchaseOffer* sold_for = nullptr);

  std::string self_;
  std::string id_prefix_;
  Epoch epoch_;
  StoredSpec spec_;
  std::uint64_t generation_;
  OwnerOptions options_;
  std::unique_ptr<Policy> policy_;
  std::vector<ShadowPolicy> shadows_;
  OutcomeEstimate acting_;  // kept only beside shadows
  TimePoint taken_;
  TimePoint next_decision_;
  std::optional<TimePoint> forecast_deadline_;  // set while a decision waits for its forecast
  std::optional<Forecast> forecast_;
  std::optional<Tender> tender_;
  std::optional<Placing> placing_;
  int tenders_ = 0;
  int short_by_ = 0;           // replicas that the last tender found no room for
  bool unaffordable_ = false;  // the last tender was short of money, not of room
  int short_tenders_ = 0;      // in a row that found too little room
  int leaving_ = 0;            // replicas on draining nodes, at the last decision
  std::string problem_;        // why the last tender did not find room for all
  int unplaced_ = 0;           // of them, those that the last tender found no replacement for
  bool shared_ = false;        // the last decision was a share of capacity that is short
  int wish_ = 0;               // what the policy wants, before a short capacity is shared
  std::optional<Moving> moving_;
  TimePoint next_move_;
  int unbudgeted_ = 0;       // what the last decision would have wanted without a budget …
  std::string over_budget_;  // … and why it did not
  std::map<std::string, OwnOffer> offers_;       // by request
  std::map<std::string, TimePoint> offered_by_;  // others' models → no further offer before
  std::vector<Promised> promised_;               // replicas bought and still to come
  int sold_ = 0;                                 // or let go, since the last decision
  int free_starts_ = 0;  // that the round gives on free room and that have not begun
  std::map<std::string, TimePoint> expected_;  // replica id → forgotten at
  std::map<std::string, TimePoint> stopping_;  // replica id → asked again at
  std::deque<Duration> cold_starts_;
  std::set<std::string> cold_starts_seen_;  // replica ids
  double cpu_s_ = 0;                        // used by the replicas, and …
  double cpu_requests_ = 0;  // … requests answered meanwhile: both fading, see measure_cpu
  double cpu_share_ = 0;     // of their limits that the ready replicas use
  double cpu_limit_ = 0;     // of a ready replica, in cores; 0: none is ready
  double served_ = 0, served_by_limit_ = 0;           // requests, and over cpu_limit_: note_limit
  std::optional<VerticalSizer> sizer_;                // none where the spec fixes the size
  std::map<std::string, std::int64_t> memory_kills_;  // replica id → as last told
  std::optional<Decision> last_;
  std::optional<Decision> last_change_;
  std::optional<ServiceTime> last_service_;  // as measured, for when nothing is served
};

}  // namespace starling
