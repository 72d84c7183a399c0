#include "apps/lab/trace_report.h"

#include <fmt/format.h>

#include "apps/cli/table.h"
#include "apps/lab/trace_describe.h"

namespace starling::lab {
namespace {

constexpr std::size_t kTextColumns = 60;

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
  cli::Table table({"STEP", ">POINTS", ">WORKLOADS", "WHAT WAS DONE", "FOR EXAMPLE"});
  for (const CleaningStep& step : report.steps) {
    table.add({step.name, fmt::format("{}", step.points), fmt::format("{}", step.workloads),
               short_name(step.action, kTextColumns),
               step.examples.empty() ? "" : short_name(step.examples.front(), kTextColumns)});
  }
  return table.text();
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
  return fmt::format("{} workload{}, {} points ({} missing), {}{}{}", trace.series.size(),
                     trace.series.size() == 1 ? "" : "s", trace.report.points, trace.report.missing,
                     quantity_name(trace.quantity), trace.unit.empty() ? "" : " in ", trace.unit);
}

}  // namespace starling::lab
