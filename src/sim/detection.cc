#include "sim/detection.h"

#include <optional>

namespace starling {
namespace {

constexpr Duration kLook = 50ms;
constexpr Duration kWarmUp = 30s;             // the detectors learn the pace
constexpr std::uint64_t kCrashStream = 2000;  // World has the first few streams of the seed

WorldOptions world_options(const DetectionSetup& setup) {
  WorldOptions options;
  options.nodes = setup.nodes;
  options.network = setup.network;
  options.agent.membership.detector = setup.detector;
  options.log = false;
  return options;
}

/// Counts what each agent's membership says of the others.
class Observer {
 public:
  Observer(const World& world, DetectionOutcome& outcome)
      : world_(world), names_(world.node_names()), outcome_(outcome) {}

  void crashed(const std::string& node) {
    down_ = node;
    crashed_at_ = world_.now();
    missing_.clear();
    for (const auto& name : names_) {
      if (name != node) missing_.insert(name);
    }
    std::erase_if(deaths_, [&](const auto& entry) { return entry.first.first == node; });
  }
  void restarted() {
    outcome_.undetected += static_cast<int>(missing_.size());
    down_.reset();
  }

  void look() {
    for (const auto& name : names_) {
      const Agent* agent = world_.agent(name);
      if (agent == nullptr) continue;
      for (const auto& [other, member] : agent->membership().members()) {
        if (member.deaths == 0) continue;
        int& known = deaths_[{name, other}];
        const int more = member.deaths - known;
        known = member.deaths;
        for (int i = 0; i < more; ++i) count(name, other);
      }
    }
  }

 private:
  void count(const std::string& by, const std::string& dead) {
    if (down_ != dead) {
      ++outcome_.false_deaths;
    } else if (missing_.erase(by) > 0) {
      outcome_.detection_s.push_back(seconds(world_.now() - crashed_at_));
    }
  }

  const World& world_;
  std::vector<std::string> names_;
  DetectionOutcome& outcome_;
  std::map<std::pair<std::string, std::string>, int> deaths_;  // by observer and observed
  std::optional<std::string> down_;
  TimePoint crashed_at_{};
  std::set<std::string> missing_;  // have not noticed it
};

}  // namespace

DetectionOutcome run_detection(const DetectionSetup& setup, std::uint64_t seed,
                               const std::function<bool(Duration)>& progress) {
  DetectionOutcome outcome;
  outcome.seed = seed;
  World world(world_options(setup), seed);
  Rng rng = Rng(seed).split(kCrashStream);
  Observer observer(world, outcome);
  const auto names = world.node_names();
  std::string down;
  Duration next_crash = kWarmUp, next_start{};
  while (world.since_start() < setup.span) {
    world.run_for(kLook);
    observer.look();
    const Duration now = world.since_start();
    if (!down.empty() && now >= next_start) {
      observer.restarted();
      world.restart(down);
      down.clear();
    }
    if (setup.crash_every > 0s && down.empty() && now >= next_crash &&
        now + setup.down_for < setup.span) {
      down = names[rng.below(names.size())];
      // Not in step with anybody's heartbeats.
      world.run_for(from_seconds(rng.uniform(0, seconds(kLook))));
      world.crash(down);
      observer.crashed(down);
      ++outcome.crashes;
      next_start = world.since_start() + setup.down_for;
      next_crash = world.since_start() + setup.crash_every;
    }
    if (progress && !progress(now)) break;
  }
  outcome.span = world.since_start();
  return outcome;
}

}  // namespace starling
