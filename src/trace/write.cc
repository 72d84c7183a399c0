#include "trace/write.h"

#include <fcntl.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <iterator>
#include <unordered_set>

#include "base/csv.h"
#include "trace/timestamp.h"
#include "trace/write_grid.h"
#include "trace/write_parquet.h"

namespace starling {
namespace {

/// A text file, plain or gzipped, written in pieces so that it never stands in memory whole.
class TextFile {
 public:
  TextFile(const std::string& path, bool gzipped)
      : file_(::gzopen(path.c_str(), gzipped ? "wbe6" : "wbeT")) {}
  ~TextFile() {
    if (file_ != nullptr) ::gzclose(file_);
  }
  TextFile(const TextFile&) = delete;
  TextFile& operator=(const TextFile&) = delete;

  /// What is to be written next; flush_if_large() empties it.
  std::string text;

  bool flush_if_large() { return text.size() < kPieceBytes || flush(); }
  bool close() {
    if (!flush()) return false;
    return ::gzclose(std::exchange(file_, nullptr)) == Z_OK;
  }

 private:
  static constexpr std::size_t kPieceBytes = 1 << 20;

  bool flush() {
    if (file_ == nullptr) return false;
    const auto size = static_cast<unsigned>(text.size());
    const bool written = size == 0 || ::gzwrite(file_, text.data(), size) == static_cast<int>(size);
    text.clear();
    return written;
  }

  gzFile file_;
};

bool write_wide(TextFile& file, const std::vector<Series>& series, bool has_calendar) {
  const CommonGrid grid = *common_grid(series);
  file.text = "timestamp";
  for (const Series& one : series) file.text += "," + csv_cell(one.workload);
  file.text += '\n';
  for (std::int64_t row = 0; row < grid.rows; ++row) {
    file.text += timestamp_text(grid.start + row * grid.step, has_calendar);
    for (std::size_t i = 0; i < series.size(); ++i) {
      file.text += ',';
      if (const auto value = grid.value(series[i], i, row)) {
        fmt::format_to(std::back_inserter(file.text), "{}", *value);
      }
    }
    file.text += '\n';
    if (!file.flush_if_large()) return false;
  }
  return true;
}

bool write_long(TextFile& file, const std::vector<Series>& series, bool has_calendar) {
  file.text = "timestamp,workload,value\n";
  for (const Series& one : series) {
    const std::string name = csv_cell(one.workload);
    for (std::size_t i = 0; i < one.size(); ++i) {
      file.text +=
          timestamp_text(one.start + static_cast<std::int64_t>(i) * one.step, has_calendar);
      fmt::format_to(std::back_inserter(file.text), ",{},", name);
      if (one.present[i]) fmt::format_to(std::back_inserter(file.text), "{}", one.values[i]);
      file.text += '\n';
      if (!file.flush_if_large()) return false;
    }
  }
  return true;
}

Status write_csv(const std::string& path, const std::vector<Series>& series, TraceForm form,
                 bool has_calendar, bool gzipped) {
  errno = 0;
  TextFile file(path, gzipped);
  const bool written = form == TraceForm::kWide ? write_wide(file, series, has_calendar)
                                                : write_long(file, series, has_calendar);
  if (written && file.close()) return {};
  return fail(ErrorCode::kInternal, "{}: cannot be written: {}", path,
              errno == 0 ? "no space, or no such folder" : std::strerror(errno));
}

/// Names that, as a column's, readers would take for another one's.
bool is_reserved(const std::string& workload) {
  return workload == "timestamp" || workload == "workload" || workload == "workload_id";
}

Status check(const std::string& path, const std::vector<Series>& series, TraceForm form) {
  if (series.empty()) return fail(ErrorCode::kInvalid, "{}: there is no series to write", path);
  std::unordered_set<std::string> names;
  for (const Series& one : series) {
    if (one.workload.empty() || one.workload.find_first_of("\r\n") != std::string::npos) {
      return fail(ErrorCode::kInvalid, "{}: '{}' cannot be a column's name", path, one.workload);
    }
    if (form == TraceForm::kWide && is_reserved(one.workload)) {
      return fail(
          ErrorCode::kInvalid,
          "{}: a workload named '{}' cannot be a column of a wide file: write the long form", path,
          one.workload);
    }
    if (!names.insert(one.workload).second) {
      return fail(ErrorCode::kInvalid, "{}: two workloads are named '{}'", path, one.workload);
    }
  }
  if (form == TraceForm::kLong || common_grid(series)) return {};
  const auto other = std::find_if(series.begin(), series.end(), [&](const Series& one) {
    return !common_grid({series[0], one});
  });
  return fail(ErrorCode::kInvalid,
              "{}: '{}' and '{}' differ in start or step: a wide file has one time column; write "
              "the long form, or resample to one step",
              path, other->workload, series[0].workload);
}

/// Puts the finished file in the place of the old one once it is on disk.
Status replace(const std::string& temporary, const std::string& path) {
  const int fd = ::open(temporary.c_str(), O_RDONLY | O_CLOEXEC);
  const bool flushed = fd >= 0 && ::fsync(fd) == 0;
  if (fd >= 0) ::close(fd);
  if (flushed && ::rename(temporary.c_str(), path.c_str()) == 0) return {};
  return fail(ErrorCode::kInternal, "{}: {}", path, std::strerror(errno));
}

}  // namespace

TraceForm usual_form(const std::vector<Series>& series) {
  const auto grid = common_grid(series);
  const bool reserved = std::any_of(series.begin(), series.end(),
                                    [](const Series& one) { return is_reserved(one.workload); });
  if (!grid || reserved) return TraceForm::kLong;
  std::int64_t points = 0;
  for (const Series& one : series) points += static_cast<std::int64_t>(one.size());
  const auto cells = static_cast<double>(grid->rows) * static_cast<double>(series.size());
  return cells <= 2.0 * static_cast<double>(points) ? TraceForm::kWide : TraceForm::kLong;
}

Status write_trace(const std::string& path, const std::vector<Series>& series,
                   const WriteOptions& options) {
  const bool parquet = path.ends_with(".parquet");
  const bool gzipped = path.ends_with(".csv.gz");
  if (!parquet && !gzipped && !path.ends_with(".csv")) {
    return fail(ErrorCode::kInvalid,
                "{}: the name tells the format: it must end in .csv, .csv.gz or .parquet", path);
  }
  if (Status status = check(path, series, options.form); !status) return status;
  const bool at_epoch = std::any_of(series.begin(), series.end(),
                                    [](const Series& one) { return one.start == TimePoint{}; });
  const bool has_calendar = options.has_calendar.value_or(!at_epoch);

  const std::string temporary = path + ".new";
  const Status written = parquet
                             ? write_parquet(temporary, series, options.form, has_calendar)
                             : write_csv(temporary, series, options.form, has_calendar, gzipped);
  Status replaced = written ? replace(temporary, path) : written;
  if (!replaced) {
    std::error_code ignored;
    std::filesystem::remove(temporary, ignored);
  }
  return replaced;
}

}  // namespace starling
