#include "control/owner.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

#include "base/excerpt.h"
#include "control/past_demand.h"
#include "policy/market/demand_outlook.h"

namespace starling {
namespace {

constexpr int kHorizonMax = 12;
constexpr std::size_t kStopReasonMax = 500;     // bytes
constexpr std::size_t kSummaryReasonMax = 200;  // bytes: heartbeats carry it
constexpr Duration kLoadWindow = 3s;            // shorter ones are mostly counting noise

/// The first decision moment after `now`: a whole interval plus the phase.
TimePoint next_moment(TimePoint now, const OwnerOptions& options) {
  const auto interval = options.interval.count();
  const auto since = (now - options.phase).time_since_epoch().count();
  return TimePoint{Duration((since / interval + 1) * interval)} + options.phase;
}

Effects joined(Effects first, Effects more) {
  first.insert(first.end(), std::make_move_iterator(more.begin()),
               std::make_move_iterator(more.end()));
  return first;
}

}  // namespace

ModelOwner::ModelOwner(std::string self, std::string id_prefix, StoredSpec spec, TimePoint now,
                       OwnerOptions options, Epoch heard)
    : self_(std::move(self)),
      id_prefix_(std::move(id_prefix)),
      epoch_(epoch_above(heard, id_prefix_)),
      spec_(std::move(spec)),
      generation_(generation_of(spec_.spec)),
      options_(std::move(options)),
      policies_(spec_.spec, std::exchange(options_.policy, {})),
      taken_(now),
      next_decision_(now),
      meter_(options_.interval, options_.cold_start_guess),
      sizing_(spec_.spec, now) {}

void ModelOwner::set_spec(const StoredSpec& spec, TimePoint now) {
  spec_ = spec;
  generation_ = generation_of(spec.spec);
  policies_.set_spec(spec.spec);
  sizing_.set_spec(spec.spec, now);
}

void ModelOwner::set_policy_weights(std::shared_ptr<const PolicyNet> weights, TimePoint now) {
  if (policies_.set_weights(std::move(weights))) taken_ = now;
}

void ModelOwner::take_over_past(TimePoint now) {
  if (policies_.begin_anew()) taken_ = now;
}

Duration ModelOwner::step_for(Duration lead) {
  constexpr std::array<std::chrono::seconds, 9> kSteps{1s, 2s, 5s, 10s, 15s, 30s, 60s, 120s, 300s};
  for (const auto step : kSteps) {
    if (step * 3 >= lead) return step;
  }
  return kSteps.back();
}

OwnedReplicas ModelOwner::replicas(const OwnerContext& context) {
  const auto told = context.members.replicas_of(spec_.spec.name);
  for (const ReplicaStatus* replica : told) hear(replica->epoch);
  OwnedReplicas found = commands_.count(told, generation_, move_, context.members, context.now);
  found.count_standing(last_ ? std::optional(last_->allocation.replicas) : std::nullopt);
  return found;
}

void ModelOwner::hear(Epoch epoch) {
  if (epoch > epoch_ && plausible(epoch, epoch_)) epoch_ = epoch_above(epoch, id_prefix_);
}

void ModelOwner::measure(const OwnerContext& context) {
  const auto told = context.members.replicas_of(spec_.spec.name);
  const auto answered = context.demand.counts(context.now, options_.interval).completed;
  meter_.observe_cold_starts(told);
  const auto use = meter_.observe_cpu(told, static_cast<double>(answered), context.now);
  if (use) sizing_.observe_requests(*use);
  sizing_.observe_use(told, context.now);
}

ServiceTime ModelOwner::service_time(const OwnerContext& context) const {
  return meter_.with_occupancy(context.demand.service_time({0, 0}), replica_size().cpu_millis,
                               spec_.spec.concurrency);
}

Effects ModelOwner::on_tick(const OwnerContext& context) {
  const auto now = context.now;
  Effects effects;
  if (tenders_.closes(now)) effects = close_tender(context);
  if (tenders_.gives_up(now)) effects.push_back(settle());
  if (forecast_deadline_ && now >= *forecast_deadline_) {
    effects = joined(std::move(effects), decide(context));
  }
  if (now < next_decision_ || forecast_deadline_) return effects;
  next_decision_ = next_moment(now, options_);
  measure(context);
  const Duration lead = meter_.cold_start() + options_.interval;
  const Duration step = step_for(lead);
  const Duration reach = DemandOutlook::reach_of(meter_.cold_start(), options_.interval);
  const int horizon = std::clamp(static_cast<int>((reach + step - 1us) / step) + 1, 1, kHorizonMax);
  if (forecast_ && forecast_->step == step && forecast_->origin == Demand::series_end(now, step) &&
      forecast_->steps.size() >= static_cast<std::size_t>(horizon)) {
    return joined(std::move(effects), decide(context));  // nothing new to forecast from
  }
  Series series = context.demand.series(now, step);
  if (std::find(series.present.begin(), series.present.end(), 1) == series.present.end()) {
    forecast_.reset();
    return joined(std::move(effects), decide(context));
  }
  series.workload = spec_.spec.name;
  effects.push_back(
      WantForecast{spec_.spec.name, std::move(series), horizon, tenant_of(spec_.spec)});
  forecast_deadline_ = now + options_.forecast_wait;
  return effects;
}

Effects ModelOwner::on_forecast(Forecast forecast, const OwnerContext& context) {
  forecast_ = std::move(forecast);
  if (!forecast_deadline_)
    return {};  // it came too late for its decision; the next may still use it
  return decide(context);
}

Observation ModelOwner::observe(const OwnerContext& context, const OwnedReplicas& replicas) {
  const Duration window = std::max<Duration>(options_.interval, kLoadWindow);
  const Demand& demand = context.demand;
  Observation o;
  o.now = context.now;
  o.arrival_rate = demand.arrival_rate(context.now, window);
  o.in_flight = demand.in_flight(context.now, window);
  o.queued = demand.queued(context.now, window);
  const auto counts = demand.counts(context.now, window);
  const auto judged = counts.judged();
  o.missed_rate =
      static_cast<double>(judged - std::min(counts.within_slo, judged)) / seconds(window);
  o.ready = std::min(replicas.ready + replicas.leaving_ready, replicas.total());
  o.unmeasured = std::min(replicas.unheard + replicas.leaving_unheard, o.ready);
  o.starting = replicas.total() - o.ready;
  o.concurrency = spec_.spec.concurrency;
  const double slots = static_cast<double>(o.ready) * o.concurrency;
  const double busy = slots > 0 ? demand.busy(context.now, window) / slots : 0;
  o.utilization = std::min(1.0, std::max(busy, meter_.cpu_share()));
  o.cold_start = meter_.cold_start();
  o.release = options_.release;
  o.interval = options_.interval;
  const auto service = meter_.note_service(service_time(context));
  o.service_assumed = !service;
  o.service = service ? *service : ServiceMeter::assumed_service(spec_.spec.slo.latency);
  sizing_.plan(o, meter_);
  // Older than two decisions, a forecast says less than the load that is seen now.
  const bool fresh = forecast_ && context.now - forecast_->origin <= 2 * options_.interval +
                                                                         options_.forecast_wait +
                                                                         2 * forecast_->step;
  o.forecast = fresh ? &*forecast_ : nullptr;
  return o;
}

Effects ModelOwner::decide(const OwnerContext& context) {
  forecast_deadline_.reset();
  const OwnedReplicas have = replicas(context);
  Decision d;
  d.time = context.now;
  d.model = spec_.spec.name;
  d.owner = self_;
  d.policy = policies_.name();
  d.observation = observe(context, have);
  if (d.observation.forecast != nullptr) d.forecast = *d.observation.forecast;
  d.objective = {spec_.spec.slo.latency, spec_.spec.slo.percentile, spec_.spec.replicas.min,
                 spec_.spec.replicas.max, spec_.spec.priority};
  d.current = have.total();
  const PastDemand past(context.demand, context.now);
  d.observation.past = &past;
  d.allocation = policies_.decide(d.observation, d.objective);
  hold_after_takeover(d, context.now);
  // A tenant's money is shared by replicas of the decided size.
  sizing_.decide(d, context.demand, context.members, meter_.served_limit(),
                 context.budget == nullptr);
  d.shadow = policies_.ask_shadows(d);
  d.observation.forecast = nullptr;
  d.observation.past = nullptr;
  Effects effects = share(d, have, context);
  keep_within_budget(d, have, context);
  effects = joined(std::move(effects), act(d, have, context));
  consider_move(d, have, context);
  trades_.on_decision(d.current - d.allocation.replicas);
  effects.push_back(Decided{d});
  if (!d.outcome.empty()) last_change_ = d;
  last_ = std::move(d);
  return effects;
}

void ModelOwner::hold_after_takeover(Decision& d, TimePoint now) const {
  if (now >= taken_ + options_.takeover_hold || d.allocation.replicas >= d.current) return;
  const int kept = std::min(d.current, d.objective.max);
  if (kept <= d.allocation.replicas) return;
  d.allocation.guards.push_back(
      {"takeover-hold",
       fmt::format("owner for {:.1f} s of {:.0f} s", seconds(now - taken_),
                   seconds(options_.takeover_hold)),
       d.allocation.replicas, kept});
  d.allocation.replicas = kept;
}

Effects ModelOwner::act(Decision& d, const OwnedReplicas& have, const OwnerContext& context) {
  int missing = d.allocation.replicas - have.staying();
  if (move_.begun() && have.standing > 0 && missing > have.standing) {
    move_.give_up();  // more are wanted: it stays, and a move can wait
    --missing;
  }
  const auto leaving =
      std::count_if(have.leaving.begin(), have.leaving.end(),
                    [&](const ReplicaStatus& replica) { return !move_.moves(replica.id); });
  shortage_.on_decision(
      {missing, static_cast<int>(leaving), have.ready >= d.allocation.replicas, shared_});
  if (missing > 0 && tenders_.is_open()) {
    d.did("waiting for bids already asked for");
    return {};
  }
  Effects effects;
  if (missing > 0) {
    effects = ask_for(missing, d, have, context);
  } else if (missing < 0) {
    d.did(fmt::format("let {} go", -missing));
    effects = stop(stops(have.current, -missing, context), have.current, d.allocation.reason,
                   context.now);
  }
  effects = joined(std::move(effects), release_leaving(d, have, context));
  return joined(std::move(effects), replace_outdated(d, have, context));
}

Effects ModelOwner::ask_for(int missing, Decision& d, const OwnedReplicas& have,
                            const OwnerContext& context) {
  d.asked_for_bids = true;
  std::string asked = fmt::format("asked for {} more", missing);
  if (move_.begun()) {
    asked += fmt::format(", in place of one that would cost {:.4f}/h less elsewhere",
                         move_.choice().gain);
  } else if (have.standing > 0) {
    asked += fmt::format(", in place of {} on draining nodes", have.standing);
  }
  d.did(asked);
  return open_tender(missing, context);
}

/// Replicas of an older spec serve until the new ones can; without room or money for both, one goes
/// first. A new one on a node that misses heartbeats stands in for nobody.
Effects ModelOwner::replace_outdated(Decision& d, const OwnedReplicas& have,
                                     const OwnerContext& context) {
  if (have.outdated.empty()) return {};
  const bool replaced = have.ready - have.unheard >= d.allocation.replicas;
  const int release = replaced                 ? static_cast<int>(have.outdated.size())
                      : shortage_.holds_back() ? 1
                                               : 0;
  if (release == 0) return {};
  d.did(fmt::format("replaced {} of an older spec", release));
  return stop(stops(have.outdated, release, context), have.outdated, "the spec changed",
              context.now);
}

Effects ModelOwner::stop(const std::vector<std::string>& ids,
                         const std::vector<ReplicaStatus>& among, const std::string& reason,
                         TimePoint now, const PurchaseOffer* sold_for) {
  Effects effects;
  for (const auto& replica : among) {
    if (std::find(ids.begin(), ids.end(), replica.id) == ids.end()) continue;
    commands_.stopping(replica.id, now + kAnswerPatience);
    StopReplica stop{self_, replica.model, replica.id, excerpt(reason, kStopReasonMax), "", epoch_};
    if (sold_for != nullptr) {
      stop.sold_to = sold_for->model;
      stop.sold_size = sold_for->resources;
    }
    effects.push_back(Send{replica.node, std::move(stop)});
  }
  return effects;
}

ModelSummary ModelOwner::summary(const OwnerContext& context) const {
  ModelSummary s;
  s.model = spec_.spec.name;
  s.policy = policies_.name();
  s.epoch = epoch_;
  tell_load(s, context);
  tell_service(s, context);
  tell_decision(s, context);
  tell_forecast(s, context.now);
  shortage_.tell(s);
  s.promised = trades_.promised(context.now);
  s.size = sizing_.summary(last_);
  return s;
}

void ModelOwner::tell_load(ModelSummary& s, const OwnerContext& context) const {
  constexpr Duration kRecent = 5s, kLonger = 60s;
  const Demand& demand = context.demand;
  s.arrival_rate = demand.arrival_rate(context.now, kRecent);
  s.in_flight = demand.in_flight(context.now, kRecent);
  s.rejected_rate =
      static_cast<double>(demand.counts(context.now, kRecent).rejected) / seconds(kRecent);
  const auto latency = demand.latency(context.now, kLonger);
  s.latency_p50_s = latency.quantile(0.5);
  s.latency_p99_s = latency.quantile(0.99);
  const auto counts = demand.counts(context.now, kLonger);
  const auto judged = counts.judged();
  s.slo_attainment =
      judged == 0 ? 1 : static_cast<double>(counts.within_slo) / static_cast<double>(judged);
}

void ModelOwner::tell_service(ModelSummary& s, const OwnerContext& context) const {
  const ServiceTime service = service_time(context);
  s.service_mean_s = service.mean_s;
  s.service_scv = service.scv;
  s.service_occupancy_s = service.occupancy_s;
  s.cold_start = meter_.cold_start();
}

void ModelOwner::tell_decision(ModelSummary& s, const OwnerContext& context) const {
  s.wished = wish_;
  if (!last_) return;
  s.desired = last_->allocation.replicas;
  s.decided = last_->time;
  s.reason = excerpt(last_->allocation.reason, kSummaryReasonMax);
  s.unbudgeted = unbudgeted_;
  s.over_budget = over_budget_;
  if (context.scarce || context.budget != nullptr) {
    s.gains = last_->allocation.values.gains;
    s.losses = last_->allocation.values.losses;
  }
}

/// The peak until a replica that is asked for at the next decision would serve.
void ModelOwner::tell_forecast(ModelSummary& s, TimePoint now) const {
  if (!forecast_) return;
  const auto until = now + meter_.cold_start() + options_.interval;
  s.forecast_p50 = forecast_->peak(now, until, 0.5);
  s.forecast_p90 = forecast_->peak(now, until, 0.9);
  s.forecast_method = forecast_->method;
  s.forecast_coverage = forecast_->coverage.recent_share;
  s.forecast_outcomes = forecast_->coverage.recent_outcomes;
}

}  // namespace starling
