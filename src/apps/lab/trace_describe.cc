#include "apps/lab/trace_describe.h"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <numeric>

#include "apps/lab/commands.h"
#include "apps/lab/trace_reading.h"
#include "apps/lab/trace_report.h"
#include "apps/lab/trace_table.h"
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

/// Columns of the terminal; 80 where standard output is none.
std::size_t terminal_columns() {
  winsize size{};
  const bool known = ::isatty(STDOUT_FILENO) == 1 &&
                     ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
  return known ? size.ws_col : 80;
}

std::string name_of(const std::vector<std::string>& files) {
  const std::string first = std::filesystem::path(files.front()).filename();
  return files.size() == 1 ? first : fmt::format("{} and {} more", first, files.size() - 1);
}

void run_describe(const DescribeArguments& arguments) {
  const TraceFormat format = format_of(arguments.reading);
  if (format.is_table) {
    if (!arguments.html.empty()) {
      stop_trace({ErrorCode::kInvalid, "--html needs values in time; this file is a table"});
    }
    return print_tables(arguments.reading, format, arguments.output == "json");
  }
  const TraceDescription described = describe_trace(name_of(arguments.reading.files), format.name,
                                                    read_clean(arguments.reading, format));
  const std::size_t rows = arguments.all ? described.workloads.size() : arguments.top;
  if (arguments.output == "json") {
    fmt::print("{}\n", description_json(described).dump(2, ' ', false,
                                                        nlohmann::json::error_handler_t::replace));
  } else {
    fmt::print("{}", description_table(described, rows, terminal_columns()));
  }
  fmt::print(stderr, "{}: {}\n", format.name, trace_summary(described.trace));
  for (const CleaningStep& step : described.trace.report.steps) {
    if (step.points == 0) continue;
    fmt::print(stderr, "  {}: {} in {} workloads, {}\n", step.name, step.points, step.workloads,
               step.action);
  }
  if (arguments.html.empty()) return;
  const std::string page = value_or_stop(description_page(described, rows));
  if (const Status written = write_file_atomically(arguments.html, page); !written) {
    stop_trace(written.error());
  }
  fmt::print(stderr, "{}: open it in a browser\n", arguments.html);
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

std::string described_time(TimePoint at, bool has_calendar) {
  if (has_calendar) {
    return fmt::format("{:%F %H:%M}", fmt::gmtime(std::chrono::system_clock::to_time_t(at)));
  }
  const auto minutes = std::chrono::duration_cast<std::chrono::minutes>(at.time_since_epoch());
  return fmt::format("day {} {:02}:{:02}", minutes.count() / 1440 + 1, minutes.count() / 60 % 24,
                     minutes.count() % 60);
}

std::string figure(std::optional<double> value, int digits) {
  return value ? fmt::format("{:.{}f}", *value, digits) : "-";
}

std::string amount(double value) {
  const double size = std::abs(value);
  return size >= 1000 && size < 1e7 ? fmt::format("{:.0f}", value) : fmt::format("{:.4g}", value);
}

std::string short_name(const std::string& name, std::size_t width) {
  std::vector<std::string> characters;  // each with its continuation bytes
  for (const char c : name) {
    const auto byte = static_cast<unsigned char>(c);
    const bool continues = (byte & 0xC0) == 0x80 && !characters.empty();
    if (continues) {
      characters.back() += c;
    } else {
      characters.emplace_back(1, byte < 0x20 || byte == 0x7f ? '?' : c);
    }
  }
  const std::size_t kept = characters.size() > width ? width - 2 : characters.size();
  const std::size_t head = characters.size() > width ? (kept + 1) / 2 : kept;
  std::string text;
  for (std::size_t i = 0; i < head; ++i) text += characters[i];
  if (characters.size() > width) {
    text += "..";
    for (std::size_t i = characters.size() - (kept - head); i < characters.size(); ++i) {
      text += characters[i];
    }
  }
  return text;
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
