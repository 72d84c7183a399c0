// Implements apps/agent/warm_start.h.
#include "apps/agent/warm_start.h"

#include "apps/agent/demand_before.sql.h"
#include "base/iso8601.h"

namespace starling::agent {
namespace {

constexpr history::QueryLimits kLimits{
    .rows_max = 200'000, .bytes_max = 16LL << 20, .time_max = Duration(2s)};

}  // namespace

Result<std::size_t> remember_demand(const history::Store& history, TimePoint now, Agent& agent) {
  const TimePoint since = now - std::chrono::seconds(Demand::kSecondsKept);
  const auto past =
      history.query(fmt::format(fmt::runtime(kDemandBeforeSql), fmt::arg("since", iso8601(since)),
                                fmt::arg("until", iso8601(now))),
                    kLimits);
  if (!past) return fail(past.error());
  for (auto row = past->rows.rbegin(); row != past->rows.rend(); ++row) {
    const auto second = std::chrono::seconds((*row)[1].get<std::int64_t>());
    agent.remember((*row)[0].get<std::string>(), TimePoint(second), (*row)[2].get<std::uint64_t>());
  }
  return past->rows.size();
}

}  // namespace starling::agent
