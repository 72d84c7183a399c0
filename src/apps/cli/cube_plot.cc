#include "apps/cli/cube_plot.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <string_view>
#include <vector>

#include "apps/cli/cube_table.h"
#include "base/iso8601.h"
#include "plot/charts.h"
#include "plot/page.h"

namespace starling::cli {
namespace {

using Json = nlohmann::json;

constexpr std::array<std::string_view, 5> kTimes{"second", "minute", "hour", "day", "week"};

bool is_time(const Json& dimensions) {
  return dimensions.size() == 1 &&
         std::find(kTimes.begin(), kTimes.end(), dimensions[0].get<std::string>()) != kTimes.end();
}

bool has_all(const Json& keys) {
  return std::any_of(keys.begin(), keys.end(), [](const Json& key) { return key.is_null(); });
}

std::string label(const Json& keys) {
  std::string text;
  for (const Json& key : keys) text += (text.empty() ? "" : " / ") + cube_key(key);
  return text.empty() ? "all" : text;
}

double value(const Json& json) {
  return json.is_null() ? std::numeric_limits<double>::quiet_NaN() : json.get<double>();
}

double unix_time(const Json& key) { return unix_seconds(*parse_iso8601(key.get<std::string>())); }

/// One measure's values without subtotals: cells[row][column].
struct Grid {
  std::vector<Json> rows, columns;  // keys
  std::vector<std::vector<double>> cells;
};

Grid grid_of(const Json& answer, std::size_t measure) {
  Grid grid;
  std::vector<std::size_t> shown;
  for (std::size_t c = 0; c < answer.at("column_keys").size(); ++c) {
    const Json& keys = answer.at("column_keys")[c];
    if (has_all(keys)) continue;
    shown.push_back(c);
    grid.columns.push_back(keys);
  }
  for (const Json& row : answer.at("table")) {
    if (has_all(row.at("keys"))) continue;
    grid.rows.push_back(row.at("keys"));
    auto& cells = grid.cells.emplace_back();
    for (const std::size_t c : shown) cells.push_back(value(row.at("values")[c][measure]));
  }
  return grid;
}

Json chart_of(const Json& answer, const Grid& grid, const std::string& title) {
  if (is_time(answer.at("columns"))) {
    LineChart chart;
    chart.x_axis.time = true;
    chart.y_axis.title = title;
    for (const Json& keys : grid.columns) chart.x.push_back(unix_time(keys[0]));
    for (std::size_t r = 0; r < grid.rows.size(); ++r)
      chart.lines.push_back({label(grid.rows[r]), grid.cells[r]});
    return line_chart(chart);
  }
  if (!answer.at("columns").empty()) {
    HeatMap map;
    map.value_title = title;
    for (const Json& keys : grid.columns) map.columns.push_back(label(keys));
    for (const Json& keys : grid.rows) map.rows.push_back(label(keys));
    map.cells = grid.cells;
    return heat_map(map);
  }
  if (is_time(answer.at("rows"))) {
    LineChart chart;
    chart.x_axis.time = true;
    chart.y_axis.title = title;
    Line line{title, {}};
    for (std::size_t r = 0; r < grid.rows.size(); ++r) {
      chart.x.push_back(unix_time(grid.rows[r][0]));
      line.y.push_back(grid.cells[r][0]);
    }
    chart.lines.push_back(line);
    return line_chart(chart);
  }
  BarChart chart;
  chart.x_axis.title = title;
  chart.lying = true;
  for (std::size_t r = 0; r < grid.rows.size(); ++r) {
    chart.names.push_back(label(grid.rows[r]));
    chart.values.push_back(grid.cells[r][0]);
  }
  return bar_chart(chart);
}

}  // namespace

Result<std::string> cube_page(const Json& answer, const std::string& question) {
  Page page("Starling cube", question);
  for (std::size_t m = 0; m < answer.at("measures").size(); ++m) {
    const std::string name = answer.at("measures")[m].at("name");
    const Grid grid = grid_of(answer, m);
    const std::string title =
        fmt::format("{} ({})", name, answer.at("measures")[m].at("unit").get<std::string>());
    if (grid.rows.empty()) {
      page.add({name, "nothing was recorded in this part of the history"});
    } else {
      page.add({name, "", chart_of(answer, grid, title)});
    }
  }
  return page.html();
}

}  // namespace starling::cli
