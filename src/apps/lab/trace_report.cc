#include "apps/lab/trace_report.h"

#include <fmt/format.h>
#include <sys/resource.h>

#include <cstdio>
#include <iterator>

#include "apps/lab/trace_text.h"
#include "base/counted.h"
#include "base/table.h"

namespace starling::lab {
namespace {

constexpr std::size_t kTextColumns = 60;

Table empty_report() {
  return Table({"STEP", ">POINTS", ">WORKLOADS", "WHAT WAS DONE", "FOR EXAMPLE"});
}

std::vector<std::string> row_of(const CleaningStep& step) {
  return {step.name, fmt::format("{}", step.points), fmt::format("{}", step.workloads),
          short_name(step.action, kTextColumns),
          step.examples.empty() ? "" : short_name(step.examples.front(), kTextColumns)};
}

}  // namespace

const char* quantity_name(Quantity quantity) {
  switch (quantity) {
    case Quantity::kCount:
      return "count";
    case Quantity::kRate:
      return "rate";
    case Quantity::kGauge:
      return "gauge";
    case Quantity::kCounter:
      return "counter";
  }
  return "";
}

std::string report_table(const CleaningReport& report) {
  Table table = empty_report();
  for (const CleaningStep& step : report.steps) table.add(row_of(step));
  return table.text();
}

std::string touched_table(const CleaningReport& report) {
  Table table = empty_report();
  std::size_t idle = 0;
  for (const CleaningStep& step : report.steps) {
    if (step.points > 0) {
      table.add(row_of(step));
    } else {
      ++idle;
    }
  }
  const auto steps = [](std::size_t count) {
    return counted(static_cast<std::int64_t>(count), "step");
  };
  if (idle == 0) return table.text();
  if (idle == report.steps.size()) return fmt::format("nothing to do in {}\n", steps(idle));
  return table.text() + fmt::format("nothing to do in the other {}\n", steps(idle));
}

void print_step(const std::string& file, const CleaningStep& step) {
  if (step.points == 0) return;
  fmt::print(stderr, "{}: {}: {} in {}, {} ({})\n", file, step.name, step.points,
             counted(static_cast<std::int64_t>(step.workloads), "workload"), step.action,
             fmt::join(step.examples, "; "));
}

void print_cost(std::chrono::steady_clock::time_point began) {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
  fmt::print(stderr, "{:.2f} s, {} MB of memory at most\n", took.count(), usage.ru_maxrss / 1024);
}

nlohmann::json report_json(const CleanTrace& trace, const std::string& format) {
  auto steps = nlohmann::json::array();
  for (const CleaningStep& step : trace.report.steps) {
    steps.push_back({{"name", step.name},
                     {"action", step.action},
                     {"points", step.points},
                     {"workloads", step.workloads},
                     {"examples", step.examples}});
  }
  return {{"format", format},
          {"workloads", trace.series.size()},
          {"quantity", quantity_name(trace.quantity)},
          {"unit", trace.unit},
          {"rowsRead", trace.report.rows_read},
          {"rowsSkipped", trace.report.rows_skipped},
          {"points", trace.report.points},
          {"missing", trace.report.missing},
          {"steps", std::move(steps)}};
}

std::string trace_summary(const CleanTrace& trace) {
  const char* assumed =
      trace.quantity_assumed ? " (assumed: --quantity count for requests per step)" : "";
  return fmt::format("{}, {} points ({} missing), {}{}{}{}",
                     counted(std::ssize(trace.series), "workload"), trace.report.points,
                     trace.report.missing, quantity_name(trace.quantity),
                     trace.unit.empty() ? "" : " in ", trace.unit, assumed);
}

}  // namespace starling::lab
