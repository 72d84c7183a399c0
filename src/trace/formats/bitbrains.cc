// Bitbrains (GWA-T-12): one file a machine, its metrics in columns with units in their names.
#include <filesystem>
#include <map>

#include "trace/formats/formats.h"
#include "trace/formats/rows.h"

namespace starling {
namespace {

constexpr const char* kTime = "Timestamp [ms]";
constexpr const char* kUsualValue = "CPU usage [%]";

bool is_bitbrains(const FileHead& head) {
  return head.columns[0] == kTime && head.has(kUsualValue);
}

/// What stands in the brackets of "CPU usage [%]".
std::string unit_of(const std::string& column) {
  const std::size_t from = column.find('['), to = column.find(']');
  if (from == std::string::npos || to == std::string::npos || to < from) return "";
  return column.substr(from + 1, to - from - 1);
}

/// The header promises ms, the published files count seconds. `time`: the column.
double time_unit_us(const FileHead& file, std::size_t time) {
  constexpr double kMillisecondsFrom = 1e11;  // as seconds: the year 5138
  const bool ms = time < file.first_row.size() && is_number(file.first_row[time]) &&
                  std::strtod(file.first_row[time].c_str(), nullptr) >= kMillisecondsFrom;
  return ms ? 1e3 : 1e6;
}

/// The file's stem, and the folder before it: fastStorage/12.
std::string with_folder(const std::string& path) {
  const std::filesystem::path file(path);
  const std::string folder = file.parent_path().filename();
  return folder.empty() ? file_stem(path) : folder + "/" + file_stem(path);
}

/// Machines of one folder have names of their own; in several folders they may share one.
std::vector<std::string> workload_names(const std::vector<FileHead>& files) {
  std::map<std::string, int> times;
  for (const FileHead& file : files) ++times[file_stem(file.path)];
  std::vector<std::string> names;
  for (const FileHead& file : files) {
    const std::string stem = file_stem(file.path);
    names.push_back(times[stem] == 1 ? stem : with_folder(file.path));
  }
  return names;
}

Result<RawTrace> read_bitbrains(ReadJob& job) {
  const std::string value = job.options().value.empty() ? kUsualValue : job.options().value;
  SampleCollector collector(job.options());
  const auto names = workload_names(job.files());
  for (std::size_t i = 0; i < names.size(); ++i) {
    const FileHead& file = job.files()[i];
    const auto time = find_column(file, "format bitbrains", kTime);
    if (!time) return fail(time.error());
    const auto place = find_column(file, "value", value);
    if (!place) return fail(place.error());
    const RowColumns columns{.time = *time,
                             .time_unit_us = time_unit_us(file, *time),
                             .workload_name = names[i],
                             .value = *place};
    if (Status s = read_sample_rows(job, file, columns, collector); !s) return fail(s.error());
  }
  RawTrace trace;
  trace.format = "bitbrains";
  trace.unit = unit_of(value);
  return job.finish(std::move(trace), collector);
}

}  // namespace

FormatReader bitbrains_format() {
  return {{.name = "bitbrains",
           .description = "Bitbrains GWA-T-12: one file a machine; give them all",
           .publisher = "http://gwa.ewi.tudelft.nl/datasets/gwa-t-12-bitbrains",
           .quantity = "CPU usage, %",
           .options = {"value"}},
          is_bitbrains,
          read_bitbrains};
}

}  // namespace starling
