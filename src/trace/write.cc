#include "trace/write.h"

#include <algorithm>
#include <iterator>

#include "base/file.h"

namespace starling {
namespace {

std::string cell(const std::string& text) {
  if (text.find_first_of(",\"") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  return quoted + '"';
}

/// Seconds for series that begin at the epoch ("from the start"), else ISO 8601 in UTC.
std::string timestamp(TimePoint start, Duration offset) {
  const auto since_epoch = (start + offset).time_since_epoch();
  if (start == TimePoint{}) {
    return since_epoch % 1s == Duration{0} ? fmt::format("{}", since_epoch / 1s)
                                           : fmt::format("{:.6f}", seconds(since_epoch));
  }
  const auto day = std::chrono::floor<std::chrono::days>(start + offset);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss time(start + offset - day);
  std::string text = fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", int(date.year()),
                                 unsigned(date.month()), unsigned(date.day()), time.hours().count(),
                                 time.minutes().count(), time.seconds().count());
  if (time.subseconds().count() != 0) text += fmt::format(".{:06}", time.subseconds().count());
  return text + "Z";
}

Status check(const std::string& path, const std::vector<Series>& series) {
  if (series.empty()) return fail(ErrorCode::kInvalid, "{}: there is no series to write", path);
  for (const Series& one : series) {
    if (one.start != series[0].start || one.step != series[0].step) {
      return fail(ErrorCode::kInvalid,
                  "{}: '{}' and '{}' differ in start or step: a wide file has one time column",
                  path, one.workload, series[0].workload);
    }
    if (one.workload.empty() || one.workload.find_first_of("\r\n") != std::string::npos) {
      return fail(ErrorCode::kInvalid, "{}: '{}' cannot be a column's name", path, one.workload);
    }
  }
  return {};
}

}  // namespace

Status write_trace(const std::string& path, const std::vector<Series>& series) {
  if (Status status = check(path, series); !status) return status;
  std::string text = "timestamp";
  std::size_t rows = 0;
  for (const Series& one : series) {
    text += "," + cell(one.workload);
    rows = std::max(rows, one.size());
  }
  text += '\n';
  for (std::size_t i = 0; i < rows; ++i) {
    text += timestamp(series[0].start, static_cast<std::int64_t>(i) * series[0].step);
    for (const Series& one : series) {
      text += ',';
      if (i < one.size() && one.present[i])
        fmt::format_to(std::back_inserter(text), "{}", one.values[i]);
    }
    text += '\n';
  }
  return write_file_atomically(path, text);
}

}  // namespace starling
