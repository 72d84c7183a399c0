#include "sim/placement_optimum.h"

#include <algorithm>
#include <limits>

#include "control/ledger.h"
#include "control/resources.h"

namespace starling {
namespace {

struct Way {
  std::map<std::string, int> counts;
  double value = 0;
};

/// All ways to give one model up to its maximum of replicas, in an empty fleet, best first.
class Ways {
 public:
  Ways(const PlacementCase& problem, std::size_t model) : problem_(problem), model_(model) {
    extend(0, 0);
    std::stable_sort(ways_.begin(), ways_.end(),
                     [](const Way& a, const Way& b) { return a.value > b.value; });
  }
  std::vector<Way> take() { return std::move(ways_); }

 private:
  void extend(std::size_t node, std::size_t placed) {
    const PlacedModel& model = problem_.models[model_];
    if (node == problem_.nodes.size()) {
      ways_.push_back({counts_, value_of(problem_, model_, counts_)});
      return;
    }
    const NodeInfo& info = problem_.nodes[node];
    for (int count = 0; placed + static_cast<std::size_t>(count) <= model.worth.size(); ++count) {
      if (!fits(times(model.spec.resources, count), info.capacity())) break;
      if (count > 0) counts_[info.name] = count;
      extend(node + 1, placed + static_cast<std::size_t>(count));
    }
    counts_.erase(info.name);
  }

  const PlacementCase& problem_;
  std::size_t model_;
  std::map<std::string, int> counts_;
  std::vector<Way> ways_;
};

class BranchAndBound {
 public:
  explicit BranchAndBound(const PlacementCase& problem) : problem_(problem) {
    for (std::size_t m = 0; m < problem.models.size(); ++m)
      ways_.push_back(Ways(problem, m).take());
    bound_.resize(ways_.size() + 1, 0);
    for (std::size_t m = ways_.size(); m-- > 0;) bound_[m] = bound_[m + 1] + ways_[m].front().value;
    chosen_.resize(ways_.size());
    best_.resize(ways_.size());
  }

  Placement solve() {
    descend(0, 0);
    return best_;
  }

 private:
  void descend(std::size_t m, double value) {
    if (m == ways_.size()) {
      if (value > best_value_) {
        best_value_ = value;
        best_ = chosen_;
      }
      return;
    }
    for (const Way& way : ways_[m]) {
      if (value + way.value + bound_[m + 1] <= best_value_) break;  // the later ways are no better
      chosen_[m] = way.counts;
      if (feasible(problem_, chosen_)) descend(m + 1, value + way.value);
    }
    chosen_[m].clear();
  }

  const PlacementCase& problem_;
  std::vector<std::vector<Way>> ways_;
  std::vector<double> bound_;  // of the models from here on
  Placement chosen_, best_;
  double best_value_ = -std::numeric_limits<double>::infinity();
};

/// The share of the fullest resource that is left on the node after one more.
double left_after(const NodeInfo& node, const Resources& free, const Resources& one) {
  const Resources left = difference(free, one);
  double least = static_cast<double>(left.cpu_millis) / static_cast<double>(node.cpu_millis);
  return std::min(least,
                  static_cast<double>(left.memory_bytes) / static_cast<double>(node.memory_bytes));
}

struct Wanted {
  std::size_t model;
  double worth_by_size;
};

std::vector<Wanted> wanted_replicas(const PlacementCase& problem) {
  std::vector<Wanted> all;
  for (std::size_t m = 0; m < problem.models.size(); ++m) {
    const PlacedModel& model = problem.models[m];
    for (const double worth : model.worth)
      all.push_back({m, worth / std::max(1e-9, model.reference_price)});
  }
  std::stable_sort(all.begin(), all.end(), [](const Wanted& a, const Wanted& b) {
    return a.worth_by_size > b.worth_by_size;
  });
  return all;
}

}  // namespace

Placement optimal_placement(const PlacementCase& problem) {
  return BranchAndBound(problem).solve();
}

double value_bound(const PlacementCase& problem) {
  double bound = 0;
  for (std::size_t m = 0; m < problem.models.size(); ++m) {
    const PlacedModel& model = problem.models[m];
    // Greedy is exact for one model alone: its worth falls, and a place's crowding grows.
    std::map<std::string, int> counts;
    std::map<std::string, Resources> free;
    for (const NodeInfo& node : problem.nodes) free[node.name] = node.capacity();
    double value = 0;
    for (std::size_t i = 0; i < model.worth.size(); ++i) {
      double best = value;
      std::string on;
      for (const NodeInfo& node : problem.nodes) {
        if (!fits(model.spec.resources, free[node.name])) continue;
        auto more = counts;
        ++more[node.name];
        const double with = value_of(problem, m, more);
        if (with > best) {
          best = with;
          on = node.name;
        }
      }
      if (on.empty()) break;
      ++counts[on];
      free[on] = difference(free[on], model.spec.resources);
      value = best;
    }
    bound += value;
  }
  return bound;
}

Placement heuristic_placement(const PlacementCase& problem, Heuristic heuristic) {
  Placement placement(problem.models.size());
  std::map<std::string, Resources> free;
  for (const NodeInfo& node : problem.nodes) free[node.name] = node.capacity();
  std::map<std::string, std::vector<std::size_t>> here;  // models by node
  for (const Wanted& wanted : wanted_replicas(problem)) {
    const ModelSpec& spec = problem.models[wanted.model].spec;
    const NodeInfo* chosen = nullptr;
    double chosen_left = 0;
    for (const NodeInfo& node : problem.nodes) {
      if (!fits(spec.resources, free[node.name])) continue;
      const auto& others = here[node.name];
      if (std::any_of(others.begin(), others.end(),
                      [&](std::size_t m) { return kept_apart(spec, problem.models[m].spec); }))
        continue;
      const double left = left_after(node, free[node.name], spec.resources);
      const bool better =
          heuristic == Heuristic::kBestFit ? left < chosen_left : left > chosen_left;
      if (chosen == nullptr || better) {
        chosen = &node;
        chosen_left = left;
      }
    }
    if (chosen == nullptr) continue;
    auto with = placement[wanted.model];
    ++with[chosen->name];
    if (value_of(problem, wanted.model, with) <=
        value_of(problem, wanted.model, placement[wanted.model]))
      continue;
    placement[wanted.model] = std::move(with);
    free[chosen->name] = difference(free[chosen->name], spec.resources);
    here[chosen->name].push_back(wanted.model);
  }
  return placement;
}

}  // namespace starling
