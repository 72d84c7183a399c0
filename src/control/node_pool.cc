#include "control/node_pool.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "base/excerpt.h"

namespace starling {
namespace {

constexpr Duration kRetryFirst = 10s;
constexpr Duration kRetryLongest = 5min;
constexpr int kPatienceMax = 8;
constexpr std::size_t kErrorMax = 500;  // bytes

/// Heartbeats carry it, and whatever a command printed may be no text at all.
std::string printable(std::string text) {
  for (char& c : text) {
    if (c < ' ' || c > '~') c = '?';
  }
  return text;
}

}  // namespace

std::optional<int> slot_of(const std::string& pool, const std::string& node) {
  if (node.size() <= pool.size() + 1 || node.compare(0, pool.size(), pool) != 0 ||
      node[pool.size()] != '-')
    return std::nullopt;
  const char* begin = node.data() + pool.size() + 1;
  const char* end = node.data() + node.size();
  int slot = 0;
  const auto [rest, error] = std::from_chars(begin, end, slot);
  if (error != std::errc() || rest != end || *begin == '0' || slot < 1) return std::nullopt;
  return slot;
}

int NodePool::cap() const {
  if (!options_.budget_per_hour || options_.price_per_hour <= 0) return options_.max;
  constexpr double kRounding = 1e-9;  // 0.3 pays for three nodes at 0.1
  const double paid = *options_.budget_per_hour / options_.price_per_hour * (1 + kRounding);
  return paid >= options_.max ? options_.max : static_cast<int>(std::floor(paid));
}

int NodePool::count(bool Node::*flag) const {
  return static_cast<int>(std::count_if(nodes_.begin(), nodes_.end(),
                                        [&](const auto& entry) { return entry.second.*flag; }));
}

int NodePool::staying() const {
  return static_cast<int>(std::count_if(nodes_.begin(), nodes_.end(), [](const auto& entry) {
    return !entry.second.draining && !entry.second.returning;
  }));
}

void NodePool::resign() {
  if (!decides_) return;
  const auto calls = calls_;  // a late answer is not that to a later call
  *this = NodePool(std::move(options_));
  calls_ = calls;
}

Effects NodePool::on_tick(const PoolView& view, TimePoint now) {
  Effects out;
  decides_ = true;
  now_ = now;
  if (call_ && now >= call_->until) {
    failed(fmt::format("{} has not answered within {:.0f} s", name_of(call_->asked.action),
                       seconds(options_.call_patience)),
           now, out);
  }
  observe(view, now);
  if (!call_ && now >= retry_at_ && (!known_ || now >= list_at_))
    call(ProviderAction::kList, "", now, out);
  // Nodes that nobody here knows of must not be made twice, and none is emptied on a guess.
  if (!known_ || now < round_at_) return out;
  round_at_ = now + kRound;
  const int needed = measure(view, now);
  grow(view, now, out);
  give_back(view, now, out);
  shrink(view, needed, now, out);
  return out;
}

void NodePool::observe(const PoolView& view, TimePoint now) {
  for (auto& [name, node] : nodes_) {
    const auto member = view.members.find(name);
    node.live = member != view.members.end();
    node.joined = node.joined || node.live;
    const bool drained = node.draining;
    node.draining = node.live && member->second.scheduling == Scheduling::kDraining;
    if (node.live) node.since = now;
    // Somebody took the drain back, and has the last word.
    if (node.live && drained && !node.draining && node.returning) {
      node.returning = false;
      spare_since_.reset();
    }
  }
}

/// Takes down how many nodes more this round's demand would need, beside those on their way.
int NodePool::measure(const PoolView& view, TimePoint now) {
  auto rooms = view.rooms;
  for (const auto& [name, node] : nodes_) {
    if (!node.joined && !node.doubtful && now < node.since + options_.boot)
      rooms.push_back({name, options_.cloud, options_.node_size, options_.node_size, {}});
  }
  rooms.insert(rooms.end(), view.coming.begin(), view.coming.end());
  needs_.push_back(nodes_needed(view.wants, std::move(rooms), options_.node_size, options_.cloud));
  if (needs_.size() > kRounds) needs_.pop_front();
  return needs_.back();
}

int NodePool::steady_need() const {
  return needs_.size() < kRounds ? 0 : *std::min_element(needs_.begin(), needs_.end());
}

void NodePool::call(ProviderAction action, const std::string& node, TimePoint now, Effects& out) {
  call_ = Call{{options_.name, action, node, ++calls_}, now + options_.call_patience};
  out.push_back(call_->asked);
}

/// The provider is told to end a node that is empty, or that nobody has heard for too long.
void NodePool::give_back(const PoolView& view, TimePoint now, Effects& out) {
  if (call_ || now < retry_at_) return;
  for (const auto& [name, node] : nodes_) {
    if (!node.listed) continue;
    if (node.live) {
      const PoolMember& member = view.members.at(name);
      if (!node.draining || !member.runs.empty() || member.decides) continue;
    } else if (now < node.since + options_.boot) {
      continue;
    } else {
      out.push_back(Notice{fmt::format("pool {}: node {} is given back: not heard for {:.0f} s",
                                       options_.name, name, seconds(options_.boot))});
    }
    return call(ProviderAction::kDelete, name, now, out);
  }
}

void NodePool::limit(std::string why, Effects& out) {
  if (!why.empty() && limit_.empty()) {
    out.push_back(
        Notice{fmt::format("pool {}: demand needs more nodes than its {}", options_.name, why)});
  }
  limit_ = std::move(why);
}

void NodePool::grow(const PoolView& view, TimePoint now, Effects& out) {
  int need = steady_need();
  need -= keep_returning(need, now, out);
  const int existing = static_cast<int>(nodes_.size());
  const int missing = std::max(need, options_.min - staying());
  wanted_ = staying() + std::max(0, missing);
  if (missing <= 0) return limit("", out);
  const int left = std::max(0, cap() - existing);
  if (missing > left) {
    const bool by_budget = cap() < options_.max;
    limit(by_budget ? fmt::format("budget of {:g} an hour pays for at {:g} each ({})",
                                  *options_.budget_per_hour, options_.price_per_hour, cap())
                    : fmt::format("max of {}", options_.max),
          out);
  } else {
    limit("", out);
  }
  if (call_ || now < retry_at_ || !known_ || left == 0) return;
  const std::string name = free_slot(view);
  if (name.empty()) return;
  if (need > 0 && given_back_at_) {
    const bool too_soon = now - *given_back_at_ < 2 * patience_ * options_.idle;
    patience_ = too_soon ? std::min(kPatienceMax, 2 * patience_) : 1;
    given_back_at_.reset();
  }
  Node& node = nodes_[name];
  node.since = now;
  for (int& n : needs_) n = std::max(0, n - 1);  // the node covers so much of what was needed
  out.push_back(Notice{fmt::format("pool {}: asks for node {}, {}", options_.name, name,
                                   need > 0 ? fmt::format("as demand needs {} more", need)
                                            : fmt::format("the least is {}", options_.min))});
  call(ProviderAction::kCreate, name, now, out);
}

bool NodePool::being_ended(const std::string& node) const {
  return call_ && call_->asked.action == ProviderAction::kDelete && call_->asked.node == node;
}

/// Rather than making nodes while others are emptied, those stay. How many do.
int NodePool::keep_returning(int count, TimePoint now, Effects& out) {
  int kept = 0;
  for (auto& [name, node] : nodes_) {
    if (kept == count) break;
    if (!node.returning || !node.live || being_ended(name)) continue;
    node.returning = false;
    ++kept;
    needs_.clear();
    patience_ = std::min(kPatienceMax, 2 * patience_);
    spare_since_.reset();
    round_at_ = now + 2 * kRound;  // until its heartbeats say so
    out.push_back(MarkNode{name, Scheduling::kOpen});
    out.push_back(
        Notice{fmt::format("pool {}: node {} stays after all: demand would not fit "
                           "without it",
                           options_.name, name)});
  }
  return kept;
}

std::string NodePool::free_slot(const PoolView& view) const {
  for (int slot = 1; slot <= cap(); ++slot) {
    std::string name = fmt::format("{}-{}", options_.name, slot);
    // One that lives and that the provider does not know is somebody else's, or not quite gone yet.
    if (!nodes_.contains(name) && !view.members.contains(name)) return name;
  }
  return "";
}

Effects NodePool::on_answer(const ProviderAnswer& answer, TimePoint now) {
  Effects out;
  if (!call_ || call_->asked.number != answer.asked.number) return out;
  if (!answer.error.empty()) {
    failed(answer.error, now, out);
    return out;
  }
  const AskProvider asked = call_->asked;
  call_.reset();
  switch (asked.action) {
    case ProviderAction::kList:
      take_list(answer, now, out);
      break;
    case ProviderAction::kCreate:
      break;  // it counts since it was asked for
    case ProviderAction::kDelete:
      if (nodes_.contains(asked.node) && nodes_.at(asked.node).returning) given_back_at_ = now;
      nodes_.erase(asked.node);
      out.push_back(
          Notice{fmt::format("pool {}: node {} is given back", options_.name, asked.node)});
      break;
  }
  if (failed_ && (asked.action != ProviderAction::kList || mended(*failed_))) {
    out.push_back(Notice{fmt::format("pool {}: the provider works again", options_.name)});
    error_.clear();
    failed_.reset();
    failures_ = 0;
  }
  return out;
}

/// Whether a list shows that what failed works, or was done all the same.
bool NodePool::mended(const AskProvider& failed) const {
  const auto node = nodes_.find(failed.node);
  if (failed.action == ProviderAction::kDelete) return node == nodes_.end();
  if (failed.action == ProviderAction::kCreate) return node != nodes_.end() && node->second.listed;
  return true;
}

/// What the provider lists is there, and what it does not list is not, once its making has had time
/// to show; one that it has listed before is gone.
void NodePool::take_list(const ProviderAnswer& answer, TimePoint now, Effects& out) {
  known_ = true;
  list_at_ = now + kListEvery;
  for (auto& [name, node] : nodes_) {
    node.was_listed = node.was_listed || node.listed;
    node.listed = false;
  }
  for (const auto& name : answer.nodes) {
    const auto [entry, added] = nodes_.try_emplace(name);
    if (added) entry->second.since = now;
    entry->second.listed = true;
    entry->second.doubtful = false;
  }
  std::erase_if(nodes_, [&](const auto& entry) {
    const auto& [name, node] = entry;
    if (node.listed) return false;
    const bool lost = !node.doubtful && now >= node.since + options_.boot;
    if (lost && !node.live) {
      out.push_back(Notice{fmt::format(
          "pool {}: node {} was asked for {:.0f} s ago, and the provider does not list it",
          options_.name, name, seconds(now - node.since))});
    }
    const bool ended = node.was_listed && !node.live;
    if (ended && !lost && !node.returning) {
      out.push_back(
          Notice{fmt::format("pool {}: node {} is gone, the provider does not list it any more",
                             options_.name, name)});
    }
    return node.doubtful || lost || ended;
  });
}

void NodePool::failed(const std::string& why, TimePoint now, Effects& out) {
  const AskProvider asked = call_->asked;
  call_.reset();
  failures_ = std::min(failures_ + 1, 20);
  Duration wait = kRetryFirst;
  for (int i = 1; i < failures_ && wait < kRetryLongest; ++i) wait *= 2;
  wait = std::min(wait, kRetryLongest);
  retry_at_ = now + wait;
  known_ = false;  // it may have been done all the same
  if (asked.action == ProviderAction::kCreate) {
    if (const auto node = nodes_.find(asked.node); node != nodes_.end() && !node->second.listed)
      node->second.doubtful = true;
  }
  const std::string what =
      excerpt(fmt::format("{}{}{}: {}", name_of(asked.action), asked.node.empty() ? "" : " ",
                          asked.node, printable(why)),
              kErrorMax);
  if (what != error_) {
    out.push_back(Notice{fmt::format("pool {}: the provider failed, tried again in {:.0f} s: {}",
                                     options_.name, seconds(wait), what)});
  }
  error_ = what;
  failed_ = asked;
}

PoolSummary NodePool::summary() const {
  PoolSummary s;
  s.name = options_.name;
  s.decides = decides_;
  if (!decides_) return s;
  s.min = options_.min;
  s.max = options_.max;
  s.wanted = wanted_;
  s.running = count(&Node::live);
  s.pending = static_cast<int>(nodes_.size()) - s.running;
  s.draining = static_cast<int>(nodes_.size()) - staying();
  const bool can_ask = known_ && error_.empty();
  s.left = can_ask ? std::max(0, cap() - static_cast<int>(nodes_.size())) : 0;
  s.node_size = options_.node_size;
  s.cloud = options_.cloud;
  s.price_per_hour = options_.price_per_hour;
  s.budget_per_hour = options_.budget_per_hour;
  s.limit = limit_;
  s.error = error_;
  return s;
}

}  // namespace starling
