#include "control/owner.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "base/excerpt.h"
#include "base/nearest_rank.h"
#include "control/tender.h"

namespace starling {
namespace {

constexpr std::size_t kColdStartsKept = 20;  // the rolling window of the 90th percentile
constexpr int kHorizonMax = 12;
constexpr std::size_t kStopReasonMax = 500;     // bytes
constexpr std::size_t kSummaryReasonMax = 200;  // bytes: heartbeats carry it
constexpr Duration kLoadWindow = 3s;            // shorter ones are mostly counting noise
constexpr Duration kSummaryWindow = 60s;

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
      options_(options),
      policy_(policy_for(spec_.spec, options_.policy)),
      taken_(now),
      next_decision_(now) {
  cast_shadows();
  set_sizing(now);
}

void ModelOwner::set_spec(const StoredSpec& spec, TimePoint now) {
  if (spec.spec.policy != spec_.spec.policy) policy_ = policy_for(spec.spec, options_.policy);
  const bool same_shadows = spec.spec.shadow == spec_.spec.shadow;
  spec_ = spec;
  generation_ = generation_of(spec.spec);
  if (!same_shadows) cast_shadows();
  set_sizing(now);
}

Duration ModelOwner::step_for(Duration lead) {
  constexpr std::array<std::chrono::seconds, 9> kSteps{1s, 2s, 5s, 10s, 15s, 30s, 60s, 120s, 300s};
  for (const auto step : kSteps) {
    if (step * 3 >= lead) return step;
  }
  return kSteps.back();
}

ModelOwner::Replicas ModelOwner::replicas(const OwnerContext& context) {
  const auto now = context.now;
  std::erase_if(expected_, [&](const auto& entry) { return entry.second <= now; });
  std::erase_if(stopping_, [&](const auto& entry) { return entry.second <= now; });
  Replicas found;
  for (const ReplicaStatus* replica : context.members.replicas_of(spec_.spec.name)) {
    expected_.erase(replica->id);
    hear(replica->epoch);
    if (replica->state == ReplicaState::kDraining || stopping_.contains(replica->id)) continue;
    if (replica->generation != generation_) {
      found.outdated.push_back(*replica);
      continue;
    }
    const bool leaving =
        context.members.draining(replica->node) || (moving_ && moving_->replica == replica->id);
    (leaving ? found.leaving : found.current).push_back(*replica);
    if (replica->state != ReplicaState::kReady) continue;
    ++(leaving ? found.leaving_ready : found.ready);
    const Member* node = context.members.find(replica->node);
    if (node != nullptr && node->state != MemberState::kAlive)
      ++(leaving ? found.leaving_unheard : found.unheard);
  }
  found.expected = static_cast<int>(expected_.size());
  count_leaving(found);
  return found;
}

void ModelOwner::measure_cold_starts(const OwnerContext& context) {
  for (const ReplicaStatus* replica : context.members.replicas_of(spec_.spec.name)) {
    if (replica->cold_start <= 0s) continue;
    if (!cold_starts_seen_.insert(replica->id).second) continue;
    cold_starts_.push_back(replica->cold_start);
    if (cold_starts_.size() > kColdStartsKept) cold_starts_.pop_front();
  }
  constexpr std::size_t kSeenMax = 10000;  // ids never come back, so an emptied memory costs little
  if (cold_starts_seen_.size() > kSeenMax) cold_starts_seen_.clear();
}

/// CPU per request, over about the last ten decisions. Under a CPU limit this, not the time in the
/// model, says how many requests a replica can take: parsing and answering them costs CPU too.
void ModelOwner::measure_cpu(const OwnerContext& context) {
  constexpr double kFading = 0.9;
  double cores = 0, limit = 0;
  int ready = 0;
  bool all_settled = true;
  for (const ReplicaStatus* replica : context.members.replicas_of(spec_.spec.name)) {
    all_settled =
        all_settled && replica->state != ReplicaState::kStarting && settled(*replica, context.now);
    if (replica->state != ReplicaState::kReady) continue;
    cores += replica->cpu_cores;
    limit += static_cast<double>(replica->resources.cpu_millis) / 1000;
    ++ready;
  }
  cpu_share_ = limit > 0 ? cores / limit : 0;
  cpu_limit_ = ready > 0 ? limit / ready : 0;
  const auto answered = context.demand.counts(context.now, options_.interval).completed;
  note_limit(static_cast<double>(answered));
  if (!all_settled) return;
  cpu_s_ = kFading * cpu_s_ + cores * seconds(options_.interval);
  cpu_requests_ = kFading * cpu_requests_ + static_cast<double>(answered);
  if (sizer_)
    sizer_->observe_requests(cores * seconds(options_.interval), static_cast<double>(answered));
}

/// Of a model that nothing was measured of: far within its SLO, which somebody thought can be met.
ServiceTime ModelOwner::assumed_service(Duration slo) {
  constexpr double kMost_s = 0.05, kShare = 0.1;
  return {std::min(kMost_s, kShare * seconds(slo)), 1};
}

ServiceTime ModelOwner::service_time(const OwnerContext& context) const {
  constexpr double kRequestsMin =
      50;  // below, what a replica burns while idle would count as theirs
  ServiceTime service = context.demand.service_time({0, 0});
  if (cpu_requests_ < kRequestsMin) return service;
  const double limit_cores =
      cpu_limit_ > 0 ? cpu_limit_ : static_cast<double>(replica_size().cpu_millis) / 1000;
  const double slots_per_core = spec_.spec.concurrency / limit_cores;
  service.occupancy_s = cpu_s_ / cpu_requests_ * slots_per_core;
  return service;
}

Duration ModelOwner::cold_start() const {
  if (cold_starts_.empty()) return options_.cold_start_guess;
  return nearest_rank<Duration>({cold_starts_.begin(), cold_starts_.end()}, 0.9);
}

Effects ModelOwner::on_tick(const OwnerContext& context) {
  const auto now = context.now;
  Effects effects;
  if (tender_ && now >= tender_->closes) effects = close_tender(context);
  if (placing_ && now >= placing_->until) effects.push_back(settle());
  if (forecast_deadline_ && now >= *forecast_deadline_) {
    effects = joined(std::move(effects), decide(context));
  }
  if (now < next_decision_ || forecast_deadline_) return effects;
  next_decision_ = next_moment(now, options_);
  measure_cold_starts(context);
  measure_cpu(context);
  observe_use(context);
  const Duration lead = cold_start() + options_.interval;
  const Duration step = step_for(lead);
  const Duration reach = DemandOutlook::reach_of(cold_start(), options_.interval);
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

Observation ModelOwner::observe(const OwnerContext& context, const Replicas& replicas) {
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
  o.utilization = std::min(1.0, std::max(busy, cpu_share_));
  o.cold_start = cold_start();
  o.release = options_.release;
  o.interval = options_.interval;
  o.service = service_time(context);
  if (o.service.mean_s > 0) {
    last_service_ = o.service;
  } else if (last_service_) {
    o.service = *last_service_;
  } else {
    o.service_assumed = true;
    o.service = assumed_service(spec_.spec.slo.latency);
  }
  if (sizer_) {
    o.service = sizer_->planned(o.service, served_limit(), o.concurrency);
    o.size = sizer_->observed(cpu_limit_);
  }
  // Older than two decisions, a forecast says less than the load that is seen now.
  const bool fresh = forecast_ && context.now - forecast_->origin <= 2 * options_.interval +
                                                                         options_.forecast_wait +
                                                                         2 * forecast_->step;
  o.forecast = fresh ? &*forecast_ : nullptr;
  return o;
}

Effects ModelOwner::decide(const OwnerContext& context) {
  forecast_deadline_.reset();
  const Replicas have = replicas(context);
  Decision d;
  d.time = context.now;
  d.model = spec_.spec.name;
  d.owner = self_;
  d.policy = policy_->name();
  d.observation = observe(context, have);
  if (d.observation.forecast != nullptr) d.forecast = *d.observation.forecast;
  d.objective = {spec_.spec.slo.latency, spec_.spec.slo.percentile, spec_.spec.replicas.min,
                 spec_.spec.replicas.max, spec_.spec.priority};
  d.current = have.total();
  d.allocation = policy_->decide(d.observation, d.objective);
  hold_after_takeover(d, context.now);
  decide_size(d, context);
  d.shadow = ask_shadows(d);
  d.observation.forecast = nullptr;
  Effects effects = share(d, have, context);
  keep_within_budget(d, have, context);
  effects = joined(std::move(effects), act(d, have, context));
  consider_move(d, have, context);
  sold_ = std::max(0, d.current - d.allocation.replicas);  // what went is the cheapest to lose
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

Effects ModelOwner::act(Decision& d, const Replicas& have, const OwnerContext& context) {
  int missing = d.allocation.replicas - have.staying();
  if (moving_ && have.standing > 0 && missing > have.standing) {
    moving_.reset();  // more are wanted: it stays, and a move can wait
    --missing;
  }
  leaving_ = static_cast<int>(
      std::count_if(have.leaving.begin(), have.leaving.end(),
                    [&](const ReplicaStatus& r) { return !moving_ || r.id != moving_->replica; }));
  if (leaving_ == 0 || missing <= 0) unplaced_ = 0;
  if (have.ready >= d.allocation.replicas) problem_.clear();
  if (missing > 0 && tender_) {
    d.did("waiting for bids already asked for");
    return {};
  }
  Effects effects;
  if (missing <= 0 && !shared_) short_tenders_ = 0;
  if (missing <= 0) unaffordable_ = false;
  if (missing > 0) {
    d.asked_for_bids = true;
    std::string asked = fmt::format("asked for {} more", missing);
    if (moving_) {
      asked +=
          fmt::format(", in place of one that would cost {:.4f}/h less elsewhere", moving_->gain);
    } else if (have.standing > 0) {
      asked += fmt::format(", in place of {} on draining nodes", have.standing);
    }
    d.did(asked);
    effects = open_tender(missing, context);
  } else if (missing < 0) {
    d.did(fmt::format("let {} go", -missing));
    effects = stop(stops(have.current, -missing, context), have.current, d.allocation.reason,
                   context.now);
  }
  for (auto& effect : hand_over(d, have, context)) effects.push_back(std::move(effect));
  if (have.outdated.empty()) return effects;
  // Replicas of an older spec serve until the new ones can; without room or money for both, one
  // goes first. A new one on a node that misses heartbeats stands in for nobody.
  const bool replaced = have.ready - have.unheard >= d.allocation.replicas;
  const int release = replaced                         ? static_cast<int>(have.outdated.size())
                      : short_by_ > 0 || unaffordable_ ? 1
                                                       : 0;
  if (release > 0) {
    d.did(fmt::format("replaced {} of an older spec", release));
    effects = joined(std::move(effects), stop(stops(have.outdated, release, context), have.outdated,
                                              "the spec changed", context.now));
  }
  return effects;
}

Effects ModelOwner::stop(const std::vector<std::string>& ids,
                         const std::vector<ReplicaStatus>& among, const std::string& reason,
                         TimePoint now, const PurchaseOffer* sold_for) {
  Effects effects;
  for (const auto& replica : among) {
    if (std::find(ids.begin(), ids.end(), replica.id) == ids.end()) continue;
    stopping_[replica.id] = now + kAnswerPatience;
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
  s.policy = policy_->name();
  s.arrival_rate = context.demand.arrival_rate(context.now, 5s);
  s.in_flight = context.demand.in_flight(context.now, 5s);
  const auto latency = context.demand.latency(context.now, kSummaryWindow);
  s.latency_p50_s = latency.quantile(0.5);
  s.latency_p99_s = latency.quantile(0.99);
  const auto counts = context.demand.counts(context.now, kSummaryWindow);
  const auto judged = counts.judged();
  s.slo_attainment =
      judged == 0 ? 1 : static_cast<double>(counts.within_slo) / static_cast<double>(judged);
  s.rejected_rate =
      static_cast<double>(context.demand.counts(context.now, 5s).rejected) / seconds(5s);
  const ServiceTime service = service_time(context);
  s.service_mean_s = service.mean_s;
  s.service_scv = service.scv;
  s.service_occupancy_s = service.occupancy_s;
  s.cold_start = cold_start();
  if (last_) {
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
  if (short_tenders_ >= kShortTenders) s.short_by = std::max(0, short_by_ - unplaced_);
  s.epoch = epoch_;
  s.leaving = leaving_;
  s.unplaced = unplaced_;
  s.problem = problem_;
  s.wished = wish_;
  s.promised =
      static_cast<int>(std::count_if(promised_.begin(), promised_.end(),
                                     [&](const Promised& one) { return one.until > context.now; }));
  s.size = size_summary();
  if (forecast_) {
    const auto until = context.now + s.cold_start + options_.interval;
    s.forecast_p50 = forecast_->peak(context.now, until, 0.5);
    s.forecast_p90 = forecast_->peak(context.now, until, 0.9);
    s.forecast_method = forecast_->method;
    s.forecast_coverage = forecast_->coverage.recent_share;
    s.forecast_outcomes = forecast_->coverage.recent_outcomes;
  }
  return s;
}

}  // namespace starling
