#include "sim/fault_injector.h"

#include <algorithm>
#include <tuple>

namespace starling {
namespace {

/// Of two independent chances.
double either(double a, double b) { return 1 - (1 - a) * (1 - b); }

}  // namespace

FaultInjector::FaultInjector(const FaultPlan& plan, World& world, FaultWorkload& workload)
    : plan_(plan), world_(world), workload_(workload) {
  for (std::size_t i = 0; i < plan.faults.size(); ++i) {
    const Fault& fault = plan.faults[i];
    const Duration end = fault.at + fault.length;
    changes_.push_back({fault.at, i, true});
    if (!traits_of(fault.kind).momentary) changes_.push_back({end, i, false});
    last_end_ = std::max(last_end_, end);
  }
  // At one moment what ends does so before anything begins.
  std::sort(changes_.begin(), changes_.end(), [](const Change& a, const Change& b) {
    return std::tuple(a.at, a.begins, a.fault) < std::tuple(b.at, b.begins, b.fault);
  });
}

Duration FaultInjector::next_change() const {
  return next_ < changes_.size() ? changes_[next_].at : Duration::max();
}

void FaultInjector::advance(Duration now) {
  bool changed = false;
  for (; next_ < changes_.size() && changes_[next_].at <= now; ++next_) {
    const auto [at, index, begins] = changes_[next_];
    const Fault& fault = plan_.faults[index];
    changed = true;
    const FaultTraits& traits = traits_of(fault.kind);
    if (traits.target != FaultTarget::kMessages) disturbed_at_ = now;
    if (traits.momentary) {
      take_momentary(fault);
      continue;
    }
    world_.note("fault", (begins ? "begins " : "ends ") + describe(fault));
    if (begins) {
      active_.insert(index);
    } else {
      active_.erase(index);
    }
  }
  if (!changed) return;
  apply_network();
  apply_links();
  apply_nodes();
  apply_runtimes();
}

void FaultInjector::take_momentary(const Fault& fault) {
  if (fault.kind == FaultKind::kSpec) {
    const bool accepted = workload_.change(fault, world_);
    world_.note("fault", describe(fault) + (accepted ? "" : ": refused, no quorum"));
    return;
  }
  world_.note("fault", describe(fault));
  const Scheduling scheduling = fault.kind == FaultKind::kCordon  ? Scheduling::kCordoned
                                : fault.kind == FaultKind::kDrain ? Scheduling::kDraining
                                                                  : Scheduling::kOpen;
  for (const auto& node : fault.nodes) {
    if (!world_.set_scheduling(node, scheduling))
      world_.note("fault", node + " cannot be told: it is down or frozen");
  }
}

std::vector<const Fault*> FaultInjector::active(std::initializer_list<FaultKind> kinds) const {
  std::vector<const Fault*> found;
  for (const std::size_t index : active_) {
    const Fault& fault = plan_.faults[index];
    if (std::find(kinds.begin(), kinds.end(), fault.kind) != kinds.end()) found.push_back(&fault);
  }
  return found;
}

/// Those that it names; those of its cloud; all where it names none.
std::set<std::string> FaultInjector::nodes_of(const Fault& fault) const {
  if (!fault.nodes.empty()) return {fault.nodes.begin(), fault.nodes.end()};
  std::set<std::string> nodes;
  for (const auto& name : world_.node_names()) {
    if (fault.cloud.empty() || world_.info(name).cloud == fault.cloud) nodes.insert(name);
  }
  return nodes;
}

void FaultInjector::apply_network() {
  NetworkFaults network;
  for (const Fault* fault : active({FaultKind::kLoss}))
    network.loss = either(network.loss, fault->rate);
  for (const Fault* fault : active({FaultKind::kDelay}))
    network.delay_max = std::max(network.delay_max, fault->delay);
  for (const Fault* fault : active({FaultKind::kDuplicate}))
    network.duplicate = either(network.duplicate, fault->rate);
  for (const Fault* fault : active({FaultKind::kReorder})) {
    network.reorder = either(network.reorder, fault->rate);
    network.reorder_delay = std::max(network.reorder_delay, fault->delay);
  }
  world_.set_network(network);
}

void FaultInjector::apply_links() {
  std::set<std::pair<std::string, std::string>> links;
  for (const Fault* fault : active({FaultKind::kOneWay}))
    links.insert(fault->links.begin(), fault->links.end());
  const auto names = world_.node_names();
  for (const Fault* fault : active({FaultKind::kPartition})) {
    const auto side = nodes_of(*fault);
    for (const auto& from : names) {
      for (const auto& to : names) {
        if (side.contains(from) != side.contains(to)) links.emplace(from, to);
      }
    }
  }
  world_.block(std::move(links));
}

void FaultInjector::apply_nodes() {
  std::set<std::string> down, frozen;
  std::map<std::string, Duration> ahead;
  for (const Fault* fault : active({FaultKind::kCrash, FaultKind::kEvict}))
    down.merge(nodes_of(*fault));
  for (const Fault* fault : active({FaultKind::kFreeze})) frozen.merge(nodes_of(*fault));
  for (const Fault* fault : active({FaultKind::kClock})) {
    for (const auto& node : nodes_of(*fault)) ahead[node] += fault->ahead;
  }
  for (const auto& node : world_.node_names()) {
    world_.set_clock(node, ahead[node]);
    if (down.contains(node) && world_.is_up(node)) world_.crash(node);
    if (!down.contains(node)) world_.restart(node);
    const bool still = frozen.contains(node) && world_.is_up(node);
    if (still && !world_.is_frozen(node)) world_.freeze(node);
    if (!still) world_.thaw(node);
  }
}

void FaultInjector::apply_runtimes() {
  std::map<std::string, RuntimeFaults> runtimes;
  failing_.clear();
  for (const Fault* fault : active({FaultKind::kSlowStart, FaultKind::kFailedStart})) {
    for (const auto& node : nodes_of(*fault)) {
      RuntimeFaults& runtime = runtimes[node];
      if (fault->kind == FaultKind::kSlowStart) {
        runtime.cold_start_factor = std::max(runtime.cold_start_factor, fault->factor);
      } else {
        runtime.start_failure = either(runtime.start_failure, fault->rate);
        failing_.insert(node);
      }
    }
  }
  for (const auto& node : world_.node_names()) world_.set_runtime(node, runtimes[node]);
}

}  // namespace starling
