// Implements forecast/evaluation/cases.h.
#include "forecast/evaluation/cases.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <iterator>
#include <optional>
#include <unordered_set>

#include "base/csv.h"
#include "base/nearest.h"
#include "forecast/evaluation/text_file.h"

namespace starling {
namespace {

enum Column { kId, kDataset, kWorkload, kStep, kSeason, kHistory, kFuture, kColumns };
const std::vector<std::string> kNames{"id",     "dataset", "workload", "step_s",
                                      "season", "history", "future"};
constexpr double kDaySeconds = 86'400;

/// The column of a case file that each cell of a line belongs to.
using Places = std::array<std::size_t, kColumns>;

Result<Places> places_of(const std::vector<std::string>& header, const std::string& path) {
  Places places{};
  for (std::size_t c = 0; c < kColumns; ++c) {
    const auto found = std::find(header.begin(), header.end(), kNames[c]);
    if (found == header.end()) {
      return fail(ErrorCode::kInvalid,
                  "{}:1: no column '{}'{}; the header must be "
                  "'id,dataset,workload,step_s,season,history,future'",
                  path, kNames[c], did_you_mean(kNames[c], header));
    }
    places[c] = static_cast<std::size_t>(found - header.begin());
  }
  return places;
}

/// A finite number that fills the whole text.
std::optional<double> number(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return std::isfinite(value) ? std::optional(value) : std::nullopt;
}

/// Numbers between `;`. Errors: the first text that is none.
Result<MaskedPoints> points(std::string_view text) {
  MaskedPoints points;
  while (true) {
    const std::size_t end = std::min(text.find(';'), text.size());
    const std::string_view one = text.substr(0, end);
    const auto value = one.empty() ? std::optional(0.0) : number(one);
    if (!value) {
      return fail(ErrorCode::kInvalid,
                  "point {}, '{}', is not a finite number; leave it empty "
                  "where it is missing",
                  points.size() + 1, one.substr(0, 40));
    }
    points.values.push_back(*value);
    points.present.push_back(one.empty() ? 0 : 1);
    if (end == text.size()) return points;
    text.remove_prefix(end + 1);
  }
}

Result<ForecastCase> parse(const std::vector<std::string>& cells, const Places& places) {
  const auto cell = [&](Column column) -> const std::string& { return cells[places[column]]; };
  ForecastCase one;
  one.id = cell(kId);
  one.dataset = cell(kDataset);
  one.workload = cell(kWorkload);
  for (const Column column : {kId, kDataset, kWorkload, kFuture}) {
    if (cell(column).empty()) return fail(ErrorCode::kInvalid, "'{}' is empty", kNames[column]);
  }
  const auto step_s = number(cell(kStep));
  if (!step_s || *step_s < 1e-3 || *step_s > kDaySeconds) {
    return fail(ErrorCode::kInvalid, "step_s '{}': expected seconds between 0.001 and a day",
                cell(kStep));
  }
  one.step = from_seconds(*step_s);
  const auto season = cell(kSeason).empty() ? std::optional(0.0) : number(cell(kSeason));
  if (!season || *season < 0 || *season > 1e8 || *season != std::floor(*season)) {
    return fail(ErrorCode::kInvalid, "season '{}': expected a whole number of steps, 0 for none",
                cell(kSeason));
  }
  one.season = static_cast<int>(*season);
  for (const Column column : {kHistory, kFuture}) {
    auto read = points(cell(column));
    if (!read) return fail(ErrorCode::kInvalid, "{}: {}", kNames[column], read.error().message);
    (column == kHistory ? one.history : one.future) = std::move(*read);
  }
  return one;
}

void append_points(std::string& text, const MaskedPoints& points) {
  for (std::size_t i = 0; i < points.size(); ++i) {
    if (i > 0) text += ';';
    if (points.present[i]) fmt::format_to(std::back_inserter(text), "{}", points.values[i]);
  }
}

}  // namespace

bool MaskedPoints::any_present() const {
  return std::any_of(present.begin(), present.end(), [](std::uint8_t p) { return p != 0; });
}

HistoryView ForecastCase::view() const {
  return {.values = history.values,
          .present = history.present,
          .start = {},
          .step = step,
          .season = season};
}

Result<std::vector<ForecastCase>> read_cases(const std::string& path) {
  auto lines = LineReader::open(path);
  if (!lines) return fail(lines.error());
  auto first = lines->next();
  if (!first) return fail(first.error());
  const auto header = csv_cells(first->value_or(""));
  const auto places = places_of(header, path);
  if (!places) return fail(places.error());

  std::vector<ForecastCase> cases;
  std::unordered_set<std::string> ids;
  while (true) {
    auto line = lines->next();
    if (!line) return fail(line.error());
    if (!*line) break;
    if ((*line)->empty()) continue;
    const auto cells = csv_cells(**line);
    if (cells.size() != header.size()) {
      return fail(ErrorCode::kInvalid, "{}:{}: {} cells, but the header has {}", path,
                  lines->line(), cells.size(), header.size());
    }
    auto one = parse(cells, *places);
    if (!one) {
      return fail(ErrorCode::kInvalid, "{}:{}: {}", path, lines->line(), one.error().message);
    }
    if (!ids.insert(one->id).second) {
      return fail(ErrorCode::kInvalid, "{}:{}: the id '{}' stands in an earlier line too", path,
                  lines->line(), one->id);
    }
    cases.push_back(std::move(*one));
  }
  if (cases.empty()) return fail(ErrorCode::kInvalid, "{}: a header but no cases", path);
  return cases;
}

Status write_cases(const std::string& path, const std::vector<ForecastCase>& cases) {
  for (const ForecastCase& one : cases) {
    if ((one.id + one.dataset + one.workload).find_first_of("\r\n") == std::string::npos) continue;
    return fail(ErrorCode::kInvalid, "{}: case '{}': a name cannot hold a line's end", path,
                one.id);
  }
  std::string text = "id,dataset,workload,step_s,season,history,future\n";
  for (const ForecastCase& one : cases) {
    fmt::format_to(std::back_inserter(text), "{},{},{},{},{},", csv_cell(one.id),
                   csv_cell(one.dataset), csv_cell(one.workload), seconds(one.step), one.season);
    append_points(text, one.history);
    text += ',';
    append_points(text, one.future);
    text += '\n';
  }
  return write_maybe_gzipped(path, text);
}

}  // namespace starling
