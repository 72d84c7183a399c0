// Facts as rows of their tables, column by column in the order of history_tables.sql.
#pragma once

#include <cstdint>

#include "base/result.h"
#include "history/facts.h"
#include "sql/appender.h"

namespace starling::history {

/// The dimensions of a fact; a fact without a model ignores it.
struct RowKeys {
  std::int32_t model = 0;
  std::int32_t place = 0;
};

// One fact is one row, but for a forecast, which is one a step.
Status append(sql::Appender& rows, const UsageFact& fact, RowKeys keys);
Status append(sql::Appender& rows, const DemandFact& fact, RowKeys keys);
Status append(sql::Appender& rows, const ForecastFact& fact, RowKeys keys);
Status append(sql::Appender& rows, const DecisionFact& fact, RowKeys keys);
Status append(sql::Appender& rows, const ShadowFact& fact, RowKeys keys);
Status append(sql::Appender& rows, const BidFact& fact, RowKeys keys);
Status append(sql::Appender& rows, const PlacementFact& fact, RowKeys keys);
Status append(sql::Appender& rows, const CostFact& fact, RowKeys keys);
Status append(sql::Appender& rows, const HealthFact& fact, RowKeys keys);

/// The buckets of a usage fact's histogram that are not empty, under `time`: for fact_latency, and
/// for its tiers with the start of the minute or hour.
Status append_latency(sql::Appender& rows, TimePoint time, const UsageFact& fact, RowKeys keys);

// One fact as a partial row of its tier, `time` being the start of the minute or hour.
Status append_partial(sql::Appender& rows, TimePoint time, const UsageFact& fact, RowKeys keys);
Status append_partial(sql::Appender& rows, TimePoint time, const DemandFact& fact, RowKeys keys);
Status append_partial(sql::Appender& rows, TimePoint time, const CostFact& fact, RowKeys keys);
Status append_partial(sql::Appender& rows, TimePoint time, const HealthFact& fact, RowKeys keys);

}  // namespace starling::history
