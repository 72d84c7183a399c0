#include "apps/lab/trace_describe.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <numeric>

#include "apps/lab/commands.h"
#include "apps/lab/refusal.h"
#include "apps/lab/trace_reading.h"
#include "apps/lab/trace_report.h"
#include "apps/lab/trace_table.h"
#include "apps/lab/trace_text.h"
#include "base/file.h"
#include "trace/describe_total.h"

namespace starling::lab {
namespace {

struct DescribeArguments {
  ReadingArguments reading;
  std::string output = "table";
  std::string html;
  std::size_t top = 20;
  bool all = false;
};

std::string name_of(const std::vector<std::string>& files) {
  const std::string first = std::filesystem::path(files.front()).filename();
  return files.size() == 1 ? first : fmt::format("{} and {} more", first, files.size() - 1);
}

void run_describe(const DescribeArguments& arguments) {
  const auto began = std::chrono::steady_clock::now();
  const TraceFormat format = format_of(arguments.reading);
  if (format.is_table) {
    if (!arguments.html.empty()) {
      refuse("--html needs values in time; this file is a table");
    }
    print_tables(arguments.reading, format, arguments.output == "json");
    return print_cost(began);
  }
  if (!arguments.html.empty()) ok_or_fail(check_writable(arguments.html));
  const TraceDescription described = describe_trace(name_of(arguments.reading.files), format.name,
                                                    read_clean(arguments.reading, format));
  const std::size_t rows = arguments.all ? described.workloads.size() : arguments.top;
  if (arguments.output == "json") {
    fmt::print("{}\n", description_json(described).dump(2, ' ', false,
                                                        nlohmann::json::error_handler_t::replace));
  } else {
    fmt::print("{}", description_table(described, rows, terminal_columns()));
  }
  fmt::print(stderr, "{}{}: {}\n", touched_table(described.trace.report), format.name,
             trace_summary(described.trace));
  if (!arguments.html.empty()) {
    const std::string page = value_or_fail(description_page(described, rows));
    if (const Status written = write_file_atomically(arguments.html, page); !written) {
      refuse(written.error().message);
    }
    fmt::print(stderr, "{}: open it in a browser\n", arguments.html);
  }
  print_cost(began);
}

}  // namespace

TraceDescription describe_trace(std::string name, std::string format, CleanTrace trace) {
  TraceDescription described;
  described.name = std::move(name);
  described.format = std::move(format);
  described.trace = std::move(trace);
  const std::vector<Series>& series = described.trace.series;
  const Measured measured{described.trace.quantity, described.trace.unit};
  for (const Series& one : series) described.workloads.push_back(describe(one, measured));
  described.by_mean.resize(series.size());
  std::iota(described.by_mean.begin(), described.by_mean.end(), std::size_t{0});
  std::ranges::stable_sort(described.by_mean, std::greater{},
                           [&](std::size_t i) { return described.workloads[i].levels.mean; });
  if (series.size() > 1) {
    auto total = total_of(series);
    if (total) {
      described.overall = describe(*total, measured);
      described.total = std::move(*total);
    } else {
      described.why_no_total = total.error().message;
    }
  }
  return described;
}

void add_trace_describe(CLI::App& trace) {
  CLI::App* command = trace.add_subcommand(
      "describe", "Levels, gaps, bursts, seasons and changes of workloads, as table or page");
  auto arguments = std::make_shared<DescribeArguments>();
  command
      ->add_option("files", arguments->reading.files,
                   "Files of one format, gzip and Zstandard as they are")
      ->required();
  command->add_option("-o,--output", arguments->output, "table or json (all workloads)")
      ->check(CLI::IsMember({"table", "json"}))
      ->capture_default_str();
  command->add_option("--html", arguments->html, "Also write a page with pictures to this file");
  command->add_option("--top", arguments->top, "Show that many workloads, the largest by mean")
      ->check(CLI::Range(1, 1'000'000))
      ->capture_default_str();
  command->add_flag("--all", arguments->all, "Show all workloads");
  add_reading_options(*command, arguments->reading);
  command->footer(
      "Examples:\n"
      "  starling trace describe requests.csv\n"
      "  starling trace describe requests.csv.gz --html requests.html\n"
      "  starling trace describe access.log --step 10s --top 5\n"
      "  starling trace describe cpu.parquet -o json\n");
  command->callback([arguments] { run_describe(*arguments); });
}

}  // namespace starling::lab
