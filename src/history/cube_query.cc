#include "history/cube_query.h"

#include <limits>
#include <unordered_map>

#include "history/cube_sql.h"
#include "sql/database.h"
#include "sql/deadline.h"

namespace starling::history {
namespace {

constexpr double kNothing = std::numeric_limits<double>::quiet_NaN();

/// Gives every combination of keys its group as the rows come in.
class Groups {
 public:
  Groups(const Cube& cube, CubePartial& partial)
      : partial_(partial), dictionaries_(cube.keys().size()) {
    for (const auto* dimension : cube.keys()) partial.keys.push_back({dimension, {}, {}});
  }

  std::size_t group_of(const sql::Chunk& chunk, std::size_t row) {
    std::string codes;  // the codes' bytes, a hash map's key
    for (std::size_t i = 0; i < dictionaries_.size(); ++i) {
      const std::uint32_t code = code_of(chunk, row, i);
      codes.append(reinterpret_cast<const char*>(&code), sizeof code);
    }
    const auto [found, fresh] = groups_.try_emplace(codes, partial_.groups);
    if (fresh) {
      ++partial_.groups;
      for (std::size_t i = 0; i < dictionaries_.size(); ++i) {
        std::uint32_t code = 0;
        codes.copy(reinterpret_cast<char*>(&code), sizeof code, i * sizeof code);
        partial_.keys[i].codes.push_back(code);
      }
    }
    return found->second;
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

  std::uint32_t code_of(const sql::Chunk& chunk, std::size_t row, std::size_t i) {
    KeyColumn& column = partial_.keys[i];
    const auto next = static_cast<std::uint32_t>(column.values.size());
    if (column.dimension->type == KeyType::kText) {
      const std::string_view text = chunk.text(row, i);
      auto& codes = dictionaries_[i].texts;
      if (const auto found = codes.find(text); found != codes.end()) return found->second;
      codes.emplace(text, next);
      column.values.emplace_back(std::string(text));
      return next;
    }
    const std::int64_t number = chunk.integer(row, i);
    const auto [found, fresh] = dictionaries_[i].numbers.try_emplace(number, next);
    if (fresh) column.values.emplace_back(key_of_index(*column.dimension, number));
    return found->second;
  }

  CubePartial& partial_;
  std::vector<Dictionary> dictionaries_;
  std::unordered_map<std::string, std::size_t> groups_;
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
    if (!partial_.latency.empty()) partial_.latency.resize(partial_.groups);
    if (!partial_.distinct.empty()) partial_.distinct.resize(partial_.groups);
    return std::move(partial_);
  }

 private:
  /// Calls take(chunk, row) for each row of a statement.
  template <typename Take>
  Status for_each_row(const CubeStatement& statement, Take take) {
    std::vector<sql::Value> parameters;
    for (const auto& parameter : statement.parameters)
      std::visit([&](const auto& value) { parameters.emplace_back(value); }, parameter);
    auto rows = connection_.query(statement.sql, parameters);
    if (!rows) return fail(rows.error());
    for (;;) {
      auto chunk = rows->next();
      if (!chunk) return fail(chunk.error());
      if (!*chunk) return {};
      for (std::size_t row = 0; row < (*chunk)->rows(); ++row) {
        if (auto status = take(**chunk, row); !status) return status;
      }
    }
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
    if (partial_.groups <= limits_.groups_max) return group;
    return fail(ErrorCode::kTooLarge,
                "more than {} groups: take a coarser time, fewer rows and columns, or narrow it "
                "with 'where'",
                limits_.groups_max);
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

  Status latency() {
    partial_.latency.resize(std::max<std::size_t>(partial_.groups, 1));
    std::size_t buckets = 0;
    const std::size_t first = cube_.keys().size();
    return for_each_row(
        latency_statement(cube_, watermarks_),
        [&](const sql::Chunk& chunk, std::size_t row) -> Status {
          const auto group = group_of(chunk, row);
          if (!group) return fail(group.error());
          if (partial_.latency.size() <= *group) partial_.latency.resize(*group + 1);
          BucketCounts& counts = partial_.latency[*group];
          buckets -= counts.counts.size();
          counts.add(static_cast<int>(chunk.integer(row, first)),
                     static_cast<std::uint64_t>(chunk.integer(row, first + 1)));
          buckets += counts.counts.size();
          if (buckets <= limits_.buckets_max) return {};
          return fail(ErrorCode::kTooLarge,
                      "the latency histograms of {} groups are too many: take a coarser time, "
                      "fewer rows and columns, or narrow it with 'where'",
                      partial_.groups);
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
  Groups groups_;
  Watermarks watermarks_;
};

}  // namespace

Result<CubePartial> run_cube(const sql::Database& database, const Cube& cube,
                             const CubeLimits& limits) {
  auto connection = database.connect();
  if (!connection) return fail(connection.error());
  const sql::Deadline deadline(*connection, limits.time_max);
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
