// Cubes as SQL: which tiers answer, and one statement a fact for its partial aggregates.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/clock.h"
#include "history/cube.h"

namespace starling::history {

/// A part of the time that one table answers.
struct Segment {
  std::string_view table;
  TimePoint since{};
  TimePoint until{};
};

/// Until when each tier is complete, by its table: the rows of tier_state.
using Watermarks = std::map<std::string, TimePoint, std::less<>>;

/// [since, until) from the coarsest tables that tell `coarsest`: the edges, and the tail that is
/// not rolled up yet, from finer ones. The segments follow one another without gap or overlap.
std::vector<Segment> segments(Fact fact, Tier coarsest, TimePoint since, TimePoint until,
                              const Watermarks& watermarks);

/// The coarsest tier that still tells all of the cube's dimensions.
Tier coarsest_tier(const Cube& cube);

/// A statement with its parameters $1 …
struct CubeStatement {
  std::string sql;
  std::vector<std::variant<std::int64_t, std::string, TimePoint>> parameters;
};

/// Each row: the cube's keys in order (kTime as the index of time_index()), then …
/// … the sums of partial_columns_of(cube, fact).
CubeStatement sums_statement(const Cube& cube, Fact fact, const Watermarks& watermarks);
/// … a register of DistinctCount and its rank, over the models that had requests.
CubeStatement distinct_statement(const Cube& cube, const Watermarks& watermarks);

/// The rows of the latency tables as they are: what each key goes by (the index of time_index(), a
/// place_id or a model_id), then a bucket of base/latency_histogram.h and the requests in it. To
/// add them up is to add to a histogram, which takes a tenth of the time of a GROUP BY.
CubeStatement latency_statement(const Cube& cube, const Watermarks& watermarks);
/// Each row: an id of the dimension's table, and what the dimension says of it.
CubeStatement ids_statement(const Dimension& dimension);

}  // namespace starling::history
