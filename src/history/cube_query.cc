#include "history/cube_query.h"

#include <limits>
#include <optional>
#include <unordered_map>

#include "history/cube_sql.h"
#include "history/group_index.h"
#include "sql/database.h"
#include "sql/deadline.h"

namespace starling::history {
namespace {

constexpr double kNothing = std::numeric_limits<double>::quiet_NaN();

/// Gives every combination of keys its group as the rows come in.
class Groups {
 public:
  Groups(const Cube& cube, CubePartial& partial)
      : partial_(partial),
        dictionaries_(cube.keys().size()),
        ids_(cube.keys().size()),
        last_ids_(cube.keys().size()),
        codes_(cube.keys().size()),
        index_(cube.keys().size()) {
    for (const auto* dimension : cube.keys()) partial.keys.push_back({dimension, {}, {}});
  }

  /// Of a row that begins with the keys themselves.
  std::size_t group_of(const sql::Chunk& chunk, std::size_t row) {
    for (std::size_t i = 0; i < codes_.size(); ++i) {
      codes_[i] = partial_.keys[i].dimension->type == KeyType::kText
                      ? code_of(i, chunk.text(row, i))
                      : code_of(i, chunk.integer(row, i));
    }
    return group_of_codes();
  }

  /// Key i of a row of ids_statement().
  void add_id(std::size_t i, const sql::Chunk& chunk, std::size_t row) {
    ids_[i].emplace(chunk.integer(row, 0), code_of(i, chunk.text(row, 1)));
  }

  /// Of a row whose first columns are what the keys go by, most often that of the row before.
  /// Nothing where the dimension's table has no such id.
  std::optional<std::size_t> group_of_ids(const std::vector<std::vector<std::int64_t>>& columns,
                                          std::size_t row) {
    bool same = last_group_.has_value();
    for (std::size_t i = 0; i < last_ids_.size(); ++i) {
      const std::int64_t id = columns[i][row];
      same = same && id == last_ids_[i];
      last_ids_[i] = id;
    }
    if (!same) last_group_ = group_of_last_ids();
    return last_group_;
  }

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>{}(text);
    }
  };
  struct Dictionary {
    std::unordered_map<std::string, std::uint32_t, Hash, std::equal_to<>> texts;
    std::unordered_map<std::int64_t, std::uint32_t> numbers;
  };

  std::optional<std::size_t> group_of_last_ids() {
    for (std::size_t i = 0; i < last_ids_.size(); ++i) {
      if (partial_.keys[i].dimension->hierarchy == Hierarchy::kTime) {
        codes_[i] = code_of(i, last_ids_[i]);
        continue;
      }
      const auto found = ids_[i].find(last_ids_[i]);
      if (found == ids_[i].end()) return std::nullopt;
      codes_[i] = found->second;
    }
    return group_of_codes();
  }

  std::size_t group_of_codes() {
    const std::uint32_t group = index_.group_of(codes_);
    if (group < partial_.groups) return group;
    ++partial_.groups;
    for (std::size_t i = 0; i < codes_.size(); ++i) partial_.keys[i].codes.push_back(codes_[i]);
    return group;
  }

  std::uint32_t code_of(std::size_t i, std::string_view text) {
    auto& codes = dictionaries_[i].texts;
    if (const auto found = codes.find(text); found != codes.end()) return found->second;
    auto& values = partial_.keys[i].values;
    const auto next = static_cast<std::uint32_t>(values.size());
    codes.emplace(text, next);
    values.emplace_back(std::string(text));
    return next;
  }

  std::uint32_t code_of(std::size_t i, std::int64_t number) {
    KeyColumn& column = partial_.keys[i];
    const auto next = static_cast<std::uint32_t>(column.values.size());
    const auto [found, fresh] = dictionaries_[i].numbers.try_emplace(number, next);
    if (fresh) column.values.emplace_back(key_of_index(*column.dimension, number));
    return found->second;
  }

  CubePartial& partial_;
  std::vector<Dictionary> dictionaries_;
  std::vector<std::unordered_map<std::int64_t, std::uint32_t>> ids_;  // codes, by key and id
  std::vector<std::int64_t> last_ids_;
  std::optional<std::size_t> last_group_;
  std::vector<std::uint32_t> codes_;  // of the row at hand
  GroupIndex index_;
};

/// Runs a cube's statements on one connection and collects their rows.
class Run {
 public:
  Run(sql::Connection& connection, const Cube& cube, const CubeLimits& limits)
      : connection_(connection), cube_(cube), limits_(limits), groups_(cube, partial_) {}

  Result<CubePartial> all() {
    if (auto status = connection_.execute("BEGIN TRANSACTION READ ONLY"); !status)
      return fail(status.error());
    if (auto status = read_watermarks(); !status) return fail(status.error());
    for (const Fact fact : cube_.facts()) {
      if (auto status = sums(fact); !status) return fail(status.error());
    }
    if (wants(cube_, Measure::Form::kPercentile)) {
      if (auto status = latency(); !status) return fail(status.error());
    }
    if (wants(cube_, Measure::Form::kDistinct)) {
      if (auto status = distinct(); !status) return fail(status.error());
    }
    for (auto& [name, values] : partial_.sums) values.resize(partial_.groups, kNothing);
    if (wants(cube_, Measure::Form::kPercentile)) {
      latency_.resize(partial_.groups);
      partial_.latency = BucketColumn(latency_);
    }
    if (!partial_.distinct.empty()) partial_.distinct.resize(partial_.groups);
    return std::move(partial_);
  }

 private:
  /// Calls take(chunk) for each chunk of rows of a statement.
  template <typename Take>
  Status for_each_chunk(const CubeStatement& statement, Take take) {
    std::vector<sql::Value> parameters;
    for (const auto& parameter : statement.parameters)
      std::visit([&](const auto& value) { parameters.emplace_back(value); }, parameter);
    auto rows = connection_.query(statement.sql, parameters);
    if (!rows) return fail(rows.error());
    for (;;) {
      auto chunk = rows->next();
      if (!chunk) return fail(chunk.error());
      if (!*chunk) return {};
      if (auto status = take(**chunk); !status) return status;
    }
  }

  template <typename Take>
  Status for_each_row(const CubeStatement& statement, Take take) {
    return for_each_chunk(statement, [&](const sql::Chunk& chunk) {
      for (std::size_t row = 0; row < chunk.rows(); ++row) {
        if (Status status = take(chunk, row); !status) return status;
      }
      return Status();
    });
  }

  Status read_watermarks() {
    return for_each_row({"SELECT tier, done_until FROM tier_state", {}},
                        [&](const sql::Chunk& chunk, std::size_t row) -> Status {
                          watermarks_.emplace(chunk.text(row, 0), chunk.timestamp(row, 1));
                          return {};
                        });
  }

  Result<std::size_t> group_of(const sql::Chunk& chunk, std::size_t row) {
    const std::size_t group = groups_.group_of(chunk, row);
    if (partial_.groups > limits_.groups_max) return too_many_groups();
    return group;
  }

  tl::unexpected<Error> too_many_groups() const {
    return fail(ErrorCode::kTooLarge,
                "more than {} groups: take a coarser time, fewer rows and columns, or narrow it "
                "with 'where'",
                limits_.groups_max);
  }

  tl::unexpected<Error> too_many_buckets() const {
    return fail(ErrorCode::kTooLarge,
                "the latency histograms of {} groups are too many: take a coarser time, fewer rows "
                "and columns, or narrow it with 'where'",
                partial_.groups);
  }

  Status sums(Fact fact) {
    const auto columns = partial_columns_of(cube_, fact);
    if (columns.empty()) return {};
    std::vector<std::vector<double>*> into;
    for (const auto* column : columns) into.push_back(&partial_.sums[std::string(column->name)]);
    const std::size_t first = cube_.keys().size();
    return for_each_row(sums_statement(cube_, fact, watermarks_),
                        [&](const sql::Chunk& chunk, std::size_t row) -> Status {
                          const auto group = group_of(chunk, row);
                          if (!group) return fail(group.error());
                          for (std::size_t i = 0; i < into.size(); ++i) {
                            into[i]->resize(std::max(into[i]->size(), *group + 1), kNothing);
                            if (!chunk.is_null(row, first + i))
                              (*into[i])[*group] = chunk.number(row, first + i);
                          }
                          return {};
                        });
  }

  /// What the ids in the facts' rows mean, for the keys that go by one.
  Status read_ids() {
    const auto keys = cube_.keys();
    for (std::size_t i = 0; i < keys.size(); ++i) {
      if (keys[i]->hierarchy == Hierarchy::kTime) continue;
      const Status read = for_each_row(ids_statement(*keys[i]),
                                       [&](const sql::Chunk& chunk, std::size_t row) -> Status {
                                         groups_.add_id(i, chunk, row);
                                         return {};
                                       });
      if (!read) return read;
    }
    return {};
  }

  Status latency() {
    if (Status status = read_ids(); !status) return status;
    const std::size_t keys = cube_.keys().size();
    std::vector<std::vector<std::int64_t>> columns(keys + 2);
    std::size_t buckets = 0;
    return for_each_chunk(latency_statement(cube_, watermarks_), [&](const sql::Chunk& chunk) {
      for (std::size_t i = 0; i < columns.size(); ++i) chunk.integers(i, columns[i]);
      for (std::size_t row = 0; row < chunk.rows(); ++row) {
        const auto group = groups_.group_of_ids(columns, row);
        if (!group) continue;
        if (partial_.groups > limits_.groups_max) return Status(too_many_groups());
        if (latency_.size() <= *group) latency_.resize(*group + 1);
        BucketCounts& counts = latency_[*group];
        buckets -= counts.counts.size();
        counts.add(static_cast<int>(columns[keys][row]),
                   static_cast<std::uint64_t>(columns[keys + 1][row]));
        buckets += counts.counts.size();
        if (buckets > limits_.buckets_max) return Status(too_many_buckets());
      }
      return Status();
    });
  }

  Status distinct() {
    partial_.distinct.resize(std::max<std::size_t>(partial_.groups, 1));
    const std::size_t first = cube_.keys().size();
    return for_each_row(distinct_statement(cube_, watermarks_),
                        [&](const sql::Chunk& chunk, std::size_t row) -> Status {
                          const auto group = group_of(chunk, row);
                          if (!group) return fail(group.error());
                          if (partial_.distinct.size() <= *group)
                            partial_.distinct.resize(*group + 1);
                          partial_.distinct[*group].add(
                              static_cast<std::size_t>(chunk.integer(row, first)),
                              static_cast<std::uint8_t>(chunk.integer(row, first + 1)));
                          return {};
                        });
  }

  sql::Connection& connection_;
  const Cube& cube_;
  const CubeLimits& limits_;
  CubePartial partial_;
  std::vector<BucketCounts> latency_;  // by group
  Groups groups_;
  Watermarks watermarks_;
};

}  // namespace

Result<CubePartial> run_cube(const sql::Database& database, const Cube& cube,
                             const CubeLimits& limits, std::stop_token stop) {
  auto connection = database.connect();
  if (!connection) return fail(connection.error());
  const sql::Deadline deadline(*connection, limits.time_max, std::move(stop));
  auto partial = Run(*connection, cube, limits).all();
  if (!partial && deadline.passed()) {
    return fail(ErrorCode::kTimeout,
                "the cube took longer than {} s and was stopped: take a shorter time or coarser "
                "groups",
                seconds(limits.time_max));
  }
  return partial;
}

}  // namespace starling::history
