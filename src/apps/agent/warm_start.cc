// Implements apps/agent/warm_start.h.
#include "apps/agent/warm_start.h"

#include <chrono>

#include "apps/agent/demand_before.sql.h"
#include "apps/agent/demand_minutes_before.sql.h"
#include "base/iso8601.h"

namespace starling::agent {
namespace {

constexpr Duration kTimeMax = 2s;
constexpr history::QueryLimits kWarmingLimits{
    .rows_max = 210'000, .bytes_max = 32LL << 20, .time_max = kTimeMax};
constexpr int kModelsAtOnce = 20;  // their week is just below what a query may give

TimePoint time_in(const nlohmann::json& row) {
  return TimePoint(std::chrono::seconds(row[1].get<std::int64_t>()));
}

Result<std::size_t> remember_minutes(const history::Store& history, TimePoint since,
                                     TimePoint until, Agent& agent) {
  const auto began = std::chrono::steady_clock::now();
  std::size_t minutes = 0;
  for (int skip = 0; std::chrono::steady_clock::now() - began < kTimeMax; skip += kModelsAtOnce) {
    const auto past = history.query(
        fmt::format(fmt::runtime(kDemandMinutesBeforeSql), fmt::arg("since", iso8601(since)),
                    fmt::arg("until", iso8601(until)), fmt::arg("models", kModelsAtOnce),
                    fmt::arg("skip", skip)),
        kWarmingLimits);
    if (!past) return fail(past.error());
    if (past->rows.empty()) break;
    for (const auto& row : past->rows) {
      agent.remember_minute(row[0].get<std::string>(), time_in(row), row[2].get<std::uint64_t>(),
                            row[3].get<int>());
    }
    minutes += past->rows.size();
  }
  return minutes;
}

Result<std::size_t> remember_seconds(const history::Store& history, TimePoint since,
                                     TimePoint until, Agent& agent) {
  const auto past =
      history.query(fmt::format(fmt::runtime(kDemandBeforeSql), fmt::arg("since", iso8601(since)),
                                fmt::arg("until", iso8601(until))),
                    kWarmingLimits);
  if (!past) return fail(past.error());
  for (auto row = past->rows.rbegin(); row != past->rows.rend(); ++row) {
    agent.remember((*row)[0].get<std::string>(), time_in(*row), (*row)[2].get<std::uint64_t>());
  }
  return past->rows.size();
}

}  // namespace

Result<RememberedDemand> remember_demand(const history::Store& history, TimePoint now,
                                         Agent& agent) {
  // Seconds begin with a whole minute, so that none of them is in a remembered minute too.
  const TimePoint hour =
      std::chrono::floor<std::chrono::minutes>(now - std::chrono::seconds(Demand::kSecondsKept));
  const auto minutes = remember_minutes(
      history, hour - std::chrono::minutes(DemandMinutes::kMinutesKept), hour, agent);
  if (!minutes) return fail(minutes.error());
  const auto seconds = remember_seconds(history, hour, now, agent);
  if (!seconds) return fail(seconds.error());
  return RememberedDemand{*seconds, *minutes};
}

}  // namespace starling::agent
