#include "apps/cli/demand_chart.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

namespace starling::cli {
namespace {

using Json = nlohmann::json;
using Moment = DemandChart::Moment;

/// "digits  41.2 requests/s, forecast 40.1..52.7, covered 93 % of 120 at 90 %"
std::string title_of(const Json& model) {
  std::string title = fmt::format("{}  {:.1f} requests/s", model.at("name").get<std::string>(),
                                  model.at("arrival_rate").get<double>());
  const Json& f = model.at("forecast");
  if (f.is_null()) return title + ", no forecast yet";
  title += fmt::format(", forecast {:.1f}..{:.1f}", f.at("p50").get<double>(),
                       f.at("p90").get<double>());
  const Json& coverage = f.at("coverage_90");
  if (!coverage.is_number()) return title;
  return title + fmt::format(", covered {:.0f} % of {} at 90 %", 100 * coverage.get<double>(),
                             f.at("coverage_outcomes").get<std::int64_t>());
}

const char* mark_at(const Moment& moment, int row, double unit) {
  const auto row_of = [&](double value) { return static_cast<int>(std::lround(value / unit)); };
  if (row == row_of(moment.rate)) return moment.forecast && moment.rate > moment.high ? "◉" : "●";
  const bool inside = moment.forecast && row >= row_of(moment.low) && row <= row_of(moment.high);
  return inside ? "░" : " ";
}

std::string drawn(const std::deque<Moment>& moments, int rows) {
  double top = 0;
  for (const Moment& m : moments) top = std::max({top, m.rate, m.forecast ? m.high : 0});
  const double unit = top > 0 ? top / (rows - 1) : 1;
  std::string text;
  for (int row = rows - 1; row >= 0; --row) {
    text += fmt::format("{:>9} ┤",
                        row == rows - 1 || row == 0 ? fmt::format("{:.1f}", unit * row) : "");
    for (const Moment& m : moments) text += mark_at(m, row, unit);
    text += '\n';
  }
  return text;
}

}  // namespace

void DemandChart::add(const Json& status) {
  const double now = status.at("time").get<double>();
  if (now < last_s_ + 1) return;
  last_s_ = now;
  std::set<std::string> present;
  for (const Json& model : status.at("models")) {
    const auto name = model.at("name").get<std::string>();
    present.insert(name);
    titles_[name] = title_of(model);
    Moment moment{.rate = model.at("arrival_rate").get<double>()};
    if (const Json& f = model.at("forecast"); !f.is_null()) {
      moment.forecast = true;
      moment.low = f.at("p50").get<double>();
      moment.high = f.at("p90").get<double>();
    }
    auto& moments = moments_[name];
    moments.push_back(moment);
    if (moments.size() > kColumns) moments.pop_front();
  }
  const auto gone = [&](const auto& one) { return !present.contains(one.first); };
  std::erase_if(moments_, gone);
  std::erase_if(titles_, gone);
}

std::string DemandChart::text(int rows) const {
  std::string text;
  for (const auto& [model, moments] : moments_) {
    if (moments.size() < 2) continue;
    text += fmt::format("\n{}\n{}", titles_.at(model), drawn(moments, rows));
  }
  if (text.empty()) return "";
  return text +
         "\n● demand  ░ forecast then for the seconds to come, median to 90 %  ◉ demand above it\n";
}

}  // namespace starling::cli
