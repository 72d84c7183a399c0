#include "trace/write_parquet.h"

#include <filesystem>

#include "sql/appender.h"
#include "sql/database.h"
#include "trace/write_grid.h"

namespace starling {
namespace {

/// A database file that goes when the scope ends, whatever happened.
class ScratchFile {
 public:
  explicit ScratchFile(std::string path) : path_(std::move(path)) { remove(); }
  ~ScratchFile() { remove(); }
  ScratchFile(const ScratchFile&) = delete;
  ScratchFile& operator=(const ScratchFile&) = delete;
  const std::string& path() const { return path_; }

 private:
  void remove() const {
    std::error_code ignored;
    std::filesystem::remove(path_, ignored);
    std::filesystem::remove(path_ + ".wal", ignored);
  }
  std::string path_;
};

void add_time(sql::Appender& appender, TimePoint time, bool has_calendar) {
  has_calendar ? appender.add(time) : appender.add(unix_seconds(time));
}

Status append_wide(sql::Connection& connection, const std::vector<Series>& series,
                   const char* time_type, bool has_calendar) {
  std::string columns = fmt::format("timestamp {}", time_type);
  for (const Series& one : series) columns += ", " + sql::quoted_name(one.workload) + " DOUBLE";
  if (Status s = connection.execute("CREATE TABLE trace (" + columns + ")"); !s) return s;
  auto appender = sql::Appender::open(connection, "trace");
  if (!appender) return fail(appender.error());
  const CommonGrid grid = *common_grid(series);
  for (std::int64_t row = 0; row < grid.rows; ++row) {
    add_time(*appender, grid.start + row * grid.step, has_calendar);
    for (std::size_t i = 0; i < series.size(); ++i) {
      const auto value = grid.value(series[i], i, row);
      value ? appender->add(*value) : appender->add(nullptr);
    }
    if (Status s = appender->end_row(); !s) return s;
  }
  return appender->flush();
}

Status append_long(sql::Connection& connection, const std::vector<Series>& series,
                   const char* time_type, bool has_calendar) {
  const std::string create =
      fmt::format("CREATE TABLE trace (timestamp {}, workload VARCHAR, value DOUBLE)", time_type);
  if (Status s = connection.execute(create); !s) return s;
  auto appender = sql::Appender::open(connection, "trace");
  if (!appender) return fail(appender.error());
  for (const Series& one : series) {
    for (std::size_t i = 0; i < one.size(); ++i) {
      add_time(*appender, one.start + static_cast<std::int64_t>(i) * one.step, has_calendar);
      appender->add(one.workload);
      one.present[i] ? appender->add(one.values[i]) : appender->add(nullptr);
      if (Status s = appender->end_row(); !s) return s;
    }
  }
  return appender->flush();
}

}  // namespace

Status write_parquet(const std::string& path, const std::vector<Series>& series, TraceForm form,
                     bool has_calendar) {
  const ScratchFile scratch(path + ".rows");
  auto database = sql::Database::open(scratch.path());
  if (!database) return fail(database.error());
  auto connection = database->connect();
  if (!connection) return fail(connection.error());
  const char* time_type = has_calendar ? "TIMESTAMP" : "DOUBLE";
  const auto append = form == TraceForm::kWide ? append_wide : append_long;
  if (Status s = append(*connection, series, time_type, has_calendar); !s) {
    return fail(s.error().code, "{}: {}", path, s.error().message);
  }
  const Status copied = connection->execute(
      fmt::format("COPY trace TO {} (FORMAT parquet, COMPRESSION zstd)", sql::quoted(path)));
  if (!copied) return fail(copied.error().code, "{}: {}", path, copied.error().message);
  return {};
}

}  // namespace starling
