// Google's cluster usage of 2019: the table instance_usage, as CSV or Parquet.
#include "trace/formats/formats.h"
#include "trace/formats/google_usage.sql.h"
#include "trace/formats/rows.h"

namespace starling {
namespace {

bool is_google_usage(const FileHead& head) {
  return head.has_all({"start_time", "end_time", "collection_id"}) &&
         (head.has("average_usage") || head.has("average_usage.cpus") ||
          head.has("average_usage_cpus"));
}

/// A measured value is a column, or a field of a column that holds a record.
struct Field {
  std::size_t place = 0;
  std::string name = "";  // of the field; empty: the column itself
};

/// "average_usage.cpus" is a column of that name, one with _ for the dot, or a field.
Result<Field> find_field(const FileHead& file, const std::string& name) {
  const std::size_t dot = name.find('.');
  if (file.has(name) || dot == std::string::npos) {
    const auto place = find_column(file, "value", name);
    if (!place) return fail(place.error());
    return Field{*place, ""};
  }
  std::string flat = name;
  flat[dot] = '_';
  if (file.has(flat)) return Field{*find_column(file, "value", flat), ""};
  const auto place = find_column(file, "value", name.substr(0, dot));
  if (!place) return fail(place.error());
  return Field{*place, name.substr(dot + 1)};
}

Result<RawTrace> read_google_usage(ReadJob& job) {
  const ReadRawOptions& options = job.options();
  const std::string value = options.value.empty() ? "average_usage.cpus" : options.value;
  const std::string group = options.group.empty() ? "collection_id" : options.group;
  StepCollector collector(options.limits, 5min, Gather::kSumPresent);
  for (const FileHead& file : job.files()) {
    const auto begins = find_column(file, "format google-usage", "start_time");
    const auto ends = find_column(file, "format google-usage", "end_time");
    const auto workload = find_column(file, "group", group);
    if (!begins || !ends) return fail(!begins ? begins.error() : ends.error());
    if (!workload) return fail(workload.error());
    const auto field = find_field(file, value);
    if (!field) return fail(field.error());
    const Status defined = job.define(
        "usage_rows",
        fmt::format("SELECT line, c{} AS begins, c{} AS ends, c{} AS workload, c{} AS value "
                    "FROM ({})",
                    *begins, *ends, *workload, field->place, cells_query(file, options)));
    if (!defined) return fail(job.explained(file.path, defined.error()));
    if (Status s = job.run(file, kGoogleUsageSql, {field->name}, collector); !s) {
      return fail(s.error());
    }
  }
  RawTrace trace;
  trace.format = "google-usage";
  trace.quantity = Quantity::kGauge;
  trace.unit = value;
  trace.step = 5min;
  return job.finish(std::move(trace), collector);
}

}  // namespace

FormatReader google_usage_format() {
  return {{.name = "google-usage",
           .description = "Google cluster usage 2019 (v3): table instance_usage, CSV or Parquet",
           .publisher = "https://github.com/google/cluster-data/blob/master/ClusterData2019.md",
           .quantity = "mean CPU (normalised units) per collection and 5 minutes",
           .options = {"value", "group"}},
          is_google_usage,
          read_google_usage};
}

}  // namespace starling
