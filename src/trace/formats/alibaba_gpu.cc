// Alibaba's GPU cluster 2023 (openb): pods with their times, as what runs at each moment.
#include "trace/formats/alibaba_pods.sql.h"
#include "trace/formats/events.h"
#include "trace/formats/formats.h"
#include "trace/formats/rows.h"

namespace starling {
namespace {

bool is_alibaba_gpu(const FileHead& head) {
  return head.has_all({"name", "cpu_milli", "num_gpu", "gpu_milli", "qos", "creation_time",
                       "deletion_time", "scheduled_time"});
}

/// What a pod adds to the level while it runs.
struct Level {
  std::string_view option;
  std::string_view unit;
  std::string_view expression;  // over the columns of pods; null: the pod is not taken
};

constexpr Level kLevels[] = {
    {"pods", "pods", "1"},
    {"gpus", "GPUs", "try_cast(num_gpu AS DOUBLE) * try_cast(gpu_milli AS DOUBLE) / 1000"},
    {"cpu", "cores", "try_cast(cpu_milli AS DOUBLE) / 1000"},
    {"memory", "MiB", "try_cast(memory_mib AS DOUBLE)"},
};

Result<Level> level_of(const std::string& option) {
  for (const Level& level : kLevels) {
    if (option == level.option || (option.empty() && level.option == "pods")) return level;
  }
  return fail(ErrorCode::kInvalid, "value: '{}' is not one of pods, gpus, cpu, memory", option);
}

Result<RawTrace> read_alibaba_gpu(ReadJob& job) {
  const auto level = level_of(job.options().value);
  if (!level) return fail(level.error());
  const std::string group = job.options().group.empty() ? "qos" : job.options().group;
  ReadRawOptions step_only;
  step_only.step = job.options().step;
  const auto plan = plan_events(step_only);
  if (!plan) return fail(plan.error());

  StepCollector collector(job.options().limits, plan->step, Gather::kLevel);
  for (const FileHead& file : job.files()) {
    std::string columns;
    for (const char* name : {"name", "cpu_milli", "memory_mib", "num_gpu", "gpu_milli",
                             "deletion_time", "scheduled_time"}) {
      const auto place = find_column(file, "format alibaba-gpu", name);
      if (!place) return fail(place.error());
      columns += fmt::format(", c{} AS {}", *place, name);
    }
    const auto place = find_column(file, "group", group);
    if (!place) return fail(place.error());
    Status defined = job.define(
        "pods", fmt::format("SELECT line, coalesce(c{}, '(none)') AS workload{} FROM ({})", *place,
                            columns, cells_query(file, job.options())));
    if (defined) {
      defined = job.define("pod_levels",
                           fmt::format("SELECT *, {} AS level FROM pods", level->expression));
    }
    if (!defined) return fail(job.explained(file.path, defined.error()));
    if (Status s = job.run(file, kAlibabaPodsSql, {}, collector); !s) return fail(s.error());
  }
  RawTrace trace;
  trace.format = "alibaba-gpu";
  trace.quantity = Quantity::kGauge;
  trace.unit = level->unit;
  trace.step = plan->step;
  return job.finish(std::move(trace), collector);
}

}  // namespace

FormatReader alibaba_gpu_format() {
  return {
      {.name = "alibaba-gpu",
       .description = "Alibaba GPU 2023 (openb): pods with creation, start and end",
       .publisher = "https://github.com/alibaba/clusterdata/tree/master/cluster-trace-gpu-v2023",
       .quantity = "running pods per qos, mean over a step",
       .options = {"step", "value", "group"}},
      is_alibaba_gpu,
      read_alibaba_gpu};
}

}  // namespace starling
