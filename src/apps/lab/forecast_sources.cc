// Implements apps/lab/forecast_sources.h.
#include "apps/lab/forecast_sources.h"

#include <algorithm>
#include <iterator>
#include <unordered_set>
#include <utility>

#include "apps/lab/forecast_commands.h"
#include "apps/lab/forecast_data.h"
#include "apps/lab/refusal.h"
#include "base/counted.h"
#include "feature/window.h"
#include "forecast/evaluation/protocol.h"

namespace starling::lab {
namespace {

/// Takes what is no demand for missing; returns how many points were.
std::size_t mask_others(MaskedPoints& points) {
  std::size_t masked = 0;
  for (std::size_t i = 0; i < points.size(); ++i) {
    if (points.present[i] == 0 || is_demand(points.values[i])) continue;
    points.present[i] = 0;
    points.values[i] = 0;
    ++masked;
  }
  return masked;
}

/// The cases that say something: a past to forecast from, and an outcome to judge by.
std::vector<ForecastCase> usable(std::vector<ForecastCase> cases, const std::string& file) {
  const std::size_t all = cases.size();
  std::size_t masked = 0;
  for (ForecastCase& one : cases) masked += mask_others(one.history) + mask_others(one.future);
  if (masked > 0) {
    fmt::print(stderr, "{}: {} in its cases taken for missing: negative, or beyond any demand\n",
               file, counted(static_cast<std::int64_t>(masked), "value"));
  }
  std::erase_if(cases, [](const ForecastCase& one) {
    return !one.history.any_present() || !one.future.any_present();
  });
  if (cases.size() < all) {
    fmt::print(stderr,
               "{}: {} of {} cases left out: no known value (finite, not negative) before "
               "or after\n",
               file, all - cases.size(), all);
  }
  return cases;
}

std::vector<ForecastCase> cut(const std::string& dataset, const std::vector<Series>& workloads,
                              const CaseSource& source) {
  const bool is_long = source.protocol == "long";
  CutCases made =
      cut_cases(dataset, workloads, is_long ? Protocol::kLong : Protocol::kShort, source.origins);
  fmt::print(stderr, "{}: {} cases of {} workloads", dataset, made.cases.size(), made.workloads);
  if (made.shortened > 0)
    fmt::print(stderr, "; {} with less history than {} asks for", made.shortened, source.protocol);
  if (made.too_short > 0) fmt::print(stderr, "; {} workloads too short", made.too_short);
  if (made.unknown > 0) fmt::print(stderr, "; {} moments with nothing known", made.unknown);
  fmt::print(stderr, "\n");
  return std::move(made.cases);
}

}  // namespace

void add_case_options(CLI::App& command, CaseSource& source, bool with_cases) {
  if (with_cases) {
    command.add_option("--cases", source.case_files, "Files of cases (CSV, gzipped or not)");
  }
  command.add_option("--trace", source.traces, "Trace files to cut into cases");
  command.add_option("--synthetic", source.synthetic, "Synthetic workloads to cut into cases")
      ->check(CLI::Range(0, 100'000));
  command.add_option("--seed", source.seed, "Of the synthetic workloads")->capture_default_str();
  command
      .add_option("--protocol", source.protocol,
                  "short (60, 48, 36 points at 1, 5, 10 min) | long (2 days at 1 min, else 7)")
      ->check(CLI::IsMember({"short", "long"}))
      ->capture_default_str();
  command
      .add_option("--origins", source.origins,
                  "Forecasts of each workload, evenly spaced in its second half")
      ->check(CLI::Range(1, 10'000))
      ->capture_default_str();
}

std::vector<ForecastCase> load_cases(const CaseSource& source) {
  std::vector<ForecastCase> cases;
  const auto add = [&](std::vector<ForecastCase> more) {
    std::move(more.begin(), more.end(), std::back_inserter(cases));
  };
  for (const std::string& file : source.case_files) {
    add(usable(value_or_fail(read_cases(file)), file));
  }
  for (const std::string& file : source.traces) {
    const auto read = value_or_fail(read_datasets({file}));
    add(cut(read[0].name, read[0].workloads, source));
  }
  if (source.synthetic > 0) {
    const Dataset made = synthetic_dataset(source.synthetic, source.seed);
    add(cut(made.name, made.workloads, source));
  }
  if (cases.empty()) {
    refuse("no cases; give --cases FILE, --trace FILE or --synthetic N");
  }
  std::unordered_set<std::string> ids;
  for (const ForecastCase& one : cases) {
    if (ids.insert(one.id).second) continue;
    refuse(fmt::format("the case '{}' comes from two of the files; give each file once", one.id));
  }
  return cases;
}

std::string protocol_name(const CaseSource& source) {
  return source.traces.empty() && source.synthetic == 0 ? "as given" : source.protocol;
}

}  // namespace starling::lab
