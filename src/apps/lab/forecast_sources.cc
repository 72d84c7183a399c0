// Implements apps/lab/forecast_sources.h.
#include "apps/lab/forecast_sources.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <system_error>
#include <unordered_set>
#include <utility>

#include "apps/lab/forecast_commands.h"
#include "apps/lab/forecast_data.h"
#include "apps/lab/refusal.h"
#include "apps/lab/seed_option.h"
#include "base/counted.h"
#include "base/units.h"
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

/// Why not one of a set's workloads gave a case.
std::string why_none(const std::string& dataset, const std::vector<Series>& workloads,
                     const CutCases& made, Protocol protocol) {
  if (workloads.empty()) return fmt::format("{}: no workload", dataset);
  if (made.too_short < workloads.size()) {
    return fmt::format("{}: at none of its moments is a value known before and after", dataset);
  }
  const Series& longest = *std::ranges::max_element(workloads, {}, &Series::size);
  const ProtocolShape shape = protocol_shape(protocol, longest.step);
  return fmt::format(
      "{}: too short: a case takes {} points, one a {} ({} of history, {} to "
      "forecast), and its longest workload has {}",
      dataset, shape.history_min + shape.horizon, format_duration(longest.step), shape.history_min,
      shape.horizon, longest.size());
}

/// Adds to `nothing` why there are no cases, where there are none.
std::vector<ForecastCase> cut(const std::string& dataset, const std::vector<Series>& workloads,
                              const CaseSource& source, std::vector<std::string>& nothing) {
  const Protocol protocol = source.protocol == "long" ? Protocol::kLong : Protocol::kShort;
  CutCases made = cut_cases(dataset, workloads, protocol, source.origins);
  if (made.cases.empty()) nothing.push_back(why_none(dataset, workloads, made, protocol));
  fmt::print(stderr, "{}: {} of {}", dataset, counted(std::ssize(made.cases), "case"),
             counted(static_cast<std::int64_t>(made.workloads), "workload"));
  if (made.shortened > 0)
    fmt::print(stderr, "; {} with less history than {} asks for", made.shortened, source.protocol);
  if (made.too_short > 0) {
    fmt::print(stderr, "; {} too short",
               counted(static_cast<std::int64_t>(made.too_short), "workload"));
  }
  if (made.unknown > 0) {
    fmt::print(stderr, "; {} with nothing known",
               counted(static_cast<std::int64_t>(made.unknown), "moment"));
  }
  fmt::print(stderr, "\n");
  return std::move(made.cases);
}

/// Of a file of cases. Adds to `nothing` that there are none, where there are none.
std::vector<ForecastCase> cases_in(const std::string& file, std::vector<std::string>& nothing) {
  std::error_code missing;  // which read_cases() says better
  if (std::filesystem::file_size(file, missing) == 0 && !missing) {
    refuse(
        fmt::format("--cases {}: the file is empty; starling-lab forecast cases makes one", file));
  }
  auto cases = usable(value_or_fail(read_cases(file)), file);
  if (cases.empty()) nothing.push_back(fmt::format("{}: no case that can be used", file));
  return cases;
}

[[noreturn]] void refuse_no_cases(const CaseSource& source,
                                  const std::vector<std::string>& nothing) {
  if (!nothing.empty()) refuse(fmt::format("no cases: {}", fmt::join(nothing, "; ")));
  refuse(fmt::format("no cases; give {}--trace FILE or --synthetic N",
                     source.takes_files ? "--cases FILE, " : ""));
}

}  // namespace

void add_case_options(CLI::App& command, CaseSource& source, bool with_cases) {
  source.takes_files = with_cases;
  if (with_cases) {
    command.add_option("--cases", source.case_files, "Files of cases (CSV, gzipped or not)");
  }
  command.add_option("--trace", source.traces, "Trace files to cut into cases");
  command.add_option("--synthetic", source.synthetic, "Synthetic workloads to cut into cases")
      ->check(CLI::Range(0, 100'000));
  command.add_option("--seed", source.seed, "Of the synthetic workloads")
      ->check(negative_seed)
      ->capture_default_str();
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
  std::vector<std::string> nothing;
  const auto add = [&](std::vector<ForecastCase> more) {
    std::move(more.begin(), more.end(), std::back_inserter(cases));
  };
  for (const std::string& file : source.case_files) {
    add(cases_in(file, nothing));
  }
  for (const std::string& file : source.traces) {
    const auto sets = value_or_fail(read_datasets({file}));
    add(cut(sets[0].name, sets[0].workloads, source, nothing));
  }
  if (source.synthetic > 0) {
    const Dataset made = synthetic_dataset(source.synthetic, source.seed);
    add(cut(made.name, made.workloads, source, nothing));
  }
  if (cases.empty()) refuse_no_cases(source, nothing);
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
