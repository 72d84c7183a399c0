#include "history/cube_sql.h"

#include <algorithm>
#include <array>

#include "history/cube_groups.sql.h"
#include "history/cube_identity.sql.h"
#include "history/cube_partial.h"

namespace starling::history {
namespace {

/// A fact's tables; an empty name: that tier is not kept.
struct Tables {
  Fact fact;
  std::string_view raw, minute, hour;
};

constexpr std::array kTables{
    Tables{Fact::kUsage, "fact_usage", "tier_usage_minute", "tier_usage_hour"},
    Tables{Fact::kLatency, "fact_latency", "tier_latency_minute", "tier_latency_hour"},
    Tables{Fact::kForecastError, "fact_forecast_error", "", ""},
    Tables{Fact::kDecision, "fact_decision", "", ""},
    Tables{Fact::kBid, "fact_bid", "", ""},
    Tables{Fact::kPlacement, "fact_placement", "", ""},
    Tables{Fact::kCost, "fact_cost", "", "tier_cost_hour"},
    Tables{Fact::kHealth, "fact_health", "", "tier_health_hour"},
};

const Tables& tables_of(Fact fact) {
  return *std::find_if(kTables.begin(), kTables.end(),
                       [&](const Tables& t) { return t.fact == fact; });
}

/// Adds the segments of [since, until) from `tier` and what is finer.
void cover(const Tables& tables, Tier tier, TimePoint since, TimePoint until,
           const Watermarks& watermarks, std::vector<Segment>& into) {
  if (since >= until) return;
  if (tier == Tier::kRaw) {
    into.push_back({tables.raw, since, until});
    return;
  }
  const bool hours = tier == Tier::kHour;
  const Tier finer = hours ? Tier::kMinute : Tier::kRaw;
  const std::string_view table = hours ? tables.hour : tables.minute;
  const auto watermark = watermarks.find(table);
  const TimePoint done = watermark == watermarks.end() ? since : watermark->second;
  const TimePoint end_max = std::min(until, done);
  const Duration unit = hours ? Duration(1h) : Duration(1min);
  const TimePoint begin = since + (unit - since.time_since_epoch() % unit) % unit;
  const TimePoint end = end_max - end_max.time_since_epoch() % unit;
  if (begin >= end) return cover(tables, finer, since, until, watermarks, into);
  cover(tables, finer, since, begin, watermarks, into);
  into.push_back({table, begin, end});
  cover(tables, finer, end, until, watermarks, into);
}

constexpr std::array<std::string_view, 6> kOperators{"=", "<>", "<", "<=", ">", ">="};

/// What a fact's row tells of the dimension.
std::string_view id_expression(const Dimension& dimension) {
  switch (dimension.hierarchy) {
    case Hierarchy::kTime:
      return dimension.sql;
    case Hierarchy::kPlace:
      return "place_id";
    case Hierarchy::kModel:
      break;
  }
  return "model_id";
}

/// Puts one statement together from the parts that a fact, its tiers and the cube give it.
class Composer {
 public:
  Composer(const Cube& cube, Fact fact, const Watermarks& watermarks)
      : cube_(cube), fact_(fact), watermarks_(watermarks) {
    for (std::size_t i = 0; i < cube.keys().size(); ++i) add_key(*cube.keys()[i], i);
  }

  /// One (model, place) series a row before the dimensions are joined.
  void keep_series_apart() {
    by_place_ = true;
    by_model_ = fact_ != Fact::kHealth;
  }
  /// A column of the fact's tables that takes part.
  void add_source(std::string expression) { sources_.push_back(std::move(expression)); }
  void add_series(std::string expression) { series_.push_back(std::move(expression)); }
  void add_group(std::string expression) { groups_.push_back(std::move(expression)); }
  void add_condition(std::string condition) { conditions_.push_back(std::move(condition)); }

  CubeStatement statement(std::string_view model_table) {
    if (by_place_) series_.insert(series_.begin(), "place_id");
    if (by_model_) series_.insert(series_.begin(), "model_id");
    std::string joins;
    if (model_key_) joins += fmt::format("JOIN {} AS model_table USING (model_id) ", model_table);
    if (place_key_) joins += "JOIN dim_place USING (place_id)";
    const std::string all_segments = this->all_segments();
    add_filter();
    return {fmt::format(fmt::runtime(kCubeGroupsSql), fmt::arg("series", fmt::join(series_, ", ")),
                        fmt::arg("segments", all_segments), fmt::arg("filter", filter()),
                        fmt::arg("groups", fmt::join(groups_, ", ")), fmt::arg("joins", joins)),
            std::move(parameters_)};
  }

  /// The fact's own rows: what each key goes by, then the columns `rest` of the sources.
  CubeStatement rows_statement(std::string_view rest) {
    std::string columns;
    for (const auto* dimension : cube_.keys())
      columns += fmt::format("{}, ", id_expression(*dimension));
    const std::string all_segments = this->all_segments();
    add_filter();
    return {fmt::format("SELECT {}{} FROM ({}) AS fact WHERE {}", columns, rest, all_segments,
                        filter()),
            std::move(parameters_)};
  }

  void join_models() { model_key_ = by_model_ = true; }

 private:
  void add_key(const Dimension& dimension, std::size_t index) {
    switch (dimension.hierarchy) {
      case Hierarchy::kTime:
        series_.push_back(fmt::format("{} AS k{}", dimension.sql, index));
        groups_.push_back(fmt::format("k{}", index));
        return;
      case Hierarchy::kPlace:
        place_key_ = by_place_ = true;
        break;
      case Hierarchy::kModel:
        join_models();
        break;
    }
    groups_.emplace_back(dimension.sql);
  }

  template <typename T>
  std::string bound(T value) {
    parameters_.emplace_back(std::move(value));
    return fmt::format("${}", parameters_.size());
  }

  std::string all_segments() {
    std::vector<std::string> columns{"time", "place_id"};
    if (fact_ != Fact::kHealth) columns.emplace_back("model_id");
    columns.insert(columns.end(), sources_.begin(), sources_.end());
    std::vector<std::string> selects;
    for (const auto& segment :
         segments(fact_, coarsest_tier(cube_), cube_.since, cube_.until, watermarks_)) {
      selects.push_back(fmt::format("SELECT {} FROM {} WHERE time >= {} AND time < {}",
                                    fmt::join(columns, ", "), segment.table, bound(segment.since),
                                    bound(segment.until)));
    }
    return fmt::format("{}", fmt::join(selects, "\n    UNION ALL\n    "));
  }

  std::string filter() const {
    return conditions_.empty() ? "true" : fmt::format("{}", fmt::join(conditions_, " AND "));
  }

  /// The term over its dimension's expression, values bound as parameters.
  std::string condition(const FilterTerm& term) {
    std::vector<std::string> values;
    for (const auto& value : term.values) {
      if (const auto* text = std::get_if<std::string>(&value)) {
        values.push_back(bound(*text));
      } else {
        const auto number = std::get<std::int64_t>(value);
        const bool time = term.dimension->type == KeyType::kTime;
        values.push_back(
            bound(time ? time_index(*term.dimension, TimePoint{Duration{number}}) : number));
      }
    }
    if (term.compare == Compare::kIn || term.compare == Compare::kNotIn) {
      return fmt::format("{} {}IN ({})", term.dimension->sql,
                         term.compare == Compare::kNotIn ? "NOT " : "", fmt::join(values, ", "));
    }
    return fmt::format("{} {} {}", term.dimension->sql,
                       kOperators[static_cast<std::size_t>(term.compare)], values.front());
  }

  /// Conditions on models and places become sets of ids, so that facts are dropped before any join.
  void add_filter() {
    std::vector<std::string> of_models, of_places;
    for (const auto& term : cube_.filter.terms) {
      const auto text = condition(term);
      switch (term.dimension->hierarchy) {
        case Hierarchy::kTime:
          conditions_.push_back(text);
          break;
        case Hierarchy::kPlace:
          of_places.push_back(text);
          break;
        case Hierarchy::kModel:
          of_models.push_back(text);
          break;
      }
    }
    const auto among = [&](const char* id, const char* table,
                           const std::vector<std::string>& conditions) {
      if (conditions.empty()) return;
      conditions_.push_back(fmt::format("{0} IN (SELECT {0} FROM {1} WHERE {2})", id, table,
                                        fmt::join(conditions, " AND ")));
    };
    among("model_id", "dim_model", of_models);
    among("place_id", "dim_place", of_places);
  }

  const Cube& cube_;
  const Fact fact_;
  const Watermarks& watermarks_;
  bool by_model_ = false, by_place_ = false;    // in the series
  bool model_key_ = false, place_key_ = false;  // among the keys, so joined
  std::vector<std::string> sources_, series_, groups_, conditions_;
  std::vector<std::variant<std::int64_t, std::string, TimePoint>> parameters_;
};

}  // namespace

std::vector<Segment> segments(Fact fact, Tier coarsest, TimePoint since, TimePoint until,
                              const Watermarks& watermarks) {
  std::vector<Segment> all;
  cover(tables_of(fact), coarsest, since, until, watermarks, all);
  return all;
}

Tier coarsest_tier(const Cube& cube) {
  Tier tier = Tier::kHour;
  for (const auto* dimension : cube.keys()) tier = std::min(tier, dimension->coarsest);
  for (const auto& term : cube.filter.terms) tier = std::min(tier, term.dimension->coarsest);
  return tier;
}

CubeStatement sums_statement(const Cube& cube, Fact fact, const Watermarks& watermarks) {
  Composer composer(cube, fact, watermarks);
  for (const auto* column : partial_columns_of(cube, fact)) {
    const bool span = column->merge == PartialColumn::Merge::kSpan;
    if (span) composer.keep_series_apart();
    composer.add_source(fmt::format("{} AS p_{}", column->sql, column->name));
    composer.add_series(fmt::format("sum(p_{0}) AS p_{0}", column->name));
    composer.add_group(fmt::format("{}(p_{})::DOUBLE", span ? "max" : "sum", column->name));
  }
  return composer.statement("dim_model");
}

CubeStatement distinct_statement(const Cube& cube, const Watermarks& watermarks) {
  Composer composer(cube, Fact::kUsage, watermarks);
  composer.join_models();
  composer.add_source("arrivals");
  composer.add_condition("arrivals > 0");
  composer.add_group("register, max(rank)::BIGINT");
  return composer.statement(fmt::format("({})", kCubeIdentitySql));
}

CubeStatement latency_statement(const Cube& cube, const Watermarks& watermarks) {
  Composer composer(cube, Fact::kLatency, watermarks);
  composer.add_source("bucket, count");
  return composer.rows_statement("bucket, count");
}

CubeStatement ids_statement(const Dimension& dimension) {
  const bool place = dimension.hierarchy == Hierarchy::kPlace;
  return {fmt::format("SELECT {}, {} FROM {}", id_expression(dimension), dimension.sql,
                      place ? "dim_place" : "dim_model"),
          {}};
}

}  // namespace starling::history
