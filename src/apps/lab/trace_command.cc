// starling-lab trace: the commands that read, clean, describe and make traces.
#include "apps/lab/commands.h"

namespace starling::lab {

void add_trace_command(CLI::App& app) {
  CLI::App* trace = app.add_subcommand("trace", "Read, clean, describe and make workload traces");
  trace->require_subcommand(1);
  add_trace_import(*trace);
  add_trace_list(*trace);
  add_trace_describe(*trace);
  add_trace_convert(*trace);
  add_trace_synth(*trace);
  add_trace_features(*trace);
}

}  // namespace starling::lab
