// starling-lab trace import: any trace or log in, cleaned, with a report of what was done.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "apps/lab/commands.h"
#include "apps/lab/output_option.h"
#include "apps/lab/prometheus_fetch.h"
#include "apps/lab/refusal.h"
#include "apps/lab/trace_reading.h"
#include "apps/lab/trace_report.h"
#include "apps/lab/trace_table.h"
#include "base/file.h"
#include "base/units.h"
#include "trace/resample.h"

namespace starling::lab {
namespace {

struct ImportArguments {
  ReadingArguments reading;
  std::string prometheus;
  std::string query;
  std::string since = "24h";
  std::string out;
  std::string form;
  std::string resample;
  std::string how;
  std::string output = "table";
};

std::unique_ptr<PrometheusAnswers> ask_prometheus(ImportArguments& arguments) {
  if (arguments.query.empty()) {
    refuse("--prometheus needs --query, for example 'sum by (model) (rate(requests_total[1m]))'");
  }
  PrometheusQuery query{.url = arguments.prometheus, .promql = arguments.query};
  if (!arguments.reading.step.empty()) {
    query.step = value_or_fail(parse_duration(arguments.reading.step));
  }
  query.to = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  query.from = query.to - value_or_fail(parse_duration(arguments.since));
  auto answers = value_or_fail(fetch_prometheus(query));
  arguments.reading.files = answers->files();
  arguments.reading.format = "prometheus";
  arguments.reading.step = format_duration(query.step);
  return answers;
}

void resample_all(const ImportArguments& arguments, CleanTrace& trace) {
  if (arguments.resample.empty()) return;
  const Duration step = value_or_fail(parse_duration(arguments.resample));
  const Resampling how = arguments.how.empty() ? resampling_for(trace.quantity)
                                               : value_or_fail(parse_resampling(arguments.how));
  CleaningStep report{.name = "resampling",
                      .action = fmt::format("{} of each {}; less than half known is missing",
                                            format_resampling(how), format_duration(step))};
  trace.report.points = 0;
  trace.report.missing = 0;
  for (Series& series : trace.series) {
    Touched touched;
    touched.points = static_cast<std::int64_t>(series.size());
    series = value_or_fail(resample(series, step, how));
    report.add(series.workload, touched);
    trace.report.points += static_cast<std::int64_t>(series.size());
    trace.report.missing += std::count(series.present.begin(), series.present.end(), 0);
  }
  trace.report.steps.push_back(std::move(report));
}

void write_out(const ImportArguments& arguments, const CleanTrace& trace) {
  if (arguments.out.empty()) return;
  fmt::print(stderr, "{}: {} form\n", arguments.out,
             write_clean(arguments.out, arguments.form, trace));
}

void run_import(ImportArguments arguments) {
  const auto began = std::chrono::steady_clock::now();
  std::unique_ptr<PrometheusAnswers> answers;  // keeps the files until they are read
  if (!arguments.prometheus.empty()) answers = ask_prometheus(arguments);
  if (arguments.reading.files.empty()) {
    refuse("nothing to import: name files, or --prometheus URL");
  }
  const TraceFormat format = format_of(arguments.reading);
  if (format.is_table) {
    if (!arguments.out.empty()) {
      refuse(fmt::format("{}: a table without time ({}) holds no series to write",
                         arguments.reading.files.front(), format.name));
    }
    print_tables(arguments.reading, format, arguments.output == "json");
    return print_cost(began);
  }
  if (!arguments.out.empty()) ok_or_fail(check_writable(arguments.out));
  CleanTrace trace = read_clean(arguments.reading, format);
  resample_all(arguments, trace);
  write_out(arguments, trace);
  if (arguments.output == "json") {
    fmt::print("{}\n", report_json(trace, format.name)
                           .dump(2, ' ', false, nlohmann::json::error_handler_t::replace));
  } else {
    fmt::print("{}", report_table(trace.report));
  }
  fmt::print(stderr, "{}: {}\n", format.name, trace_summary(trace));
  print_cost(began);
}

}  // namespace

void add_trace_import(CLI::App& trace) {
  CLI::App* command = trace.add_subcommand("import", "Read traces or logs, clean them, say how");
  auto arguments = std::make_shared<ImportArguments>();
  command->add_option("files", arguments->reading.files,
                      "Files of one format, gzip and Zstandard as they are");
  command->add_option("--out", arguments->out, "Trace to write: .csv, .csv.gz or .parquet");
  add_form_option(*command, arguments->form);
  command->add_option("--resample", arguments->resample, "Another time between points: 5m");
  command
      ->add_option("--how", arguments->how,
                   "sum, mean, max or p95; default: sum of counts, else mean")
      ->needs("--resample");
  add_output_option(*command, arguments->output);
  command->add_option("--prometheus", arguments->prometheus, "Server to ask: http://host:9090")
      ->group("Prometheus")
      ->excludes("files");
  command->add_option("--query", arguments->query, "PromQL")
      ->group("Prometheus")
      ->needs("--prometheus");
  command->add_option("--since", arguments->since, "How far back")
      ->capture_default_str()
      ->group("Prometheus");
  add_reading_options(*command, arguments->reading);
  command->footer(
      "Examples:\n"
      "  starling trace import requests.csv --out clean.parquet\n"
      "  starling trace import access.log.gz --segments 2 --step 10s --out paths.csv\n"
      "  starling trace import cpu.csv --time-zone Europe/Berlin --resample 5m --how max\n"
      "  starling trace import --prometheus http://127.0.0.1:9090 --query 'rate(http_requests_total"
      "[1m])' --since 24h --step 30s --out rates.csv\n");
  command->callback([arguments] { run_import(*arguments); });
}

}  // namespace starling::lab
