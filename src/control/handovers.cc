#include "control/handovers.h"

#include <algorithm>

namespace starling {
namespace {

/// The other one has to see the change of members, too, and after a restart to know the specs.
constexpr Duration kAskAfter = 1s;
constexpr Duration kAskAgain = 3s;  // doubled each time
constexpr int kAsksMax = 6;
/// Requests, and answers of some 50 kB, in a tick.
constexpr int kHandoversPerTick = 4;
constexpr Duration kUsageEvery = 10min;

}  // namespace

/// The one that also keeps the model's demand: null where there is none, or where it would not
/// understand.
const std::string* Handovers::other_in_line(const std::string& model) const {
  for (const auto& name : known_.line.of(model)) {
    if (name == known_.self()) continue;
    const Member* member = known_.members.find(name);
    return member != nullptr && member->last.understands >= kUnderstandsHandover ? &name : nullptr;
  }
  return nullptr;
}

void Handovers::on_line(const Succession::Ranks& before, TimePoint now) {
  const std::string& self = known_.self();
  const auto out_of_line = [&](const auto& entry) {
    return !known_.line.in_line(self, entry.first);
  };
  std::erase_if(asking_, out_of_line);
  std::erase_if(learned_, out_of_line);
  const auto in = [&](const std::vector<std::string>& order) {
    return std::find(order.begin(), order.end(), self) != order.end();
  };
  for (const auto& [model, order] : known_.line.all()) {
    if (!in(order)) continue;
    const auto known = before.find(model);
    if (known == before.end() || !in(known->second))
      asking_.insert({model, {.at = now + kAskAfter, .asked = 0}});
  }
}

void Handovers::on_tick(TimePoint now, Effects& out) { tell(ask(now, out), now, out); }

/// Returns how many it asked.
int Handovers::ask(TimePoint now, Effects& out) {
  int asked = 0;
  for (auto it = asking_.begin(); it != asking_.end() && asked < kHandoversPerTick;) {
    auto& [model, asking] = *it;
    if (asking.at > now) {
      ++it;
      continue;
    }
    if (const std::string* other = other_in_line(model)) {
      out.push_back(Send{*other, HandoverRequest{known_.self(), model}});
      ++asked;
    }
    asking.at = now + kAskAgain * (1 << asking.asked);
    it = ++asking.asked < kAsksMax ? std::next(it) : asking_.erase(it);
  }
  return asked;
}

void Handovers::tell(int sent, TimePoint now, Effects& out) {
  for (auto& [model, owner] : owners_) {
    if (asking_.contains(model)) continue;  // what the other one knows would be replaced
    Learned& mine = learned_[model];
    if (mine.tell_at == TimePoint{}) mine.tell_at = now + kUsageEvery;
    const auto decided = owner.decided_size();
    if ((mine.tell_at > now && decided == mine.told) || sent >= kHandoversPerTick) continue;
    mine.tell_at = now + kUsageEvery;
    mine.told = decided;
    const std::string* other = other_in_line(model);
    if (other == nullptr) continue;
    const Handover all = handover(model, false);
    if (all.film.empty() && !all.sizer) continue;
    out.push_back(Send{*other, all});
    ++sent;
  }
}

/// What this node knows of a model that it is in line for.
Handover Handovers::handover(const std::string& model, bool past) const {
  Handover all{known_.self(), model, std::nullopt, "", std::nullopt};
  const Demand* demand = demands_.find(model);
  if (past && demand != nullptr) all.past = demand->past();
  if (const auto learned = learned_.find(model); learned != learned_.end()) {
    all.film = learned->second.film;
    all.sizer = learned->second.sizer;
  }
  if (const auto owner = owners_.find(model); owner != owners_.end())
    all.sizer = owner->second.sizer_record();
  return all;
}

void Handovers::on_request(const HandoverRequest& request, Effects& out) {
  if (!known_.line.in_line(request.from, request.model) || answered_ >= kHandoversPerTick) return;
  Handover all = handover(request.model, true);
  // One that asks itself is asked again later, unless it has something to tell already.
  if (asking_.contains(request.model) && (!all.past || all.past->empty())) return;
  ++answered_;
  out.push_back(Send{request.from, std::move(all)});
}

void Handovers::on_handover(const Handover& m, TimePoint now, Effects& out) {
  if (!known_.specs.contains(m.model) || m.from == known_.self()) return;
  if (!demands_.believes(m, now, out)) return;
  const auto owner = owners_.find(m.model);
  if (m.past) {
    const DemandPast& past = *m.past;
    demands_.of(m.model).take_over(past);
    if (asking_.erase(m.model) > 0 && !past.empty()) {
      if (owner != owners_.end()) owner->second.take_over_past(now);
      out.push_back(
          Notice{fmt::format("node {} handed over the past of model {}: {} minutes and {} "
                             "seconds of its demand",
                             m.from, m.model, past.minutes.size(), past.seconds.size())});
    }
  }
  Learned& learned = learned_[m.model];
  if (m.sizer) learned.sizer = m.sizer;
  if (owner == owners_.end()) {
    learned.film = m.film;
    return;
  }
  // What this node has learned since it decides counts for more.
  if (m.sizer) owner->second.take_over(*m.sizer);
  if (!learned.film.empty() || m.film.empty()) return;
  learned.film = m.film;
  out.push_back(TakeFilm{m.model, m.film});
}

void Handovers::keep(const std::string& model, std::optional<SizerRecord> sizer) {
  if (sizer) learned_[model].sizer = std::move(sizer);
}

void Handovers::inherit(const std::string& model, Effects& out) {
  const auto learned = learned_.find(model);
  if (learned == learned_.end()) return;
  if (!learned->second.film.empty()) out.push_back(TakeFilm{model, learned->second.film});
  if (learned->second.sizer) owners_.at(model).take_over(*learned->second.sizer);
}

Effects Handovers::on_adapted(const std::string& model, std::string film, TimePoint now) {
  if (!owners_.contains(model)) return {};
  Learned& learned = learned_[model];
  if (learned.film == film) return {};
  learned.film = std::move(film);
  learned.tell_at = now + kUsageEvery;
  const std::string* other = other_in_line(model);
  if (other == nullptr) return {};
  return {Send{*other, handover(model, false)}};
}

}  // namespace starling
