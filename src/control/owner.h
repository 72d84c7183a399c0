// What the owner of one model does: observe, forecast, decide, place. A pure state machine.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/clock.h"
#include "control/decision.h"
#include "control/effects.h"
#include "control/epochs.h"
#include "control/market.h"
#include "control/messages.h"
#include "control/move.h"
#include "control/owned_replicas.h"
#include "control/owner_context.h"
#include "control/owner_policies.h"
#include "control/placement.h"
#include "control/ports.h"
#include "control/replica_move.h"
#include "control/replica_sizing.h"
#include "control/service_meter.h"
#include "control/shortage.h"
#include "control/tender_book.h"
#include "control/trade_book.h"
#include "forecast/forecaster.h"
#include "policy/learned/policy_net.h"
#include "policy/policy.h"
#include "policy/sizing/vertical_sizer.h"

namespace starling {

/// To be driven by its agent: what comes in goes to the method of its name, and the effects that
/// come out are to be carried out. It decides by `policies_`. What it keeps account of is in parts
/// of their own: `commands_` of replicas, `move_` of the one that moves, `tenders_` and `shortage_`
/// of room, `trades_` of the exchange, `meter_` of service, `sizing_` of the size of replicas.
class ModelOwner {
 public:
  /// `self` owns the model from `now` on, in an epoch above `heard`. `id_prefix` makes request ids
  /// unique in the fleet.
  ModelOwner(std::string self, std::string id_prefix, StoredSpec spec, TimePoint now,
             OwnerOptions options, Epoch heard = 0);

  /// From now on it goes by this version; policies and sizes that it leaves alone go on.
  void set_spec(const StoredSpec& spec, TimePoint now);
  const StoredSpec& spec() const { return spec_; }
  /// Where the learned policy decides, it begins anew with these weights: it has seen nothing, so
  /// nothing is let go for a while, as after a takeover. As a shadow it goes on with them.
  void set_policy_weights(std::shared_ptr<const PolicyNet> weights, TimePoint now);
  /// The model's past was handed over after its first decision: policies that go by it begin anew,
  /// and where one of them decides nothing is let go for a while, likewise.
  void take_over_past(TimePoint now);

  /// To be called several times in a bid window: closes what is due and decides once an interval,
  /// or asks for the forecast that the decision waits for.
  Effects on_tick(const OwnerContext& context);
  /// The forecast that was asked for: decides, unless it came too late for that.
  Effects on_forecast(Forecast forecast, const OwnerContext& context);
  /// An answer to a call for bids; one that comes too late is freed.
  Effects on_bid(const Bid& bid, const OwnerContext& context);
  /// What a node made of an award.
  Effects on_award_reply(const AwardReply& reply, const OwnerContext& context);
  /// Another model would buy: lets replicas go that are worth less here, and says how many.
  /// `obeyed`: the highest epoch of the buyer that this node has obeyed; `apart`: models that the
  /// buyer may share no node with.
  Effects on_offer(const PurchaseOffer& offer, Epoch obeyed, const std::set<std::string>& apart,
                   const OwnerContext& context);
  /// Nodes that keep room for what the model has bought and not got yet.
  std::set<std::string> keepers(TimePoint now) const { return trades_.keepers(now); }
  /// What another model sold of what this one offered for.
  Effects on_purchase_reply(const PurchaseReply& reply, const OwnerContext& context);

  /// What heartbeats tell the fleet of the model.
  ModelSummary summary(const OwnerContext& context) const;
  Epoch epoch() const { return epoch_; }
  /// Whether one of its replicas is being moved: the one that takes its place starts first.
  bool moving() const { return move_.begun(); }
  /// What new replicas are to have.
  Resources replica_size() const { return sizing_.size(); }
  /// What is known of their use and size, for the next owner: none where the spec fixes their size.
  std::optional<SizerRecord> sizer_record() const { return sizing_.record(); }
  /// Their size as it was decided; none where it was not, or the spec fixes it.
  std::optional<DecidedSize> decided_size() const { return sizing_.decided_size(); }
  /// Goes on from what the owner before knew of their use and size.
  void take_over(const SizerRecord& record) { sizing_.take_over(record); }
  /// The last decision, and the last one that asked for or let go of replicas.
  const std::optional<Decision>& last_decision() const { return last_; }
  const std::optional<Decision>& last_change() const { return last_change_; }

  /// The demand step at which a lead time is forecast: a few steps should span it.
  static Duration step_for(Duration lead);

 private:
  /// For a heartbeat to show what a node said it would do, and for the answer to an award.
  static constexpr Duration kAnswerPatience = 2s;

  // Observing.
  /// Those that there are now, and that are on their way.
  OwnedReplicas replicas(const OwnerContext& context);
  /// A node has obeyed an owner in this epoch: where it is a later one, this owner goes beyond it.
  void hear(Epoch epoch);
  /// Feeds the meter and the sizing, once a decision.
  void measure(const OwnerContext& context);
  /// As measured; a mean of 0 where too little was.
  ServiceTime service_time(const OwnerContext& context) const;
  Observation observe(const OwnerContext& context, const OwnedReplicas& replicas);

  // Deciding, and doing it.
  Effects decide(const OwnerContext& context);
  void hold_after_takeover(Decision& decision, TimePoint now) const;
  /// The most replicas that the tenant's money holds.
  static int most_affordable(const OwnedReplicas& have, const OwnerContext& context);
  void keep_within_budget(Decision& decision, const OwnedReplicas& have,
                          const OwnerContext& context);
  /// Asks for what is missing, lets go what is too much, and writes into the decision what it did.
  Effects act(Decision& decision, const OwnedReplicas& replicas, const OwnerContext& context);
  Effects ask_for(int missing, Decision& decision, const OwnedReplicas& replicas,
                  const OwnerContext& context);
  /// Lets leaving replicas go that others stand in for.
  Effects release_leaving(Decision& decision, const OwnedReplicas& replicas,
                          const OwnerContext& context);
  Effects replace_outdated(Decision& decision, const OwnedReplicas& replicas,
                           const OwnerContext& context);
  /// Stops those `among` replicas that `ids` names.
  Effects stop(const std::vector<std::string>& ids, const std::vector<ReplicaStatus>& among,
               const std::string& reason, TimePoint now, const PurchaseOffer* sold_for = nullptr);

  // Where replicas are better and worse off.
  PlacementQuery placement_query(const OwnerContext& context) const;
  PlacementView placement_view(const OwnerContext& context,
                               const std::vector<std::string>& nodes) const;
  /// The ids of `count` among the replicas to let go.
  std::vector<std::string> stops(const std::vector<ReplicaStatus>& among, int count,
                                 const OwnerContext& context) const;
  void consider_move(const Decision& decision, const OwnedReplicas& replicas,
                     const OwnerContext& context);
  std::optional<MoveChoice> best_move(const OwnedReplicas& replicas,
                                      const OwnerContext& context) const;

  // Tenders.
  std::string next_request();
  Effects open_tender(int wanted, const OwnerContext& context);
  /// Awards what was bid so far.
  Effects close_tender(const OwnerContext& context);
  std::vector<BidOutcome> chosen_of(const Tender& tender, const std::vector<Bid>& bids,
                                    const OwnerContext& context);
  Effect settle();
  void note_outcome(const TenderSettled& tender);
  Notice unplaced_notice(const OwnerContext& context) const;
  /// Whether nodes could hold a replica if they were empty, and none has room for one now.
  bool no_room(const OwnerContext& context) const;

  // The exchange of capacity that is short.
  /// Bends the decision to what the round of the exchange gives.
  Effects share(Decision& decision, const OwnedReplicas& replicas, const OwnerContext& context);
  Effects offer_for(const std::vector<MarketPart::Purchase>& purchases, TimePoint now);
  std::string refusal_of(const PurchaseOffer& offer, const OwnedReplicas& have, TimePoint now);
  std::string refusal_of_gain(double gain, const std::vector<double>& losses,
                              const OwnedReplicas& have, bool room) const;

  // Telling the fleet: each writes its part of a summary.
  void tell_load(ModelSummary& summary, const OwnerContext& context) const;
  void tell_service(ModelSummary& summary, const OwnerContext& context) const;
  void tell_decision(ModelSummary& summary, const OwnerContext& context) const;
  void tell_forecast(ModelSummary& summary, TimePoint now) const;

  std::string self_;
  std::string id_prefix_;
  Epoch epoch_;
  StoredSpec spec_;
  std::uint64_t generation_;
  OwnerOptions options_;  // without `policy`, which policies_ has
  OwnerPolicies policies_;
  TimePoint taken_;
  TimePoint next_decision_;
  std::optional<TimePoint> forecast_deadline_;  // set while a decision waits for its forecast
  std::optional<Forecast> forecast_;
  int requests_ = 0;  // tenders and offers so far: numbers their ids
  TenderBook tenders_;
  Shortage shortage_;
  ReplicaMove move_;
  TradeBook trades_;
  PendingCommands commands_;
  ServiceMeter meter_;
  ReplicaSizing sizing_;
  bool shared_ = false;      // the last decision was a share of capacity that is short
  int wish_ = 0;             // what the policy wants, before a short capacity is shared
  int unbudgeted_ = 0;       // what the last decision would have wanted without a budget …
  std::string over_budget_;  // … and why it did not
  std::optional<Decision> last_;
  std::optional<Decision> last_change_;
};

}  // namespace starling
