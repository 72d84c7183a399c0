// starling-lab trace convert: a trace as another kind of file, or in the other form.
#include <chrono>
#include <memory>
#include <string>

#include "apps/lab/commands.h"
#include "apps/lab/refusal.h"
#include "apps/lab/trace_reading.h"
#include "apps/lab/trace_report.h"
#include "base/file.h"

namespace starling::lab {
namespace {

struct ConvertArguments {
  ReadingArguments reading;
  std::string in;
  std::string out;
  std::string form;
};

void run_convert(ConvertArguments arguments) {
  const auto began = std::chrono::steady_clock::now();
  arguments.reading.files = {arguments.in};
  ok_or_fail(check_writable(arguments.out));
  const CleanTrace trace = read_clean(arguments.reading);
  const char* form = write_clean(arguments.out, arguments.form, trace);
  fmt::print(stderr, "{}{}: {} form, {}\n", touched_table(trace.report), arguments.out, form,
             trace_summary(trace));
  print_cost(began);
}

}  // namespace

void add_trace_convert(CLI::App& trace) {
  CLI::App* command =
      trace.add_subcommand("convert", "Write a trace as CSV, gzip or Parquet; wide or long");
  auto arguments = std::make_shared<ConvertArguments>();
  command->add_option("in", arguments->in, "File of any format of `trace list`")->required();
  command->add_option("out", arguments->out, "File to write: .csv, .csv.gz or .parquet")
      ->required();
  add_form_option(*command, arguments->form);
  add_reading_options(*command, arguments->reading);
  command->footer(
      "Examples:\n"
      "  starling trace convert day.csv day.parquet\n"
      "  starling trace convert day.parquet day.csv.gz --form long\n");
  command->callback([arguments] { run_convert(*arguments); });
}

}  // namespace starling::lab
