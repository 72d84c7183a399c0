// Finds the faults that a broken invariant needs.
#include <algorithm>

#include "sim/chaos.h"

namespace starling {
namespace {

/// All but those of the `part`th of `parts` nearly equal runs of faults.
std::vector<Fault> without_part(const std::vector<Fault>& faults, std::size_t part,
                                std::size_t parts) {
  const std::size_t begin = part * faults.size() / parts;
  const std::size_t end = (part + 1) * faults.size() / parts;
  std::vector<Fault> left;
  for (std::size_t i = 0; i < faults.size(); ++i) {
    if (i < begin || i >= end) left.push_back(faults[i]);
  }
  return left;
}

}  // namespace

std::optional<ShrunkPlan> shrink_plan(const FaultPlan& plan, std::uint64_t seed,
                                      const std::function<void(std::size_t, int)>& progress) {
  ShrunkPlan best{draw_faults(plan, seed), run_chaos(plan, seed), 1};
  if (!best.outcome.broken) return std::nullopt;
  const std::string invariant = best.outcome.broken->invariant;
  const auto smaller = [&](std::vector<Fault> faults) {
    FaultPlan tried = best.plan;
    tried.faults = std::move(faults);
    ChaosOutcome outcome = run_chaos(tried, seed);
    ++best.runs;
    if (!outcome.broken || outcome.broken->invariant != invariant) return false;
    best.plan = std::move(tried);
    best.outcome = std::move(outcome);
    if (progress) progress(best.plan.faults.size(), best.runs);
    return true;
  };
  if (!best.plan.faults.empty() && smaller({})) return best;
  // What begins after the invariant broke had no part in it.
  std::vector<Fault> before = best.plan.faults;
  std::erase_if(before, [&](const Fault& f) { return f.at > best.outcome.broken->at; });
  if (before.size() < best.plan.faults.size()) smaller(std::move(before));
  std::size_t parts = 2;
  while (best.plan.faults.size() > 1) {
    parts = std::min(parts, best.plan.faults.size());
    bool found = false;
    for (std::size_t part = 0; part < parts && !found; ++part)
      found = smaller(without_part(best.plan.faults, part, parts));
    if (found) {
      parts = std::max<std::size_t>(2, parts - 1);
    } else if (parts == best.plan.faults.size()) {
      break;
    } else {
      parts *= 2;
    }
  }
  return best;
}

}  // namespace starling
