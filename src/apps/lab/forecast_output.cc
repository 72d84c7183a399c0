// Implements apps/lab/forecast_output.h.
#include "apps/lab/forecast_output.h"

#include <fmt/format.h>

#include <functional>
#include <optional>
#include <vector>

#include "base/table.h"

namespace starling::lab {
namespace {

std::string figure(const std::optional<double>& value, int digits) {
  return value ? fmt::format("{:.{}f}", *value, digits) : "-";
}

std::string duration(double seconds) {
  if (seconds < 1e-3) return fmt::format("{:.1f} us", seconds * 1e6);
  return seconds < 1 ? fmt::format("{:.1f} ms", seconds * 1e3) : fmt::format("{:.2f} s", seconds);
}

std::string by_dataset(const std::string& title, const Comparison& comparison,
                       const std::function<std::string(const DatasetFigures&)>& cell) {
  std::vector<std::string> headings{title};
  for (const auto& [dataset, cases] : comparison.cases_by_dataset)
    headings.push_back(">" + dataset);
  Table table(headings);
  for (const MethodFigures& method : comparison.methods) {
    std::vector<std::string> row{method.name};
    for (const auto& [dataset, figures] : method.datasets) row.push_back(cell(figures));
    table.add(row);
  }
  return table.text();
}

std::string summary(const Comparison& comparison) {
  std::vector<std::string> headings{"METHOD", ">RELATIVE WQL", ">95 % INTERVAL", ">A FORECAST",
                                    ">REPLACED"};
  const bool several = comparison.cases_by_dataset.size() > 1;
  if (several) {
    for (const auto& [dataset, cases] : comparison.cases_by_dataset) {
      headings.push_back(">WITHOUT " + dataset);
    }
  }
  Table table(headings);
  for (const MethodFigures& method : comparison.methods) {
    const auto& ci = method.relative_wql_ci;
    std::vector<std::string> row{method.name, figure(method.relative_wql, 3),
                                 ci ? fmt::format("{:.3f} .. {:.3f}", ci->first, ci->second) : "-",
                                 duration(method.seconds_per_forecast),
                                 fmt::format("{}", method.replaced)};
    if (several) {
      for (const auto& [dataset, relative] : method.relative_without) {
        row.push_back(figure(relative, 3));
      }
    }
    table.add(row);
  }
  return table.text();
}

nlohmann::json or_null(const std::optional<double>& value) {
  return value ? nlohmann::json(*value) : nlohmann::json(nullptr);
}

nlohmann::json method_json(const MethodFigures& method) {
  nlohmann::json wql = nlohmann::json::object(), mase = wql, coverage = wql, without = wql;
  for (const auto& [dataset, figures] : method.datasets) {
    wql[dataset] = or_null(figures.wql);
    mase[dataset] = or_null(figures.mase);
    coverage[dataset] = figures.coverage_90;
    without[dataset] = or_null(method.relative_without.at(dataset));
  }
  nlohmann::json ci = nullptr;
  if (method.relative_wql_ci) {
    ci = {method.relative_wql_ci->first, method.relative_wql_ci->second};
  }
  return {{"name", method.name},
          {"wql", wql},
          {"mase", mase},
          {"coverage_90", coverage},
          {"relative_wql", or_null(method.relative_wql)},
          {"relative_wql_ci", ci},
          {"relative_wql_without", without},
          {"seconds_per_forecast", method.seconds_per_forecast},
          {"replaced", method.replaced}};
}

}  // namespace

std::string comparison_tables(const Comparison& comparison) {
  const auto wql = [](const DatasetFigures& f) { return figure(f.wql, 4); };
  const auto mase = [](const DatasetFigures& f) { return figure(f.mase, 3); };
  const auto coverage = [](const DatasetFigures& f) { return figure(f.coverage_90, 3); };
  return summary(comparison) + '\n' + by_dataset("WQL", comparison, wql) + '\n' +
         by_dataset("MASE", comparison, mase) + '\n' +
         by_dataset("COVERAGE OF 0.9", comparison, coverage);
}

nlohmann::json comparison_json(const Comparison& comparison, const std::string& protocol) {
  nlohmann::json methods = nlohmann::json::array();
  for (const MethodFigures& method : comparison.methods) methods.push_back(method_json(method));
  return {{"protocol", protocol},
          {"cases", comparison.cases},
          {"datasets", comparison.cases_by_dataset},
          {"methods", methods}};
}

}  // namespace starling::lab
