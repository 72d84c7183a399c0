#include "history/cube.h"

#include <algorithm>

#include "base/nearest.h"
#include "base/units.h"

namespace starling::history {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kMeasuresMax = 32;
constexpr std::size_t kKeysMax = 8;
constexpr std::size_t kDrillsMax = 8;
constexpr std::int64_t kRowsMax = 10'000;

/// A list of texts, or one text; nothing where the field is missing.
Result<std::vector<std::string>> texts(const Json& body, const char* field, std::size_t most) {
  std::vector<std::string> list;
  if (!body.contains(field)) return list;
  const Json& value = body[field];
  const Json array = value.is_string() ? Json::array({value}) : value;
  const bool good = array.is_array() && std::all_of(array.begin(), array.end(),
                                                    [](const Json& j) { return j.is_string(); });
  if (!good || array.size() > most) {
    return fail(ErrorCode::kInvalid, "'{}': expected a list of at most {} names", field, most);
  }
  return array.get<std::vector<std::string>>();
}

Result<std::string> text_or(const Json& body, const char* field, const char* otherwise) {
  if (!body.contains(field)) return std::string(otherwise);
  if (body[field].is_string()) return body[field].get<std::string>();
  return fail(ErrorCode::kInvalid, "'{}': expected a text", field);
}

Result<TimePoint> moment(const Json& body, const char* field, const char* otherwise,
                         TimePoint now) {
  const auto text = text_or(body, field, otherwise);
  if (!text) return fail(text.error());
  if (const auto back = parse_duration(*text)) {
    constexpr Duration kLongest = std::chrono::years(100);
    if (*back <= kLongest && now - *back >= TimePoint{}) return now - *back;
  }
  const auto time = parse_iso8601(*text);
  if (time) return *time;
  return fail(ErrorCode::kInvalid,
              "'{}': '{}' is neither a duration back from now such as 24h or 7d, nor a time such "
              "as 2026-01-31T12:00:00Z",
              field, text->substr(0, 64));
}

Status read_dimensions(const Json& body, const char* field, std::vector<const Dimension*>& into) {
  const auto names = texts(body, field, kKeysMax);
  if (!names) return fail(names.error());
  for (const auto& name : *names) {
    const auto dimension = dimension_named(name);
    if (!dimension) {
      return fail(dimension.error().code, "'{}': {}", field, dimension.error().message);
    }
    into.push_back(*dimension);
  }
  return {};
}

Status read_measures(const Json& body, Cube& cube) {
  const auto names = texts(body, "measures", kMeasuresMax);
  if (!names) return fail(names.error());
  if (names->empty()) {
    return fail(ErrorCode::kInvalid,
                "'measures': expected at least one, such as [\"requests\", \"p99_latency\"]");
  }
  for (const auto& name : *names) {
    const auto measure = measure_named(name);
    if (!measure) return fail(measure.error());
    cube.measures.push_back(*measure);
  }
  return {};
}

/// Puts the finer dimension where the drilled one stands, or after the rows when it stands nowhere.
void go_down(Cube& cube, const Dimension& from, const Dimension& to) {
  for (auto* keys : {&cube.rows, &cube.columns}) std::erase(*keys, &to);
  for (auto* keys : {&cube.rows, &cube.columns}) {
    const auto found = std::find(keys->begin(), keys->end(), &from);
    if (found != keys->end()) {
      *found = &to;
      return;
    }
  }
  cube.rows.push_back(&to);
}

Status drill(const Json& body, Cube& cube) {
  const auto drills = texts(body, "drill", kDrillsMax);
  if (!drills) return fail(drills.error());
  for (const auto& text : *drills) {
    auto filter = parse_filter(text);
    if (!filter) return fail(filter.error().code, "'drill': {}", filter.error().message);
    if (filter->terms.size() != 1 || filter->terms[0].compare != Compare::kEqual) {
      return fail(ErrorCode::kInvalid, "'drill': expected one value, such as cloud=aws");
    }
    const Dimension& from = *filter->terms[0].dimension;
    if (from.finer.empty()) {
      return fail(ErrorCode::kInvalid, "'drill': {} is the lowest level: filter it with 'where'",
                  from.name);
    }
    go_down(cube, from, *find_dimension(from.finer));
    cube.filter.terms.push_back(std::move(filter->terms[0]));
  }
  return {};
}

Status read_rest(const Json& body, Cube& cube) {
  if (body.contains("rollup")) {
    if (!body["rollup"].is_boolean()) {
      return fail(ErrorCode::kInvalid, "'rollup': expected true or false");
    }
    cube.rollup = body["rollup"].get<bool>();
  }
  if (body.contains("limit")) {
    const Json& limit = body["limit"];
    if (!limit.is_number_integer() || limit < 1 || limit > kRowsMax) {
      return fail(ErrorCode::kInvalid, "'limit': expected a whole number of rows from 1 to {}",
                  kRowsMax);
    }
    cube.limit = limit.get<std::int64_t>();
  }
  const auto where = text_or(body, "where", "");
  if (!where) return fail(where.error());
  auto filter = parse_filter(*where);
  if (!filter) return fail(filter.error().code, "'where': {}", filter.error().message);
  cube.filter = std::move(*filter);
  return {};
}

/// What can be seen only once the whole question is known.
Status check(const Cube& cube) {
  const auto keys = cube.keys();
  if (keys.size() > kKeysMax) {
    return fail(ErrorCode::kInvalid, "at most {} rows and columns together, found {}", kKeysMax,
                keys.size());
  }
  for (auto key = keys.begin(); key != keys.end(); ++key) {
    if (std::find(keys.begin(), key, *key) != key) {
      return fail(ErrorCode::kInvalid, "'{}' stands twice in rows and columns", (*key)->name);
    }
  }
  const auto of_models = [](const Dimension* d) { return d->hierarchy == Hierarchy::kModel; };
  const bool by_model = std::any_of(keys.begin(), keys.end(), of_models) ||
                        std::any_of(cube.filter.terms.begin(), cube.filter.terms.end(),
                                    [&](const FilterTerm& t) { return of_models(t.dimension); });
  for (const Measure* measure : cube.measures) {
    if (by_model && measure->facts().front() == Fact::kHealth) {
      return fail(ErrorCode::kInvalid,
                  "'{}' is about nodes: it can't be cut by tenant, model or version",
                  measure->name);
    }
  }
  if (cube.since >= cube.until) {
    return fail(ErrorCode::kInvalid, "'since' ({}) must be before 'until' ({})",
                iso8601(cube.since), iso8601(cube.until));
  }
  return {};
}

Status check_fields(const Json& body) {
  if (!body.is_object()) {
    return fail(ErrorCode::kInvalid,
                "expected a JSON body such as {{\"measures\": [\"requests\"], \"rows\": "
                "[\"model\"], \"since\": \"24h\"}}");
  }
  const std::vector<std::string> known{"measures", "rows",   "columns", "where", "since",
                                       "until",    "rollup", "drill",   "limit"};
  for (const auto& [field, value] : body.items()) {
    if (std::find(known.begin(), known.end(), field) == known.end()) {
      return fail(ErrorCode::kInvalid, "there is no field '{}'{}; known are {}",
                  field.substr(0, 64), did_you_mean(field, known), fmt::join(known, ", "));
    }
  }
  return {};
}

}  // namespace

std::vector<const Dimension*> Cube::keys() const {
  auto keys = rows;
  keys.insert(keys.end(), columns.begin(), columns.end());
  return keys;
}

std::vector<Fact> Cube::facts() const {
  std::vector<Fact> all;
  for (const Measure* measure : measures) {
    for (const Fact fact : measure->facts()) {
      if (std::find(all.begin(), all.end(), fact) == all.end()) all.push_back(fact);
    }
  }
  return all;
}

Result<Cube> parse_cube(const Json& body, TimePoint now) {
  if (auto status = check_fields(body); !status) return fail(status.error());
  Cube cube;
  const auto since = moment(body, "since", "24h", now);
  if (!since) return fail(since.error());
  const auto until = moment(body, "until", "0s", now);
  if (!until) return fail(until.error());
  cube.since = *since;
  cube.until = *until;
  for (const Status& status : {read_measures(body, cube), read_dimensions(body, "rows", cube.rows),
                               read_dimensions(body, "columns", cube.columns),
                               read_rest(body, cube), drill(body, cube), check(cube)}) {
    if (!status) return fail(status.error());
  }
  return cube;
}

Json to_json(const Cube& cube) {
  const auto names = [](const auto& list) {
    auto array = Json::array();
    for (const auto* item : list) array.push_back(item->name);
    return array;
  };
  return {{"measures", names(cube.measures)},
          {"rows", names(cube.rows)},
          {"columns", names(cube.columns)},
          {"where", to_text(cube.filter)},
          {"since", iso8601(cube.since)},
          {"until", iso8601(cube.until)},
          {"rollup", cube.rollup},
          {"limit", cube.limit}};
}

}  // namespace starling::history
