// The description of a trace as tables for a terminal.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "apps/lab/trace_describe.h"
#include "apps/lab/trace_text.h"
#include "base/table.h"
#include "base/units.h"

namespace starling::lab {
namespace {

constexpr std::size_t kOneTableColumns = 150;

std::string percent(double share) { return fmt::format("{:.1f}%", 100 * share); }

std::string missing(const Description& d) {
  if (d.gaps.missing == 0) return "0%";
  return percent(static_cast<double>(d.gaps.missing) / static_cast<double>(d.points));
}

std::vector<std::string> level_cells(const Description& d) {
  return {format_duration(d.step), fmt::format("{}", d.points), missing(d),
          amount(d.levels.mean),   amount(d.levels.p50),        amount(d.levels.p95),
          amount(d.levels.p99),    amount(d.levels.peak),       percent(d.levels.zero_share)};
}

const std::vector<std::string> kLevelHeads{">STEP", ">POINTS", ">MISSING", ">MEAN", ">P50",
                                           ">P95",  ">P99",    ">PEAK",    ">ZEROS"};

std::vector<std::string> character_cells(const Description& d) {
  const auto& correlations = d.correlations;
  const std::string dispersion = d.dispersion.empty() ? "-" : amount(d.dispersion.front().index);
  return {figure(d.variation()),
          figure(d.peak_to_mean(), 1),
          dispersion,
          figure(correlations.empty() ? std::nullopt : correlations.front().correlation),
          figure(d.strengths.daily),
          figure(d.strengths.weekly),
          figure(d.strengths.trend),
          fmt::format("{}", d.changes.size()),
          d.demand ? std::string(demand_class_name(d.demand->kind)) : "-"};
}

const std::vector<std::string> kCharacterHeads{">CV",   ">PK/MN", ">FANO",    ">ACF1", ">DAY",
                                               ">WEEK", ">TREND", ">CHANGES", "DEMAND"};

/// The narrowest width, from `width` on, at which the names of the first rows stay distinct.
std::size_t distinct_width(const TraceDescription& described, std::size_t rows, std::size_t width) {
  for (;; ++width) {
    std::set<std::string> shown;
    bool any_shortened = false;
    for (std::size_t i = 0; i < rows; ++i) {
      const std::string& name = described.workloads[described.by_mean[i]].workload;
      shown.insert(short_name(name, width));
      any_shortened = any_shortened || name.size() > width;
    }
    if (shown.size() == rows || !any_shortened) return width;
  }
}

template <typename Cells>
void add_rows(Table& table, const TraceDescription& described, std::size_t rows,
              std::size_t name_width, Cells cells) {
  const auto add = [&](const std::string& name, const Description& d) {
    std::vector<std::string> row{short_name(name, name_width)};
    for (std::string& cell : cells(d)) row.push_back(std::move(cell));
    table.add(std::move(row));
  };
  for (std::size_t i = 0; i < rows; ++i) {
    const Description& d = described.workloads[described.by_mean[i]];
    add(d.workload, d);
  }
  if (described.overall) add("(total)", *described.overall);
}

template <typename Cells>
std::string table_of(const std::vector<std::string>& heads, const TraceDescription& described,
                     std::size_t rows, std::size_t name_width, Cells cells) {
  std::vector<std::string> all{"WORKLOAD"};
  all.insert(all.end(), heads.begin(), heads.end());
  Table table(all);
  add_rows(table, described, rows, name_width, cells);
  return table.text();
}

std::vector<std::string> joined(std::vector<std::string> left,
                                const std::vector<std::string>& right) {
  left.insert(left.end(), right.begin(), right.end());
  return left;
}

std::string closing_lines(const TraceDescription& described, std::size_t rows) {
  std::string text;
  if (rows < described.workloads.size()) {
    text += fmt::format("The {} largest of {} workloads by mean; --all shows all.\n", rows,
                        described.workloads.size());
  }
  if (!described.why_no_total.empty()) {
    text += fmt::format("No (total): {}.\n", described.why_no_total);
  }
  std::map<std::string, int> classes;
  for (const Description& d : described.workloads) {
    ++classes[d.demand ? std::string(demand_class_name(d.demand->kind)) : "no demand"];
  }
  std::string kinds;
  for (const auto& [kind, count] : classes) {
    kinds += fmt::format("{}{} {}", kinds.empty() ? "" : ", ", count, kind);
  }
  if (described.workloads.size() > 1) text += fmt::format("Demand: {}.\n", kinds);
  text +=
      "CV deviation/mean. FANO variance/mean of counts in a step (Poisson: 1). DAY, WEEK, TREND\n"
      "strength of season and trend, 0 to 1. CHANGES of level. A dash: too short, or not of "
      "counts.\n";
  return text;
}

}  // namespace

std::string description_table(const TraceDescription& described, std::size_t rows_max,
                              std::size_t columns) {
  const std::size_t rows = std::min(rows_max, described.workloads.size());
  std::string text;
  if (columns >= kOneTableColumns) {
    const auto cells = [](const Description& d) {
      return joined(level_cells(d), character_cells(d));
    };
    const auto width = distinct_width(described, rows, 24);
    text = table_of(joined(kLevelHeads, kCharacterHeads), described, rows, width, cells);
  } else {
    const auto width = distinct_width(described, rows, 14);
    text = table_of(kLevelHeads, described, rows, width, level_cells) + "\n" +
           table_of(kCharacterHeads, described, rows, width, character_cells);
  }
  return text + "\n" + closing_lines(described, rows);
}

}  // namespace starling::lab
