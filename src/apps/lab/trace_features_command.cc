// starling-lab trace features: which features tell about a trace's future, and what they are worth.
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "apps/lab/commands.h"
#include "apps/lab/refusal.h"
#include "apps/lab/seed_option.h"
#include "apps/lab/trace_features_study.h"
#include "apps/lab/trace_report.h"
#include "base/units.h"
#include "trace/read.h"

namespace starling::lab {
namespace {

struct FeaturesArguments {
  std::vector<std::string> files;
  std::string step;
  std::string score = "quotient";
  std::size_t top = 20;
  std::string output = "table";
  StudyOptions options;
};

std::vector<Series> read_workloads(const FeaturesArguments& arguments) {
  ReadOptions options;
  CleaningStep averaged;
  if (!arguments.step.empty()) {
    options.step = value_or_fail(parse_duration(arguments.step));
    options.averaged = &averaged;
    if (*options.step <= Duration::zero()) {
      refuse("--step must be longer than zero");
    }
  }
  std::vector<Series> workloads;
  for (const std::string& file : arguments.files) {
    auto read = value_or_fail(read_trace(file, options));
    print_step(file, averaged);
    std::move(read.begin(), read.end(), std::back_inserter(workloads));
  }
  return workloads;
}

void print_ranking(const FeatureStudy& study, std::size_t top) {
  std::size_t width = std::string("FEATURE").size();
  for (const std::string& name : study.names) width = std::max(width, name.size());
  fmt::print("{:>4}  {:<{}}  {:>9}  {:>10}  {:>7}\n", "RANK", "FEATURE", width, "RELEVANCE",
             "REDUNDANCY", "SCORE");
  for (std::size_t i = 0; i < std::min(top, study.ranking.size()); ++i) {
    const RankedFeature& one = study.ranking[i];
    fmt::print("{:>4}  {:<{}}  {:>9.4f}  {:>10.4f}  {:>7.3f}\n", i + 1, study.names[one.column],
               width, one.relevance, one.redundancy, one.score);
  }
}

void print_errors(const FeatureStudy& study) {
  fmt::print("\n{:<16}  {:>8}  {:>9}  {:>8}  {:>8}\n", "ERROR / NAIVE'S", "MRMR", "RELEVANCE",
             "RANDOM", "TREES");
  for (const SubsetErrors& row : study.errors) {
    const char* noun = row.features == 1 ? "feature" : "features";
    fmt::print("{:<16}  {:>8.4f}  {:>9.4f}  {:>8.4f}  {:>8}\n",
               fmt::format("{} {}", row.features, noun), row.mrmr, row.relevance, row.random,
               row.trees ? fmt::format("{:.4f}", *row.trees) : "-");
  }
  fmt::print("{:<16}  {:>8.4f}\n", "seasonal-naive", study.seasonal_naive_error);
  fmt::print("{:<16}  {:>8.4f}\n", "ses", study.ses_error);
}

void print_json(const FeatureStudy& study, const StudyOptions& options) {
  auto ranking = nlohmann::json::array();
  for (const RankedFeature& one : study.ranking) {
    ranking.push_back({{"feature", study.names[one.column]},
                       {"relevance", one.relevance},
                       {"redundancy", one.redundancy},
                       {"score", one.score}});
  }
  auto errors = nlohmann::json::array();
  for (const SubsetErrors& row : study.errors) {
    errors.push_back({{"features", row.features},
                      {"mrmr", row.mrmr},
                      {"relevance", row.relevance},
                      {"random", row.random},
                      {"trees", row.trees ? nlohmann::json(*row.trees) : nlohmann::json()}});
  }
  const nlohmann::json answer{
      {"workloads", study.workloads},
      {"tooShort", study.too_short},
      {"horizon", options.horizon},
      {"trainRows", study.train_rows},
      {"testRows", study.test_rows},
      {"ranking", ranking},
      {"relativeErrors", errors},
      {"baselines", {{"seasonal-naive", study.seasonal_naive_error}, {"ses", study.ses_error}}}};
  fmt::print("{}\n", answer.dump(2));
}

void run_features(FeaturesArguments arguments) {
  if (arguments.score == "difference") arguments.options.score = SelectionScore::kDifference;
  const auto workloads = read_workloads(arguments);
  const auto study = value_or_fail(study_features(workloads, arguments.options));
  fmt::print(stderr, "{} workloads, {} moments to learn from, {} later ones to score by\n",
             study.workloads, study.train_rows, study.test_rows);
  if (study.too_short > 0) {
    fmt::print(stderr, "{} workloads left out: fewer than 48 points\n", study.too_short);
  }
  if (arguments.output == "json") return print_json(study, arguments.options);
  print_ranking(study, arguments.top);
  print_errors(study);
}

}  // namespace

void add_trace_features(CLI::App& trace) {
  CLI::App* features = trace.add_subcommand(
      "features", "Rank features by what they tell about a trace's future, and what that is worth");
  auto arguments = std::make_shared<FeaturesArguments>();
  StudyOptions& options = arguments->options;
  features
      ->add_option("files", arguments->files,
                   "Trace files of a format with times, compressed as they are")
      ->required();
  features->add_option("--step", arguments->step,
                       "Average to this step first: 5m, 1h (default: each workload's own)");
  features->add_option("--horizon", options.horizon, "Steps ahead to forecast")
      ->check(CLI::Range(1, 10'000))
      ->capture_default_str();
  features->add_option("--top", arguments->top, "Features to print, best first")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  features
      ->add_option("--score", arguments->score,
                   "Relevance and redundancy become one by their quotient or difference")
      ->check(CLI::IsMember({"quotient", "difference"}))
      ->capture_default_str();
  features->add_option("--rows", options.rows_max, "Moments to look at, over all workloads")
      ->check(CLI::Range(100, 10'000'000))
      ->capture_default_str();
  features->add_option("--seed", options.seed, "Of the random choices of features")
      ->check(negative_seed)
      ->capture_default_str();
  features->add_option("-o,--output", arguments->output, "table or json; json has all features")
      ->check(CLI::IsMember({"table", "json"}))
      ->capture_default_str();
  features->footer(
      "Relevance is the mutual information with the target, redundancy the mean one with the\n"
      "features ranked before, both in nats (docs/features.md). The errors are those of a ridge\n"
      "regression on later points that it was not fitted to, relative to repeating the last "
      "value:\n"
      "below 1 is better. It reads the best features by that ranking, the most relevant ones, or\n"
      "as many at random.\n\n"
      "Examples:\n"
      "  starling-lab trace features day.csv\n"
      "  starling-lab trace features week.csv.gz --step 5m --horizon 12 --top 10 -o json");
  features->callback([arguments] { run_features(*arguments); });
}

}  // namespace starling::lab
