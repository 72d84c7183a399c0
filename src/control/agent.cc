#include "control/agent.h"

#include <algorithm>

namespace starling {
namespace {

constexpr std::size_t kReportSamplesMax = 200;  // keeps a report well below the largest message

TrafficSample sample_of(const ModelTraffic& t, Duration slo) {
  return {t.model,
          t.arrivals,
          t.completed,
          t.failed,
          t.rejected,
          std::min(t.completed, t.latency.count_up_to(seconds(slo))),
          t.in_flight,
          t.queued,
          t.latency,
          t.service_sum_s,
          t.service_square_sum,
          t.service_count};
}

bool is_idle(const ModelTraffic& t) {
  return t.arrivals + t.completed + t.failed + t.rejected == 0 && t.in_flight <= 0 &&
         t.queued <= 0 && t.service_count == 0;
}

}  // namespace

Agent::Agent(NodeInfo self, std::uint64_t incarnation, TimePoint now, AgentOptions options)
    : options_(std::move(options)),
      incarnation_(incarnation),
      ledger_(std::move(self)),
      membership_(options_.membership),
      cells_(ledger_.node(), incarnation, membership_, prober_, now),
      report_(
          ledger_.node(), incarnation, membership_, options_.membership.detector.heartbeat,
          [this](TimePoint at) { return describe(at); }, now),
      last_tick_(now),
      settled_at_(now + options_.settle) {
  report_.tell_self(now);
}

Effects Agent::on_tick(TimePoint now) {
  Effects out;
  notice_freeze(now);
  ledger_.expire(now);
  handovers_.begin_tick();
  for (const auto& name : membership_.on_tick(now, known_.self())) {
    const Member* member = membership_.find(name);
    out.push_back(Notice{fmt::format("node {} is {}: silent for {:.1f} s", name,
                                     name_of(member->state), seconds(now - member->heard))});
    if (!member->far && member->state == MemberState::kDead) digests_.soon();
  }
  tend_cells(now, out);
  prober_.on_tick(now, out);
  reconcile(now, out);
  if (now >= settled_at_) {
    assign_owners(now, out);
    exchange_.note_shortage(now, out);
    for (auto& [model, owner] : owners_) take(owner.on_tick(context(model, now)), now, out);
    handovers_.on_tick(now, out);
    if (pools_.on_tick(now, out)) report_.with_content();
  }
  beat(now, out);
  update_routes(now, out);
  return out;
}

/// After a freeze every other node looks silent; it is this one that was away, so the count starts
/// anew.
void Agent::notice_freeze(TimePoint now) {
  if (now - last_tick_ >= options_.membership.detector.heartbeat) membership_.detector().slow(now);
  if (now - last_tick_ >= options_.frozen_after) {
    settled_at_ = std::max(settled_at_, now + options_.settle);
    membership_.forgive(now);
    cells_.forgive(now);
  }
  last_tick_ = now;
}

void Agent::tend_cells(TimePoint now, Effects& out) {
  cells_.on_tick(now);
  if (cells_.find_cell(now, out)) {
    report_.on_new_cell();
    digests_.soon();
  }
  if (!membership_.divided()) return;
  if (cells_.lacks_many(now))
    settled_at_ = std::max(settled_at_, now + options_.membership.detector.heartbeat);
  cells_.miss_cells(now, out);
  if (auto digest = digests_.on_tick(report_.content(), now))
    out.push_back(Broadcast{std::move(*digest)});
}

/// Whether everybody reads messages in their brief forms, as far as this agent knows all others.
bool Agent::brief(TimePoint now) const {
  return membership_.understood() >= kUnderstandsBrief && !cells_.lacks_any() && now >= settled_at_;
}

/// Whether others act at once on what this node's owners tell: where capacity is short, and where
/// gateways share out a limit. Budgets are shared by figures, too, which a divided fleet tells
/// seldom.
bool Agent::figures_matter(TimePoint now) const {
  if (exchange_.is_short(now) || (membership_.divided() && !options_.budgets.empty())) return true;
  return std::any_of(owners_.begin(), owners_.end(), [](const auto& owned) {
    return owned.second.spec().spec.admission == Admission::kReject;
  });
}

Heartbeat Agent::describe(TimePoint now) {
  Heartbeat mine;
  mine.node = ledger_.node();
  mine.without_specs = !specs_.known();
  mine.free = ledger_.free();
  mine.scheduling = scheduling_;
  for (const auto& [id, replica] : ledger_.replicas()) {
    mine.replicas.push_back(replica);
    mine.replicas.back().epoch = epochs_.obeyed(replica.model);
  }
  for (const auto& [model, owner] : owners_)
    mine.owned.push_back(owner.summary(context(model, now)));
  mine.pools = pools_.summaries();
  return mine;
}

void Agent::beat(TimePoint now, Effects& out) {
  if (!report_.due(now)) return;
  SelfReport::Occasion occasion{brief(now), [&] { return figures_matter(now); }, {}};
  if (!membership_.divided()) {
    for (const auto& [model, owner] : owners_)
      occasion.terms[model] = {owner.epoch(), owner.replica_size()};
  }
  report_.beat(occasion, now, out);
}

void Agent::take(Effects effects, TimePoint now, Effects& out) {
  for (auto& effect : effects) {
    if (auto* send = std::get_if<Send>(&effect); send != nullptr && send->to == known_.self()) {
      std::visit([&](const auto& message) { handle(message, now, out); }, send->message);
    } else if (auto* broadcast = std::get_if<Broadcast>(&effect)) {
      const Message message = broadcast->message;
      const auto* request = std::get_if<BidRequest>(&message);
      if (request == nullptr || !asks_some(*request, now, out)) out.push_back(std::move(effect));
      std::visit([&](const auto& m) { handle(m, now, out); }, message);
    } else {
      const auto* decided = std::get_if<Decided>(&effect);
      const bool small = membership_.live().size() < kLargeFleet;
      if (decided != nullptr && (small || !decided->decision.outcome.empty()))
        report_.with_content();
      out.push_back(std::move(effect));
    }
  }
}

Effects Agent::on_specs(std::vector<StoredSpec> specs, TimePoint now) {
  if (!specs_.known()) report_.soon();  // now this node can decide, too
  specs_.set(std::move(specs));
  epochs_.forget_unless([&](const std::string& model) { return specs_.contains(model); });
  demands_.forget_origins();
  std::erase_if(failed_starts_, [&](const auto& entry) { return !specs_.contains(entry.first); });
  line_.outdate();
  routes_.note_models();
  account_.note_models();
  Effects out;
  if (now >= settled_at_) assign_owners(now, out);
  update_routes(now, out);
  return out;
}

void Agent::assign_owners(TimePoint now, Effects& out) {
  const auto before = line_.update(specs_, membership_, now);
  if (!before) return;
  for (const auto& [name, order] : line_.all()) {
    const auto known = before->find(name);
    if (known != before->end() && known->second == order) continue;
    account_.note_line(name);
    routes_.note_line(name);
  }
  const std::string& self = known_.self();
  std::erase_if(owners_, [&](const auto& entry) {
    if (line_.owns(self, entry.first)) return false;
    handovers_.keep(entry.first, entry.second.sizer_record());
    return true;
  });
  for (const auto& [name, stored] : specs_.all()) {
    if (!line_.owns(self, name)) continue;
    if (const auto found = owners_.find(name); found != owners_.end()) {
      found->second.set_spec(stored, now);
      continue;
    }
    owners_.emplace(name, ModelOwner(self, fmt::format("{}.{:x}", self, incarnation_), stored, now,
                                     options_.owner, epochs_.highest(name)));
    out.push_back(Notice{fmt::format("this node now decides for model {}", name)});
    handovers_.inherit(name, out);
    report_.soon();
  }
  if (!specs_.known()) return;  // who keeps what of the demand is not known either
  demands_.forget_out_of_line();
  handovers_.on_line(*before, now);
}

OwnerContext Agent::context(const std::string& model, TimePoint now) {
  return {membership_,
          demands_.of(model),
          now,
          exchange_.is_short(now),
          exchange_.part(model, now),
          demands_.origins_of(model),
          budgets_.part(model, now),
          &specs_.apart(model)};
}

const ModelOwner* Agent::owner_of(const std::string& model) const {
  const auto found = owners_.find(model);
  return found == owners_.end() ? nullptr : &found->second;
}

ModelOwner* Agent::owned(const std::string& model) {
  return const_cast<ModelOwner*>(owner_of(model));
}

Effects Agent::on_traffic(const std::vector<ModelTraffic>& traffic, TimePoint second,
                          TimePoint now) {
  routes_.on_traffic(traffic);
  const std::string& self = known_.self();
  std::map<std::string, std::vector<TrafficReport>> reports;  // by receiver
  for (const auto& t : traffic) {
    const StoredSpec* stored = specs_.find(t.model);
    if (stored == nullptr) continue;
    const TrafficSample sample = sample_of(t, stored->spec.slo.latency);
    for (const auto& receiver : line_.of(t.model)) {
      // The owner's own gateway reports all the same, so that no traffic is known to be none.
      if (is_idle(t) && receiver != self) continue;
      auto& parts = reports[receiver];
      if (parts.empty() || parts.back().samples.size() >= kReportSamplesMax) {
        parts.push_back(TrafficReport{self, second, {}, brief(now)});
      }
      parts.back().samples.push_back(sample);
    }
  }
  Effects out;
  for (auto& [to, parts] : reports) {
    for (auto& report : parts) take({Send{to, std::move(report)}}, now, out);
  }
  return out;
}

Effects Agent::on_forecast(const std::string& model, Forecast forecast, TimePoint now) {
  Effects out;
  if (ModelOwner* owner = owned(model))
    take(owner->on_forecast(std::move(forecast), context(model, now)), now, out);
  return out;
}

Effects Agent::on_adapted(const std::string& model, std::string film, TimePoint now) {
  return handovers_.on_adapted(model, std::move(film), now);
}

Effects Agent::on_policy_weights(std::shared_ptr<const PolicyNet> weights, TimePoint now) {
  const std::string version = weights->version;
  options_.owner.policy.learned = weights;
  for (auto& [model, owner] : owners_) owner.set_policy_weights(weights, now);
  return {Notice{fmt::format("the learned policy goes on with the weights {}", version)}};
}

Effects Agent::on_provider(const ProviderAnswer& answer, TimePoint now) {
  auto effects = pools_.on_answer(answer, now);
  if (!effects) return {};
  report_.with_content();
  return std::move(*effects);
}

Effects Agent::leave(TimePoint now) { return {Broadcast{report_.heartbeat(now, true)}}; }

void Agent::note_changes() {
  const auto changes = membership_.take_changes();
  routes_.note(changes.models);
  account_.note(changes);
}

void Agent::update_routes(TimePoint now, Effects& out) {
  note_changes();
  if (auto routes = routes_.update(now)) out.push_back(std::move(*routes));
}

FleetView Agent::view(TimePoint now) const {
  return account_.view(now, now >= settled_at_, commands_fenced_);
}

std::shared_ptr<const FleetView> Agent::account(TimePoint now) {
  note_changes();
  return account_.update(now, now >= settled_at_, commands_fenced_);
}

std::map<std::string, std::uint64_t> Agent::demand_in(TimePoint second) const {
  std::map<std::string, std::uint64_t> arrivals;
  for (const auto& [model, owner] : owners_) {
    const Demand* demand = demands_.find(model);
    if (demand == nullptr) continue;
    if (const auto known = demand->arrivals_in(second)) arrivals[model] = *known;
  }
  return arrivals;
}

}  // namespace starling
