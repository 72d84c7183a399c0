// Implements apps/lab/forecast_ablate_results.h.
#include "apps/lab/forecast_ablate_results.h"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <optional>

#include "base/file.h"
#include "base/json.h"
#include "base/seed_mean.h"

namespace starling::lab {
namespace {

constexpr std::int64_t kBytesMax = 64 << 20;
constexpr const char* kReference = "network";

Result<AblationCell> parse(const std::string& line, const std::string& settings,
                           const std::string& place) {
  const auto json = parse_json(line);
  const auto holds = [&](const char* key, bool (nlohmann::json::*is)() const noexcept) {
    return json.is_object() && json.contains(key) && (json[key].*is)();
  };
  using Json = nlohmann::json;
  if (!holds("settings", &Json::is_string) || !holds("regime", &Json::is_string) ||
      !holds("method", &Json::is_string) || !holds("seed", &Json::is_number_unsigned) ||
      !holds("relative_wql", &Json::is_number) || !holds("by_set", &Json::is_object)) {
    return fail(ErrorCode::kInvalid,
                "{}: no cell of an ablation; expected settings, regime, method, seed, by_set and "
                "relative_wql. Give another --results file",
                place);
  }
  if (json["settings"] != settings) {
    return fail(
        ErrorCode::kConflict,
        "{}: made with other settings or data ('{}', now '{}'); give another --results file", place,
        json["settings"].get<std::string>(), settings);
  }
  AblationCell cell{.regime = json["regime"],
                    .method = json["method"],
                    .seed = json["seed"],
                    .by_set = {},
                    .relative_wql = json["relative_wql"]};
  for (const auto& [set, figure] : json["by_set"].items()) {
    if (figure.is_number()) cell.by_set[set] = figure;
  }
  return cell;
}

/// Of one method in one regime, by seed.
using BySeed = std::map<std::uint64_t, const AblationCell*>;
using Grid = std::map<std::string, std::map<std::string, BySeed>>;  // regime, method

Grid grid_of(const std::vector<AblationCell>& cells) {
  Grid grid;
  for (const AblationCell& cell : cells) grid[cell.regime][cell.method][cell.seed] = &cell;
  return grid;
}

/// In the order in which they were first finished.
std::vector<std::string> regimes_of(const std::vector<AblationCell>& cells) {
  std::vector<std::string> regimes;
  for (const AblationCell& cell : cells) {
    const bool known = std::find(regimes.begin(), regimes.end(), cell.regime) != regimes.end();
    if (!known) regimes.push_back(cell.regime);
  }
  return regimes;
}

SeedMean relative(const BySeed& cells) {
  std::vector<double> values;
  for (const auto& [seed, cell] : cells) values.push_back(cell->relative_wql);
  return seed_mean(values);
}

/// In per cent of the reference with the same seed; no seeds where none has both.
SeedMean change(const BySeed& cells, const BySeed& reference) {
  std::vector<double> values;
  for (const auto& [seed, cell] : cells) {
    const auto other = reference.find(seed);
    if (other == reference.end()) continue;
    values.push_back(100 * (cell->relative_wql / other->second->relative_wql - 1));
  }
  return seed_mean(values);
}

std::string shown(const SeedMean& mean, const char* form) {
  if (mean.seeds == 0) return "-";
  const std::string number = fmt::format(fmt::runtime(form), mean.mean);
  if (mean.seeds == 1) return number + " (1)";
  return fmt::format(
      "{} ±{} ({})", number,
      fmt::format(fmt::runtime(form == std::string("{:+.1f}") ? "{:.1f}" : form), mean.half_width),
      mean.seeds);
}

using Rows = std::vector<std::vector<std::string>>;

/// Columns as wide as their widest cell; "±" is one place in three bytes less two.
std::string laid_out(const Rows& rows, bool markdown) {
  const auto width_of = [](const std::string& text) {
    return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
      return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
    }));
  };
  std::vector<std::size_t> widths(rows.front().size(), 0);
  for (const auto& row : rows) {
    for (std::size_t c = 0; c < row.size(); ++c) widths[c] = std::max(widths[c], width_of(row[c]));
  }
  std::string text;
  for (std::size_t r = 0; r < rows.size(); ++r) {
    for (std::size_t c = 0; c < rows[r].size(); ++c) {
      text += markdown ? "| " : c > 0 ? "  " : "";
      text += rows[r][c] + std::string(widths[c] - width_of(rows[r][c]) + (markdown ? 1 : 0), ' ');
    }
    text += markdown ? "|\n" : "\n";
    if (!markdown || r > 0) continue;
    for (std::size_t c = 0; c < widths.size(); ++c) text += "|---";
    text += "|\n";
  }
  return text;
}

nlohmann::json interval(const SeedMean& mean) {
  if (mean.seeds < 2) return nullptr;
  return {mean.mean - mean.half_width, mean.mean + mean.half_width};
}

}  // namespace

Result<AblationResults> AblationResults::open(const std::filesystem::path& path,
                                              const std::string& settings) {
  AblationResults results;
  results.path_ = path;
  results.settings_ = settings;
  if (auto writable = check_writable(path); !writable) return fail(writable.error());
  if (!std::filesystem::exists(path)) return results;
  auto bytes = read_file(path, kBytesMax);
  if (!bytes) return fail(bytes.error());
  const std::size_t whole = bytes->rfind('\n') == std::string::npos ? 0 : bytes->rfind('\n') + 1;
  if (whole < bytes->size()) {
    bytes->resize(whole);
    if (auto cut = write_file_atomically(path, *bytes); !cut) return fail(cut.error());
  }
  int number = 0;
  for (std::size_t begin = 0; begin < bytes->size();) {
    const std::size_t end = bytes->find('\n', begin);
    auto cell = parse(bytes->substr(begin, end - begin), settings,
                      fmt::format("{}:{}", path.string(), ++number));
    if (!cell) return fail(cell.error());
    results.cells_.push_back(std::move(*cell));
    begin = end + 1;
  }
  return results;
}

bool AblationResults::contains(const std::string& regime, const std::string& method,
                               std::uint64_t seed) const {
  return std::any_of(cells_.begin(), cells_.end(), [&](const AblationCell& cell) {
    return cell.regime == regime && cell.method == method && cell.seed == seed;
  });
}

Status AblationResults::add(const AblationCell& cell) {
  const nlohmann::json json{{"settings", settings_}, {"regime", cell.regime},
                            {"method", cell.method}, {"seed", cell.seed},
                            {"by_set", cell.by_set}, {"relative_wql", cell.relative_wql}};
  std::ofstream file(path_, std::ios::app);
  file << json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) << '\n';
  file.flush();
  if (!file) {
    return fail(ErrorCode::kInternal, "{}: cannot be written; is the folder there, and room on it?",
                path_.string());
  }
  cells_.push_back(cell);
  return {};
}

std::string ablation_tables(const std::vector<AblationCell>& cells, bool markdown) {
  const Grid grid = grid_of(cells);
  const auto regimes = regimes_of(cells);
  Rows relative_rows{{"WQL RELATIVE TO NAIVE"}}, change_rows{{"CHANGE AGAINST NETWORK, %"}};
  for (Rows* rows : {&relative_rows, &change_rows}) {
    rows->front().insert(rows->front().end(), regimes.begin(), regimes.end());
  }
  for (const std::string& method : ablation_methods()) {
    auto& of_relative = relative_rows.emplace_back(1, method);
    auto& of_change = change_rows.emplace_back(1, method);
    for (const std::string& regime : regimes) {
      const auto& by_method = grid.at(regime);
      const auto found = by_method.find(method), reference = by_method.find(kReference);
      const bool here = found != by_method.end();
      of_relative.push_back(shown(here ? relative(found->second) : SeedMean{}, "{:.3f}"));
      const bool both = here && reference != by_method.end();
      of_change.push_back(
          shown(both ? change(found->second, reference->second) : SeedMean{}, "{:+.1f}"));
    }
  }
  return laid_out(relative_rows, markdown) + "\n" + laid_out(change_rows, markdown);
}

nlohmann::json ablation_json(const std::vector<AblationCell>& cells) {
  nlohmann::json regimes = nlohmann::json::object();
  for (const auto& [regime, by_method] : grid_of(cells)) {
    nlohmann::json& rows = regimes[regime] = nlohmann::json::array();
    const auto reference = by_method.find(kReference);
    for (const std::string& method : ablation_methods()) {
      const auto found = by_method.find(method);
      if (found == by_method.end()) continue;
      const SeedMean mean = relative(found->second);
      nlohmann::json row{{"method", method},
                         {"seeds", mean.seeds},
                         {"relative_wql", mean.mean},
                         {"relative_wql_ci", interval(mean)}};
      if (reference != by_method.end()) {
        const SeedMean against = change(found->second, reference->second);
        row["change_percent"] = against.mean;
        row["change_percent_ci"] = interval(against);
      }
      std::map<std::string, std::vector<double>> by_set;
      for (const auto& [seed, cell] : found->second) {
        for (const auto& [set, figure] : cell->by_set) by_set[set].push_back(figure);
      }
      for (const auto& [set, figures] : by_set) row["by_set"][set] = seed_mean(figures).mean;
      rows.push_back(std::move(row));
    }
  }
  return {{"regimes", std::move(regimes)}};
}

}  // namespace starling::lab
