// Implements forecast/evaluation/scores.h.
#include "forecast/evaluation/scores.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>

#include "base/rng.h"
#include "forecast/metrics.h"

namespace starling {
namespace {

constexpr std::size_t kFirstLevel = 1;
constexpr std::size_t kLastLevel = 9;
constexpr std::size_t kMedian = 5;
static_assert(kQuantileLevels[kFirstLevel] == 0.1 && kQuantileLevels[kLastLevel] == 0.9);
static_assert(kQuantileLevels[kMedian] == 0.5);

/// What one case adds to its dataset, for one method.
struct CaseSums {
  double loss = 0;
  double absolute_error = 0;
  double covered = 0;
};

/// What a case has whatever the method.
struct CaseFacts {
  double actual = 0;  // Σ|y|
  int outcomes = 0;
  std::optional<double> scale;
};

/// The cases of one dataset, and those of each of its workloads.
struct Group {
  std::vector<std::size_t> cases;
  std::vector<std::vector<std::size_t>> workloads;
};

std::map<std::string, Group> grouped(const std::vector<ForecastCase>& cases) {
  std::map<std::string, Group> groups;
  std::map<std::string, std::map<std::string, std::size_t>> places;
  for (std::size_t i = 0; i < cases.size(); ++i) {
    Group& group = groups[cases[i].dataset];
    auto& known = places[cases[i].dataset];
    const auto [place, is_new] = known.try_emplace(cases[i].workload, group.workloads.size());
    if (is_new) group.workloads.emplace_back();
    group.workloads[place->second].push_back(i);
    group.cases.push_back(i);
  }
  return groups;
}

CaseFacts facts_of(const ForecastCase& one) {
  CaseFacts facts;
  facts.scale = mase_scale(one);
  for (std::size_t h = 0; h < one.future.size(); ++h) {
    if (!one.future.present[h]) continue;
    facts.actual += std::abs(one.future.values[h]);
    ++facts.outcomes;
  }
  return facts;
}

CaseSums sums_of(const ForecastCase& one, const std::vector<Quantiles>& steps) {
  assert(steps.size() >= one.future.size());
  CaseSums sums;
  for (std::size_t h = 0; h < one.future.size(); ++h) {
    if (!one.future.present[h]) continue;
    const double actual = one.future.values[h];
    sums.loss += wql_numerator(steps[h], actual);
    sums.absolute_error += std::abs(actual - steps[h][kMedian]);
    sums.covered += covered_by(steps[h], actual)[kLastLevel];
  }
  return sums;
}

std::optional<double> ratio(double numerator, double denominator) {
  if (numerator == 0) return 0.0;
  return denominator > 0 ? std::optional(numerator / denominator) : std::nullopt;
}

DatasetFigures figures_of(const Group& group, const std::vector<CaseSums>& sums,
                          const std::vector<CaseFacts>& facts) {
  double loss = 0, actual = 0, scaled = 0, covered = 0;
  int scaled_cases = 0, outcomes = 0;
  for (const std::size_t i : group.cases) {
    loss += sums[i].loss;
    actual += facts[i].actual;
    covered += sums[i].covered;
    outcomes += facts[i].outcomes;
    if (!facts[i].scale || facts[i].outcomes == 0) continue;
    scaled += sums[i].absolute_error / facts[i].outcomes / *facts[i].scale;
    ++scaled_cases;
  }
  return {.wql = ratio(loss, actual),
          .mase = scaled_cases > 0 ? std::optional(scaled / scaled_cases) : std::nullopt,
          .coverage_90 = outcomes > 0 ? covered / outcomes : 0};
}

/// Geometric mean of the ratios; nothing where there is none.
std::optional<double> geometric_mean(const std::vector<double>& ratios) {
  if (ratios.empty()) return std::nullopt;
  double logs = 0;
  for (const double r : ratios) logs += std::log(r);
  return std::exp(logs / static_cast<double>(ratios.size()));
}

std::optional<double> relative(const MethodFigures& method, const MethodFigures& base,
                               const std::vector<std::string>& left_out) {
  std::vector<double> ratios;
  for (const auto& [dataset, figures] : method.datasets) {
    if (std::find(left_out.begin(), left_out.end(), dataset) != left_out.end()) continue;
    if (!figures.wql) return std::nullopt;
    ratios.push_back(*figures.wql / *base.datasets.at(dataset).wql);
  }
  return geometric_mean(ratios);
}

/// Percentile bootstrap of every method's relative WQL. Losses only are summed: the outcomes' Σ|y|
/// is the same in both sides of a ratio.
void add_intervals(const std::map<std::string, Group>& groups,
                   const std::vector<std::vector<CaseSums>>& sums, std::uint64_t seed, int draws,
                   Comparison& comparison) {
  std::vector<std::vector<double>> means(sums.size());
  for (int draw = 0; draw < draws; ++draw) {
    Rng rng = Rng(seed).split(static_cast<std::uint64_t>(draw));
    std::vector<std::vector<double>> ratios(sums.size());
    for (const auto& [dataset, group] : groups) {
      const auto& out = comparison.left_out;
      if (std::find(out.begin(), out.end(), dataset) != out.end()) continue;
      std::vector<double> losses(sums.size());
      for (std::size_t w = 0; w < group.workloads.size(); ++w) {
        for (const std::size_t i : group.workloads[rng.below(group.workloads.size())]) {
          for (std::size_t m = 0; m < sums.size(); ++m) losses[m] += sums[m][i].loss;
        }
      }
      if (losses[0] <= 0) continue;  // a draw in which naive made no error compares nothing
      for (std::size_t m = 0; m < sums.size(); ++m) ratios[m].push_back(losses[m] / losses[0]);
    }
    for (std::size_t m = 0; m < sums.size(); ++m) {
      if (const auto mean = geometric_mean(ratios[m])) means[m].push_back(*mean);
    }
  }
  for (std::size_t m = 0; m < sums.size(); ++m) {
    if (means[m].empty() || !comparison.methods[m].relative_wql) continue;
    std::sort(means[m].begin(), means[m].end());
    const auto at = [&](double share) {
      return means[m][static_cast<std::size_t>(share * static_cast<double>(means[m].size() - 1))];
    };
    comparison.methods[m].relative_wql_ci = std::pair(at(0.025), at(0.975));
  }
}

}  // namespace

double wql_numerator(const Quantiles& quantiles, double actual) {
  double loss = 0;
  for (std::size_t q = kFirstLevel; q <= kLastLevel; ++q) {
    loss += pinball_loss(quantiles[q], actual, kQuantileLevels[q]);
  }
  return 2 * loss / static_cast<double>(kLastLevel - kFirstLevel + 1);
}

std::optional<double> mase_scale(const ForecastCase& one) {
  const auto season = static_cast<std::size_t>(std::max(0, one.season));
  const std::size_t lag = season > 0 && one.history.size() >= 2 * season ? season : 1;
  double sum = 0;
  int count = 0;
  for (std::size_t i = lag; i < one.history.size(); ++i) {
    if (!one.history.present[i] || !one.history.present[i - lag]) continue;
    sum += std::abs(one.history.values[i] - one.history.values[i - lag]);
    ++count;
  }
  return sum > 0 ? std::optional(sum / count) : std::nullopt;
}

Comparison compare(const std::vector<ForecastCase>& cases,
                   const std::vector<MethodForecasts>& methods, std::uint64_t seed,
                   int bootstrap_draws) {
  Comparison comparison;
  comparison.cases = cases.size();
  const auto groups = grouped(cases);
  std::vector<CaseFacts> facts;
  for (const ForecastCase& one : cases) {
    facts.push_back(facts_of(one));
    comparison.without_scale += !facts.back().scale;
  }
  std::vector<std::vector<CaseSums>> sums;
  for (const MethodForecasts& method : methods) {
    auto& of_method = sums.emplace_back();
    for (std::size_t i = 0; i < cases.size(); ++i) {
      of_method.push_back(sums_of(cases[i], method.steps[i]));
    }
    MethodFigures figures;
    figures.name = method.name;
    figures.replaced = method.replaced;
    figures.seconds_per_forecast =
        method.seconds / static_cast<double>(std::max<std::size_t>(1, cases.size()));
    for (const auto& [dataset, group] : groups) {
      figures.datasets[dataset] = figures_of(group, of_method, facts);
    }
    comparison.methods.push_back(std::move(figures));
  }
  for (const auto& [dataset, group] : groups) {
    comparison.cases_by_dataset[dataset] = group.cases.size();
    const auto base =
        methods.empty() ? std::optional<double>() : comparison.methods[0].datasets.at(dataset).wql;
    if (!base || *base == 0) comparison.left_out.push_back(dataset);
  }
  for (MethodFigures& method : comparison.methods) {
    method.relative_wql = relative(method, comparison.methods[0], comparison.left_out);
    for (const auto& [dataset, group] : groups) {
      auto without = comparison.left_out;
      without.push_back(dataset);
      method.relative_without[dataset] = relative(method, comparison.methods[0], without);
    }
  }
  add_intervals(groups, sums, seed, bootstrap_draws, comparison);
  return comparison;
}

}  // namespace starling
