// A small fleet around pools of elastic nodes: one node that is always there, a provider, and
// replicas that go wherever there is room.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "control/node_pool.h"
#include "control/resources.h"
#include "control/values_for_tests.h"

namespace starling {

class PoolFleet {
 public:
  static constexpr Duration kStep = 500ms;

  explicit PoolFleet(const PoolOptions& options, int deciders = 1)
      : options_(options), pools(static_cast<std::size_t>(deciders), NodePool(options)) {}

  /// One step: replicas are placed, every decider looks, the provider answers.
  void step() {
    now_ += kStep;
    for (auto& [name, node] : made) {
      if (node.joins && now_ >= node.joins_at) node.live = true;
    }
    place();
    for (std::size_t i = 0; i < pools.size(); ++i) {
      if (apart && i > 0) continue;
      carry_out(i, pools[i].on_tick(view(), testing_values::at(now_)));
    }
    answer_due();
    most = std::max(most, made.size());
  }
  void run(Duration span) {
    for (const Duration end = now_ + span; now_ < end;) step();
  }

  int running() const {
    int count = on_base_;
    for (const auto& [name, node] : made) count += node.replicas;
    return count;
  }

  Resources replica{1000, 1 << 30};
  Resources base{4000, 8LL << 30};
  int wanted = 0;                   // replicas
  std::vector<std::string> clouds;  // that they may run in
  Duration boots{5s}, answers{1s};
  bool joins = true;   // new nodes join the fleet
  bool apart = false;  // only the first decider acts
  /// Gives an error for a call; it may have been carried out all the same.
  std::function<std::string(const AskProvider&)> fails;
  bool done_in_spite = false;
  std::vector<std::string> listed_besides;

  struct Made {
    bool live = false, joins = true;
    Duration joins_at{};
    Scheduling scheduling = Scheduling::kOpen;
    int replicas = 0;
  };
  std::map<std::string, Made> made;  // that the provider has
  std::size_t most = 0;              // of them, at any time
  std::map<ProviderAction, int> calls;
  std::vector<std::string> notices;
  std::vector<Duration> created_at;
  bool from_base = false;  // what is too much goes there first
  bool moves = true;       // drained nodes lose their replicas where there is room

 private:
  struct Due {
    std::size_t pool;
    Duration at;
    ProviderAnswer answer;
  };

  int room(const Resources& all, int used) const {
    return static_cast<int>(all.cpu_millis / replica.cpu_millis) - used;
  }

  void place() {
    int excess = running() - wanted;
    if (from_base) {
      const int gone = std::clamp(excess, 0, on_base_);
      on_base_ -= gone;
      excess -= gone;
    }
    for (auto it = made.rbegin(); it != made.rend(); ++it) {
      const int gone = std::clamp(excess, 0, it->second.replicas);
      it->second.replicas -= gone;
      excess -= gone;
    }
    on_base_ -= std::max(0, excess);
    for (int missing = wanted - running(); missing > 0; --missing) {
      if (!start_one()) break;
    }
    for (auto& [name, node] : made) {
      if (node.scheduling != Scheduling::kDraining || !moves) continue;
      while (node.replicas > 0 && start_one()) --node.replicas;
    }
  }

  bool start_one() {
    if (clouds.empty() && room(base, on_base_) > 0) return ++on_base_ > 0;
    for (auto& [name, node] : made) {
      if (node.live && node.scheduling == Scheduling::kOpen &&
          room(options_.node_size, node.replicas) > 0)
        return ++node.replicas > 0;
    }
    return false;
  }

  PoolView view() const {
    PoolView view;
    int missing = wanted - running();
    view.rooms.push_back({"base", "ours", base, difference(base, times(replica, on_base_))});
    std::uint64_t incarnation = 0;
    for (const auto& [name, node] : made) {
      ++incarnation;
      if (!node.live) continue;
      auto& member = view.members[name];
      member.scheduling = node.scheduling;
      member.incarnation = incarnation;
      if (node.replicas > 0) member.runs = {{"m", replica, clouds, node.replicas}};
      if (node.scheduling == Scheduling::kOpen) {
        view.rooms.push_back({name, options_.cloud, options_.node_size,
                              difference(options_.node_size, times(replica, node.replicas))});
      } else {
        missing += node.replicas;  // as an owner counts those on draining nodes
      }
    }
    if (missing > 0) view.wants = {{"m", replica, clouds, missing}};
    return view;
  }

  void carry_out(std::size_t pool, const Effects& effects) {
    for (const auto& effect : effects) {
      if (const auto* notice = std::get_if<Notice>(&effect)) notices.push_back(notice->text);
      if (const auto* mark = std::get_if<MarkNode>(&effect)) {
        if (made.contains(mark->node)) made.at(mark->node).scheduling = mark->scheduling;
      }
      const auto* ask = std::get_if<AskProvider>(&effect);
      if (ask == nullptr) continue;
      ++calls[ask->action];
      ProviderAnswer answer{*ask, {}, fails ? fails(*ask) : ""};
      if (answer.error.empty() || done_in_spite) provide(*ask);
      due_.push_back({pool, now_ + answers, std::move(answer)});
    }
  }

  void provide(const AskProvider& ask) {
    if (ask.action == ProviderAction::kDelete) made.erase(ask.node);
    if (ask.action != ProviderAction::kCreate || made.contains(ask.node)) return;
    made[ask.node] = {false, joins, now_ + boots, Scheduling::kOpen, 0};
    created_at.push_back(now_);
  }

  void answer_due() {
    auto due = std::exchange(due_, {});
    for (auto& d : due) {
      if (d.at > now_) {
        due_.push_back(std::move(d));
        continue;
      }
      if (d.answer.asked.action == ProviderAction::kList) {
        for (const auto& [name, node] : made) d.answer.nodes.push_back(name);
        for (const auto& name : listed_besides) d.answer.nodes.push_back(name);
      }
      carry_out(d.pool, pools[d.pool].on_answer(d.answer, testing_values::at(now_)));
    }
  }

  PoolOptions options_;
  Duration now_{};
  int on_base_ = 0;
  std::vector<Due> due_;

 public:
  std::vector<NodePool> pools;
};

}  // namespace starling
