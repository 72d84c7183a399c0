// starling-lab trace list: the formats there are; with files what each is and holds.
#include <algorithm>
#include <limits>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "apps/lab/commands.h"
#include "apps/lab/output_option.h"
#include "apps/lab/refusal.h"
#include "apps/lab/trace_reading.h"
#include "apps/lab/trace_report.h"
#include "base/table.h"
#include "trace/timestamp.h"

namespace starling::lab {
namespace {

struct ListArguments {
  std::vector<std::string> files;
  std::string output = "table";
  LimitArguments limits;
};

void print_json(const nlohmann::json& json) {
  fmt::print("{}\n", json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace));
}

void list_formats(bool as_json) {
  Table table({"FORMAT", "WHAT IT IS", "QUANTITY", "OPTIONS"});
  auto json = nlohmann::json::array();
  for (const TraceFormat& format : trace_formats()) {
    table.add({format.name, format.description, format.quantity,
               fmt::format("{}", fmt::join(format.options, " "))});
    json.push_back({{"name", format.name},
                    {"description", format.description},
                    {"publisher", format.publisher},
                    {"quantity", format.quantity},
                    {"options", format.options},
                    {"isTable", format.is_table}});
  }
  as_json ? print_json(json) : fmt::print("{}", table.text());
}

/// What one file is and holds, or why it cannot be read.
struct Held {
  std::string file;
  std::string format;
  std::string problem;
  std::size_t workloads = 0;
  std::int64_t rows = 0;
  std::int64_t skipped = 0;
  std::string quantity;
  std::string from;
  std::string to;
};

void take(const RawTrace& trace, Held& held) {
  held.quantity = fmt::format("{}{}{}", quantity_name(trace.quantity),
                              trace.unit.empty() ? "" : " in ", trace.unit);
  held.workloads = trace.workloads.size();
  for (const Skipped& skipped : trace.skipped) held.skipped += skipped.count;
  std::int64_t from = std::numeric_limits<std::int64_t>::max();
  std::int64_t to = std::numeric_limits<std::int64_t>::min();
  for (const Samples& samples : trace.workloads) {
    held.rows += static_cast<std::int64_t>(samples.times_us.size());
    for (const std::int64_t time_us : samples.times_us) {
      from = std::min(from, time_us);
      to = std::max(to, time_us);
    }
  }
  if (held.rows == 0) return;
  held.from = timestamp_text(TimePoint{Duration{from}}, trace.has_calendar);
  held.to = timestamp_text(TimePoint{Duration{to}}, trace.has_calendar);
}

Held look_into(const std::string& file, const ReadRawLimits& limits) {
  Held held;
  held.file = file;
  const auto format = detect_format({file}, limits);
  if (!format) {
    held.problem = format.error().message;
    return held;
  }
  held.format = format->name;
  if (format->is_table) {
    const auto table = read_table(file, {.format = format->name, .limits = limits});
    if (!table) {
      held.problem = table.error().message;
    } else {
      held.rows = table->rows;
      held.quantity = fmt::format("a table of {} columns", table->columns.size());
    }
    return held;
  }
  const auto trace = read_raw({file}, {.format = format->name, .limits = limits});
  trace ? take(*trace, held) : void(held.problem = trace.error().message);
  return held;
}

void list_files(const ListArguments& arguments) {
  Table table({"FILE", "FORMAT", ">WORKLOADS", ">ROWS", ">SKIPPED", "QUANTITY", "FROM", "TO"});
  auto json = nlohmann::json::array();
  const ReadRawLimits limits = limits_of(arguments.limits);
  bool all_read = true;
  for (const std::string& file : arguments.files) {
    const Held held = look_into(file, limits);
    if (!held.problem.empty()) {
      fmt::print(stderr, "starling-lab trace list: {}\n", held.problem);
      all_read = false;
      continue;
    }
    table.add({held.file, held.format, fmt::format("{}", held.workloads),
               fmt::format("{}", held.rows), fmt::format("{}", held.skipped), held.quantity,
               held.from, held.to});
    json.push_back({{"file", held.file},
                    {"format", held.format},
                    {"workloads", held.workloads},
                    {"rows", held.rows},
                    {"skipped", held.skipped},
                    {"quantity", held.quantity},
                    {"from", held.from},
                    {"to", held.to}});
  }
  arguments.output == "json" ? print_json(json) : fmt::print("{}", table.text("no file read"));
  if (!all_read) throw Failed{};
}

}  // namespace

void add_trace_list(CLI::App& trace) {
  CLI::App* command =
      trace.add_subcommand("list", "The formats that can be read; what files are and hold");
  auto arguments = std::make_shared<ListArguments>();
  command->add_option("files", arguments->files, "Files to look into");
  add_output_option(*command, arguments->output);
  add_limit_options(*command, arguments->limits);
  command->footer(
      "Examples:\n"
      "  starling trace list\n"
      "  starling trace list *.csv.gz -o json\n");
  command->callback([arguments] {
    arguments->files.empty() ? list_formats(arguments->output == "json") : list_files(*arguments);
  });
}

}  // namespace starling::lab
