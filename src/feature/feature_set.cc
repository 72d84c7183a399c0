// Implements feature/feature_set.h.
#include "feature/feature_set.h"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>

#include "feature/calendar.h"
#include "feature/rolling.h"

namespace starling {
namespace {

// A workload that stood still until now may still move by a fraction of its size.
constexpr double kScalePerSize = 0.02;

/// Summaries of windows that end anywhere in a range, by their end.
class Windows {
 public:
  Windows(const SeriesView& series, std::size_t length, std::size_t first_end, std::size_t last_end)
      : first_end_(first_end), summaries_(rolling_summaries(series, length, first_end, last_end)) {}

  const WindowSummary& at(std::size_t end) const { return summaries_[end - first_end_]; }

 private:
  std::size_t first_end_;
  std::vector<WindowSummary> summaries_;
};

/// Fills a table column by column; each method adds the columns of one kind, in the order of
/// feature_names().
class TableBuilder {
 public:
  TableBuilder(const SeriesView& series, std::span<const std::size_t> origins,
               const FeatureSpec& spec)
      : series_(series), origins_(origins), spec_(spec) {}

  FeatureTable build() && {
    table_.names = feature_names(spec_);
    table_.columns.reserve(table_.names.size());
    add_targets();
    if (!origins_.empty()) {
      for (const int lag : spec_.lags) add_lag(static_cast<std::size_t>(lag));
      for (const int length : spec_.windows) add_window(static_cast<std::size_t>(length));
      for (const Duration season : spec_.seasons) add_same_time(season);
      add_calendar();
    }
    table_.columns.resize(table_.names.size());
    return std::move(table_);
  }

 private:
  std::size_t target_of(std::size_t origin) const {
    return origin + static_cast<std::size_t>(spec_.horizon) - 1;
  }
  double value(std::size_t i) const { return series_.known(i) ? series_.values[i] : kUnknown; }
  /// s(x) and d(x) of feature_names().
  double scaled(std::size_t row, double x) const {
    return scaled_change(row, x - table_.level[row]);
  }
  double scaled_change(std::size_t row, double x) const {
    return std::asinh(x / table_.scale[row]);
  }

  /// Windows that end at the origins, and up to `reach` steps before the first.
  Windows windows(int length, std::size_t reach) const {
    const std::size_t first_end = origins_.front() - std::min(origins_.front(), reach);
    return {series_, static_cast<std::size_t>(length), first_end, origins_.back()};
  }

  /// A column whose entry is of(row, origin).
  template <typename Of>
  void add_column(Of of) {
    auto& column = table_.columns.emplace_back();
    column.reserve(origins_.size());
    for (std::size_t row = 0; row < origins_.size(); ++row) {
      column.push_back(of(row, origins_[row]));
    }
  }

  void add_targets() {
    if (origins_.empty()) return;
    const Windows recent = windows(spec_.level_window, 0);
    const Windows wide = windows(spec_.scale_window, 0);
    for (const std::size_t origin : origins_) {
      const WindowSummary& about = wide.at(origin);
      const double level = recent.at(origin).known > 0 ? recent.at(origin).mean : about.mean;
      const double scale = about.deviation + kScalePerSize * about.mean_absolute;
      table_.level.push_back(about.known > 0 ? level : 0);
      table_.scale.push_back(scale > 0 ? scale : 1);
      table_.made_at.push_back(series_.time(origin));
      const std::size_t target = target_of(origin);
      table_.known_at.push_back(series_.time(target + 1));
      table_.target.push_back(target < series_.size() ? scaled(table_.target.size(), value(target))
                                                      : kUnknown);
    }
  }

  void add_lag(std::size_t lag) {
    add_column([&](std::size_t row, std::size_t origin) {
      return origin < lag ? kUnknown : scaled(row, value(origin - lag));
    });
  }

  void add_window(std::size_t length) {
    const std::size_t reach = length * static_cast<std::size_t>(std::max(0, spec_.blocks - 1));
    const Windows ending = windows(static_cast<int>(length), reach);
    add_column(
        [&](std::size_t row, std::size_t origin) { return scaled(row, ending.at(origin).mean); });
    add_column([&](std::size_t row, std::size_t origin) {
      return scaled_change(row, ending.at(origin).deviation);
    });
    add_column([&](std::size_t row, std::size_t origin) {
      return scaled_change(row, ending.at(origin).slope * static_cast<double>(length));
    });
    add_column([&](std::size_t, std::size_t origin) { return ending.at(origin).peak_ratio; });
    for (std::size_t back = length; back <= reach; back += length) {
      add_column([&](std::size_t row, std::size_t origin) {
        return origin < back ? kUnknown : scaled(row, ending.at(origin - back).mean);
      });
    }
  }

  void add_same_time(Duration season) {
    const double steps = std::round(seconds(season) / seconds(series_.step));
    const auto period = static_cast<std::size_t>(std::clamp(steps, 0.0, 1e15));
    add_column([&](std::size_t row, std::size_t origin) {
      if (period < 2) return kUnknown;
      const std::size_t ahead = target_of(origin) - origin;
      const std::size_t back = (ahead / period + 1) * period - ahead;
      return origin < back ? kUnknown : scaled(row, value(origin - back));
    });
  }

  void add_calendar() {
    const std::size_t first = table_.columns.size();
    const std::size_t terms = calendar_feature_names(spec_.harmonics).size();
    table_.columns.resize(first + terms, std::vector<double>(origins_.size()));
    for (std::size_t row = 0; row < origins_.size(); ++row) {
      const auto features =
          calendar_features(series_.time(target_of(origins_[row])), spec_.harmonics);
      for (std::size_t k = 0; k < terms; ++k) table_.columns[first + k][row] = features[k];
    }
  }

  const SeriesView& series_;
  std::span<const std::size_t> origins_;
  const FeatureSpec& spec_;
  FeatureTable table_;
};

}  // namespace

std::vector<std::string> feature_names(const FeatureSpec& spec) {
  std::vector<std::string> names;
  for (const int lag : spec.lags) names.push_back(fmt::format("lag_{}", lag));
  for (const int length : spec.windows) {
    for (const char* kind : {"mean", "deviation", "slope", "peak_ratio"}) {
      names.push_back(fmt::format("{}_{}", kind, length));
    }
    for (int back = 1; back < spec.blocks; ++back) {
      names.push_back(fmt::format("mean_{}_back_{}", length, back));
    }
  }
  for (const Duration season : spec.seasons) {
    names.push_back(fmt::format("same_time_{}", seconds(season) / 3600));
  }
  for (std::string& name : calendar_feature_names(spec.harmonics)) names.push_back(std::move(name));
  return names;
}

FeatureTable feature_table(const SeriesView& series, std::span<const std::size_t> origins,
                           const FeatureSpec& spec) {
  assert(series.values.size() == series.present.size() && series.step > Duration::zero());
  assert(std::is_sorted(origins.begin(), origins.end()));
  assert(origins.empty() || origins.back() <= series.size());
  return TableBuilder(series, origins, spec).build();
}

}  // namespace starling
