#include "apps/lab/chaos_report.h"

#include <algorithm>
#include <map>

#include "base/table.h"

namespace starling::lab {
namespace {

double virtual_hours(const std::vector<ChaosOutcome>& outcomes) {
  double hours = 0;
  for (const auto& outcome : outcomes) hours += seconds(outcome.virtual_time) / 3600;
  return hours;
}

/// How often each invariant broke.
std::map<std::string, int> broken(const std::vector<ChaosOutcome>& outcomes) {
  std::map<std::string, int> counts;
  for (const auto& outcome : outcomes) {
    if (outcome.broken) ++counts[outcome.broken->invariant];
  }
  return counts;
}

std::int64_t passed(const std::vector<ChaosOutcome>& outcomes) {
  return std::count_if(outcomes.begin(), outcomes.end(),
                       [](const auto& outcome) { return !outcome.broken; });
}

std::int64_t faults(const std::vector<ChaosOutcome>& outcomes) {
  std::int64_t sum = 0;
  for (const auto& outcome : outcomes) sum += outcome.faults;
  return sum;
}

/// From the last fault until everything was at rest, in the slowest run that came to rest.
double slowest_rest_s(const std::vector<ChaosOutcome>& outcomes) {
  Duration slowest{};
  for (const auto& outcome : outcomes) slowest = std::max(slowest, outcome.rested.value_or(0s));
  return seconds(slowest);
}

}  // namespace

std::string chaos_table(const std::vector<ChaosRuns>& recipes) {
  Table table({"RECIPE", ">SEEDS", ">PASSED", ">FAULTS", ">VIRTUAL H", ">REST WITHIN", "BROKEN"});
  for (const auto& [file, plan, outcomes] : recipes) {
    std::vector<std::string> counts;
    for (const auto& [invariant, count] : broken(outcomes))
      counts.push_back(fmt::format("{} x{}", invariant, count));
    table.add({plan.name, std::to_string(outcomes.size()), std::to_string(passed(outcomes)),
               std::to_string(faults(outcomes)), fmt::format("{:.2f}", virtual_hours(outcomes)),
               fmt::format("{:.1f}s", slowest_rest_s(outcomes)),
               counts.empty() ? "none" : fmt::format("{}", fmt::join(counts, ", "))});
  }
  return table.text();
}

nlohmann::json chaos_json(const std::vector<ChaosRuns>& recipes, double elapsed_s) {
  nlohmann::json rows = nlohmann::json::array();
  double hours = 0;
  for (const auto& [file, plan, outcomes] : recipes) {
    nlohmann::json failures = nlohmann::json::array();
    for (const auto& outcome : outcomes) {
      if (!outcome.broken) continue;
      failures.push_back({{"seed", outcome.seed},
                          {"invariant", outcome.broken->invariant},
                          {"at_s", seconds(outcome.broken->at)},
                          {"detail", outcome.broken->detail}});
    }
    hours += virtual_hours(outcomes);
    rows.push_back({{"recipe", plan.name},
                    {"file", file},
                    {"seeds", outcomes.size()},
                    {"passed", passed(outcomes)},
                    {"faults", faults(outcomes)},
                    {"broken", broken(outcomes)},
                    {"virtual_hours", virtual_hours(outcomes)},
                    {"slowest_rest_s", slowest_rest_s(outcomes)},
                    {"failures", std::move(failures)}});
  }
  return {{"recipes", std::move(rows)},
          {"virtual_hours", hours},
          {"elapsed_s", elapsed_s},
          {"virtual_hours_per_s", elapsed_s > 0 ? hours / elapsed_s : 0}};
}

std::string chaos_failure(const std::string& file, const ChaosOutcome& outcome) {
  const std::string replay =
      fmt::format("starling-lab chaos --faults {} --seed {}", file, outcome.seed);
  return fmt::format(
      "{}: seed {}: invariant {} broken at {:.3f} s: {}\n"
      "  replay it:  {} --log seed-{}.log\n"
      "  shrink it:  {} --shrink --out seed-{}.yaml\n",
      file, outcome.seed, outcome.broken->invariant, seconds(outcome.broken->at),
      outcome.broken->detail, replay, outcome.seed, replay, outcome.seed);
}

std::string chaos_rate(const std::vector<ChaosRuns>& recipes, double elapsed_s) {
  double hours = 0;
  for (const auto& recipe : recipes) hours += virtual_hours(recipe.outcomes);
  return fmt::format("{:.2f} virtual hours in {:.1f} s: {:.2f} a second", hours, elapsed_s,
                     elapsed_s > 0 ? hours / elapsed_s : 0);
}

}  // namespace starling::lab
