// starling-lab trace convert: a trace as another kind of file, or in the other form.
#include <memory>
#include <string>

#include "apps/lab/commands.h"
#include "apps/lab/trace_reading.h"
#include "apps/lab/trace_report.h"
#include "trace/write.h"

namespace starling::lab {
namespace {

struct ConvertArguments {
  ReadingArguments reading;
  std::string in;
  std::string out;
  std::string form;
};

void run_convert(ConvertArguments arguments) {
  arguments.reading.files = {arguments.in};
  const CleanTrace trace = read_clean(arguments.reading);
  const TraceForm form = arguments.form.empty()     ? usual_form(trace.series)
                         : arguments.form == "wide" ? TraceForm::kWide
                                                    : TraceForm::kLong;
  const Status written =
      write_trace(arguments.out, trace.series, {.form = form, .has_calendar = trace.has_calendar});
  if (!written) stop_trace(written.error());
  for (const CleaningStep& step : trace.report.steps) {
    if (step.points == 0) continue;
    fmt::print(stderr, "{}: {} points of {} workloads: {}\n", step.name, step.points,
               step.workloads, step.action);
  }
  fmt::print(stderr, "{}: {} form, {}\n", arguments.out, form == TraceForm::kWide ? "wide" : "long",
             trace_summary(trace));
}

}  // namespace

void add_trace_convert(CLI::App& trace) {
  CLI::App* command =
      trace.add_subcommand("convert", "Write a trace as CSV, gzip or Parquet; wide or long");
  auto arguments = std::make_shared<ConvertArguments>();
  command->add_option("in", arguments->in, "File of any format of `trace list`")->required();
  command->add_option("out", arguments->out, "File to write: .csv, .csv.gz or .parquet")
      ->required();
  command->add_option("--form", arguments->form, "wide or long; default: wide if it is well filled")
      ->check(CLI::IsMember({"wide", "long"}));
  add_reading_options(*command, arguments->reading);
  command->footer(
      "Examples:\n"
      "  starling trace convert day.csv day.parquet\n"
      "  starling trace convert day.parquet day.csv.gz --form long\n");
  command->callback([arguments] { run_convert(*arguments); });
}

}  // namespace starling::lab
