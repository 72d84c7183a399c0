#include "trace/read.h"

#include <algorithm>
#include <cmath>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "trace/csv_source.h"
#include "trace/grid.h"

namespace starling {
namespace {

/// Values in file order, with their mask.
struct Values {
  std::vector<double> values;
  std::vector<std::uint8_t> present;
};

struct LongWorkload {
  std::string name;
  std::vector<std::int64_t> times_us;
  Values values;
};

const std::vector<std::string> kLongHeader{"timestamp", "workload", "value"};

Status check_header(const CsvSource& source) {
  const auto& header = source.header();
  if (header.front() != "timestamp" || header.size() < 2) {
    return fail(
        ErrorCode::kInvalid,
        "{}:1: the header must be 'timestamp,workload,value' or 'timestamp,<workload>,…'; it "
        "has {} columns and begins with '{}'",
        source.path(), header.size(), header.front());
  }
  std::unordered_set<std::string> seen;
  for (std::size_t i = 0; i < header.size(); ++i) {
    if (header[i].empty()) {
      return fail(ErrorCode::kInvalid, "{}:1: column {} has no name", source.path(), i + 1);
    }
    if (!seen.insert(header[i]).second) {
      return fail(ErrorCode::kInvalid, "{}:1: two columns are called '{}'", source.path(),
                  header[i]);
    }
  }
  return {};
}

Error too_large(const std::string& path, std::int64_t points_max) {
  return Error{
      ErrorCode::kTooLarge,
      fmt::format("{}: more than {} points; read a shorter or coarser file", path, points_max)};
}

/// Adds the timestamp of one row, after checking that it is one and later than the last.
Status take_time(const CsvSource& source, const sql::Chunk& chunk, std::size_t row,
                 std::int64_t line, bool allow_equal, std::vector<std::int64_t>& times_us) {
  if (chunk.is_null(row, 0)) {
    return fail(ErrorCode::kInvalid,
                "{}: not a timestamp; expected seconds from the start or ISO 8601 "
                "(2024-05-01T12:00:00Z)",
                source.at(line, 0));
  }
  const std::int64_t time = chunk.integer(row, 0);
  if (!times_us.empty() && (time < times_us.back() || (time == times_us.back() && !allow_equal))) {
    return fail(
        ErrorCode::kInvalid,
        "{}: {} s is {} the timestamp before it; sort the file by time and keep one row each",
        source.at(line, 0), static_cast<double>(time) * 1e-6,
        time == times_us.back() ? "the same as" : "earlier than");
  }
  times_us.push_back(time);
  return {};
}

Status take_value(const CsvSource& source, const sql::Chunk& chunk, std::size_t row,
                  std::size_t column, std::int64_t line, Values& into) {
  const bool present = !chunk.is_null(row, column);
  const double value = present ? chunk.number(row, column) : 0;
  if (!std::isfinite(value)) {
    return fail(ErrorCode::kInvalid, "{}: {} is not a finite number; leave a missing cell empty",
                source.at(line, column), value);
  }
  into.values.push_back(value);
  into.present.push_back(present ? 1 : 0);
  return {};
}

Result<std::vector<Series>> read_wide(CsvSource& source, const ReadOptions& options) {
  const auto& header = source.header();
  const std::size_t workloads = header.size() - 1;
  std::vector<CellType> types(header.size(), CellType::kNumber);
  types[0] = CellType::kTime;
  std::vector<std::int64_t> times_us;
  std::vector<Values> columns(workloads);
  const std::int64_t rows_max = options.points_max / static_cast<std::int64_t>(workloads);

  const Status read = source.read(types, [&](const sql::Chunk& chunk, std::int64_t line) -> Status {
    for (std::size_t row = 0; row < chunk.rows(); ++row) {
      const auto row_line = line + static_cast<std::int64_t>(row);
      if (Status s = take_time(source, chunk, row, row_line, options.average_within_step, times_us);
          !s)
        return s;
    }
    if (static_cast<std::int64_t>(times_us.size()) > rows_max) {
      return fail(too_large(source.path(), options.points_max));
    }
    for (std::size_t column = 0; column < workloads; ++column) {
      for (std::size_t row = 0; row < chunk.rows(); ++row) {
        const auto row_line = line + static_cast<std::int64_t>(row);
        if (Status s = take_value(source, chunk, row, column + 1, row_line, columns[column]); !s) {
          return s;
        }
      }
    }
    return {};
  });
  if (!read) return fail(read.error());
  if (times_us.empty()) return fail(ErrorCode::kInvalid, "{}: a header but no rows", source.path());

  const auto step = options.step ? options.step : common_step(times_us);
  if (!step) {
    return fail(ErrorCode::kInvalid, "{}: one row only, so its step is unknown: state the step",
                source.path());
  }
  auto grid = make_grid(times_us, *step, options.average_within_step);
  if (!grid) return fail(ErrorCode::kInvalid, "{}: {}", source.path(), grid.error().message);
  if (grid->size() > rows_max) return fail(too_large(source.path(), options.points_max));

  std::vector<Series> result;
  result.reserve(workloads);
  for (std::size_t i = 0; i < workloads; ++i) {
    result.push_back(lay_out(*grid, header[i + 1], std::exchange(columns[i].values, {}),
                             std::exchange(columns[i].present, {})));
  }
  return result;
}

/// Rows of a long file, gathered by workload in the order of first appearance.
class LongRows {
 public:
  explicit LongRows(bool allow_equal) : allow_equal_(allow_equal) {}

  Status take(const CsvSource& source, const sql::Chunk& chunk, std::int64_t first_line) {
    for (std::size_t row = 0; row < chunk.rows(); ++row) {
      const auto line = first_line + static_cast<std::int64_t>(row);
      if (chunk.is_null(row, 1)) {
        return fail(ErrorCode::kInvalid, "{}: no workload is named", source.at(line, 1));
      }
      LongWorkload& workload = find(chunk.text(row, 1));
      if (Status s = take_time(source, chunk, row, line, allow_equal_, workload.times_us); !s)
        return s;
      if (Status s = take_value(source, chunk, row, 2, line, workload.values); !s) return s;
    }
    points_ += static_cast<std::int64_t>(chunk.rows());
    return {};
  }

  std::int64_t points() const { return points_; }
  std::vector<LongWorkload>& workloads() { return workloads_; }

 private:
  LongWorkload& find(std::string_view name) {
    // Files are usually sorted by workload: the last one is the likely one.
    if (last_ < workloads_.size() && workloads_[last_].name == name) return workloads_[last_];
    const auto [entry, is_new] = index_.try_emplace(std::string(name), workloads_.size());
    if (is_new) workloads_.push_back(LongWorkload{std::string(name), {}, {}});
    last_ = entry->second;
    return workloads_[last_];
  }

  bool allow_equal_;
  std::vector<LongWorkload> workloads_;
  std::unordered_map<std::string, std::size_t> index_;
  std::size_t last_ = 0;
  std::int64_t points_ = 0;
};

/// The step that most workloads have: it stands in for workloads of a single row.
std::optional<Duration> most_common_step(const std::vector<LongWorkload>& workloads) {
  std::unordered_map<std::int64_t, int> counts;
  std::optional<Duration> best;
  for (const LongWorkload& workload : workloads) {
    const auto step = common_step(workload.times_us);
    if (step && (++counts[step->count()] > (best ? counts[best->count()] : 0) || !best))
      best = step;
  }
  return best;
}

Result<std::vector<Series>> read_long(CsvSource& source, const ReadOptions& options) {
  LongRows rows(options.average_within_step);
  const Status read = source.read({CellType::kTime, CellType::kText, CellType::kNumber},
                                  [&](const sql::Chunk& chunk, std::int64_t line) -> Status {
                                    if (Status s = rows.take(source, chunk, line); !s) return s;
                                    if (rows.points() <= options.points_max) return {};
                                    return fail(too_large(source.path(), options.points_max));
                                  });
  if (!read) return fail(read.error());
  if (rows.points() == 0)
    return fail(ErrorCode::kInvalid, "{}: a header but no rows", source.path());

  const auto usual_step = options.step ? options.step : most_common_step(rows.workloads());
  if (!usual_step) {
    return fail(ErrorCode::kInvalid,
                "{}: one row a workload only, so its step is unknown: state the step",
                source.path());
  }
  std::vector<Series> result;
  std::int64_t points = 0;
  for (LongWorkload& workload : rows.workloads()) {
    const Duration step =
        options.step.value_or(common_step(workload.times_us).value_or(*usual_step));
    auto grid = make_grid(workload.times_us, step, options.average_within_step);
    if (!grid) {
      return fail(ErrorCode::kInvalid, "{}, workload '{}': {}", source.path(), workload.name,
                  grid.error().message);
    }
    points += grid->size();
    if (grid->size() > options.points_max || points > options.points_max) {
      return fail(too_large(source.path(), options.points_max));
    }
    result.push_back(lay_out(*grid, workload.name, std::exchange(workload.values.values, {}),
                             std::exchange(workload.values.present, {})));
  }
  return result;
}

}  // namespace

Result<std::vector<Series>> read_trace(const std::string& path, const ReadOptions& options) {
  auto source = CsvSource::open(path);
  if (!source) return fail(source.error());
  if (Status status = check_header(*source); !status) return fail(status.error());
  return source->header() == kLongHeader ? read_long(*source, options)
                                         : read_wide(*source, options);
}

}  // namespace starling
