// Implements forecast/meta/ablation.h.
#include "forecast/meta/ablation.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <set>
#include <utility>

#include "base/nearest.h"
#include "forecast/meta/ablation_methods.h"

namespace starling {
namespace {

using meta::Algorithm;
using meta::Readout;

constexpr const char* kKnown = "known families";
constexpr const char* kWithout = "without ";
constexpr const char* kCpuOnly = "cpu only";
constexpr const char* kChange = "regime change";
constexpr std::size_t kTuningTasks = 8;  // of each training set

/// A row: which weights, and how they are used.
struct Method {
  const char* name;
  Algorithm algorithm;
  Readout readout;
};
constexpr std::array kMethods{
    Method{"network", Algorithm::kControl, Readout::kNone},
    Method{"network, both", Algorithm::kControlBoth, Readout::kNone},
    Method{"fine-tuned", Algorithm::kControl, Readout::kFineTuned},
    Method{"head fine-tuned", Algorithm::kControl, Readout::kHeadTuned},
    Method{"film fine-tuned", Algorithm::kControl, Readout::kFilmTuned},
    Method{"film fine-tuned, gated", Algorithm::kControl, Readout::kFilmGated},
    Method{"fine-tuned, gated", Algorithm::kControl, Readout::kGated},
    Method{"from scratch", Algorithm::kControl, Readout::kScratch},
    Method{"pooled by family", Algorithm::kControl, Readout::kFamily},
    Method{"pooled by cluster", Algorithm::kControl, Readout::kCluster},
    Method{"fomaml", Algorithm::kFomaml, Readout::kInnerLoop},
    Method{"fomaml, not adapted", Algorithm::kFomaml, Readout::kNone},
    Method{"maml", Algorithm::kMaml, Readout::kInnerLoop},
    Method{"maml, gated", Algorithm::kMaml, Readout::kGated},
    Method{"maml, not adapted", Algorithm::kMaml, Readout::kNone},
    Method{"anil", Algorithm::kAnil, Readout::kInnerLoop},
    Method{"anil, not adapted", Algorithm::kAnil, Readout::kNone},
    Method{"meta-sgd", Algorithm::kMetaSgd, Readout::kInnerLoop},
    Method{"meta-sgd, gated", Algorithm::kMetaSgd, Readout::kGated},
    Method{"meta-sgd, not adapted", Algorithm::kMetaSgd, Readout::kNone},
    Method{"film-maml", Algorithm::kFilmMaml, Readout::kInnerLoop},
    Method{"film-maml, gated", Algorithm::kFilmMaml, Readout::kGated},
    Method{"film-maml, not adapted", Algorithm::kFilmMaml, Readout::kNone},
    Method{"reptile", Algorithm::kReptile, Readout::kInnerLoop},
    Method{"reptile, not adapted", Algorithm::kReptile, Readout::kNone},
};

std::string family_of(const std::string& set) { return set.substr(0, set.find('_')); }
bool is_cpu(const std::string& set) { return set.find("cpu") != std::string::npos; }

/// Which sets of the data train, and which judge, in this regime.
struct Choice {
  std::vector<const TrainingSet*> train;
  std::vector<const TrainingSet*> judge;
};

Choice choice_of(const AblationData& data, const std::string& regime) {
  const bool without = regime.starts_with(kWithout);
  const std::string left_out = without ? regime.substr(std::string(kWithout).size()) : "";
  const bool cpu_only = regime == kCpuOnly;
  std::set<std::string> cpu_families;
  for (const TrainingSet& set : data.train) {
    if (is_cpu(set.name)) cpu_families.insert(family_of(set.name));
  }
  Choice choice;
  for (const TrainingSet& set : data.train) {
    const bool trains = without ? family_of(set.name) != left_out : !cpu_only || is_cpu(set.name);
    if (trains) choice.train.push_back(&set);
  }
  for (const TrainingSet& set : data.judge) {
    const std::string family = family_of(set.name);
    const bool judges = without ? family == left_out : !cpu_only || !cpu_families.contains(family);
    if (judges) choice.judge.push_back(&set);
  }
  return choice;
}

std::vector<Series> evenly_chosen(const TrainingSet& set, std::size_t count) {
  const std::size_t wanted = std::min(count, set.workloads.size());
  std::vector<Series> chosen;
  for (std::size_t k = 0; k < wanted; ++k) {
    chosen.push_back(set.workloads[k * set.workloads.size() / wanted]);
  }
  return chosen;
}

/// The tasks that learn, and those of the same workloads by which a rate of fine-tuning is chosen.
struct Lessons {
  std::vector<meta::TaskSet> sets;
  std::vector<JudgedTask> tuning;
};

Result<Lessons> lessons_of(const Choice& choice, const AblationOptions& options,
                           std::uint64_t seed) {
  Lessons lessons;
  for (const TrainingSet* set : choice.train) {
    const auto workloads = evenly_chosen(*set, static_cast<std::size_t>(options.train_max));
    lessons.sets.push_back(meta::task_set(set->name, set->weight, workloads, seed, options.regime));
    JudgeOptions some = options.judge;
    some.workloads_max = kTuningTasks;
    auto judged = judged_set(set->name, workloads, some);
    if (!judged) return fail(judged.error());
    std::move(judged->tasks.begin(), judged->tasks.end(), std::back_inserter(lessons.tuning));
  }
  return lessons;
}

Result<std::vector<JudgedSet>> judges_of(const Choice& choice, const AblationOptions& options,
                                         bool changes, std::uint64_t seed) {
  std::vector<JudgedSet> sets;
  for (const TrainingSet* set : choice.judge) {
    auto judged = changes ? changed_set(set->name, set->workloads, options.judge, seed)
                          : judged_set(set->name, set->workloads, options.judge);
    if (!judged) return fail(judged.error());
    if (!judged->tasks.empty()) sets.push_back(std::move(*judged));
  }
  return sets;
}

/// Relative WQL by set and as geometric mean; sets on which the last value makes no error are out.
AblationCell cell_of(const Method& method, const meta::Learned& learned,
                     const std::vector<JudgedSet>& judges, const meta::ReadoutContext& context) {
  AblationCell cell{.regime = "", .method = method.name, .seed = context.seed, .by_set = {}};
  double logs = 0;
  for (const JudgedSet& set : judges) {
    double naive = 0, ours = 0;
    for (const JudgedTask& task : set.tasks) naive += task.naive;
    for (const double one : meta::numerators(method.readout, learned, set.tasks, context)) {
      ours += one;
    }
    if (naive <= 0) continue;
    // What diverged has no loss: it comes last.
    constexpr double kDiverged = 1e6;
    const double ratio = std::isfinite(ours) ? std::max(1e-12, ours / naive) : kDiverged;
    cell.by_set[set.name] = ratio;
    logs += std::log(ratio);
  }
  cell.relative_wql =
      std::exp(logs / static_cast<double>(std::max<std::size_t>(1, cell.by_set.size())));
  return cell;
}

}  // namespace

std::string AblationOptions::text() const {
  return fmt::format(
      "{} hidden {} outer {} inner {} x {} train {} support {} query {} cut {} judged {}",
      regime_name(regime), hidden, outer_steps, inner_steps, inner_rate, train_max, judge.support,
      judge.query, judge.cut_share, judge.workloads_max);
}

std::vector<std::string> ablation_regimes(const AblationData& data) {
  std::vector<std::string> all{kKnown};
  for (const TrainingSet& set : data.judge) all.push_back(kWithout + family_of(set.name));
  all.insert(all.end(), {kCpuOnly, kChange});
  std::vector<std::string> regimes;
  for (const std::string& regime : all) {
    const Choice choice = choice_of(data, regime);
    const bool twice = std::find(regimes.begin(), regimes.end(), regime) != regimes.end();
    if (!twice && !choice.train.empty() && !choice.judge.empty()) regimes.push_back(regime);
  }
  return regimes;
}

std::vector<std::string> ablation_methods() {
  std::vector<std::string> names;
  for (const Method& method : kMethods) names.emplace_back(method.name);
  return names;
}

Status run_ablation(const AblationData& data, const AblationOptions& options,
                    const std::string& regime, std::uint64_t seed,
                    const std::function<bool(const std::string& method)>& wanted,
                    const std::function<Status(const AblationCell&)>& ready,
                    const std::function<bool()>& go_on) {
  const auto regimes = ablation_regimes(data);
  if (std::find(regimes.begin(), regimes.end(), regime) == regimes.end()) {
    return fail(ErrorCode::kInvalid, "these traces make no regime '{}'{}", regime,
                did_you_mean(regime, regimes));
  }
  const Choice choice = choice_of(data, regime);
  const auto judges = judges_of(choice, options, regime == kChange, seed);
  if (!judges) return fail(judges.error());
  if (judges->empty()) {
    return fail(ErrorCode::kInvalid, "{}: no workload is long enough to be judged by", regime);
  }
  std::optional<Lessons> lessons;
  std::map<Algorithm, meta::Learned> learned;
  for (const Method& method : kMethods) {
    if (!wanted(method.name)) continue;
    if (!lessons) {
      auto made = lessons_of(choice, options, seed);
      if (!made) return fail(made.error());
      lessons = std::move(*made);
    }
    const meta::InnerLoop inner{.steps = options.inner_steps, .rate = options.inner_rate};
    if (!learned.contains(method.algorithm)) {
      auto weights = meta::learn(lessons->sets,
                                 {.algorithm = method.algorithm,
                                  .seed = seed,
                                  .regime = options.regime,
                                  .hidden = options.hidden,
                                  .steps = options.outer_steps,
                                  .inner = inner},
                                 [&](const TrainingState&) { return !go_on || go_on(); });
      if (!weights) return fail(weights.error());
      learned[method.algorithm] = std::move(*weights);
    }
    const meta::ReadoutContext context{.algorithm = method.algorithm,
                                       .inner = inner,
                                       .shape = {options.regime, options.hidden},
                                       .seed = seed,
                                       .tuning = lessons->tuning};
    AblationCell cell = cell_of(method, learned[method.algorithm], *judges, context);
    cell.regime = regime;
    if (auto kept = ready(cell); !kept) return kept;
  }
  return {};
}

}  // namespace starling
