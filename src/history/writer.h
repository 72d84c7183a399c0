// Turns batches of facts into table rows, with the dimensions' keys.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <tuple>

#include "base/result.h"
#include "history/facts.h"
#include "history/queue.h"
#include "sql/appender.h"
#include "sql/database.h"

namespace starling::history {

/// Writes each batch in one transaction: all of it is there, or nothing. One thread uses it.
class Writer {
 public:
  /// Learns the keys that the file already has, and records the node's own place.
  static Result<Writer> open(sql::Connection connection, const PlaceInfo& own);
  Status write(const Batch& batch);

 private:
  Writer(sql::Connection connection, std::string own_node)
      : connection_(std::move(connection)), own_node_(std::move(own_node)) {}

  Status load_keys();
  Status write_rows(const Batch& batch);
  Status write_usage(const Batch& batch);
  template <typename Fact, typename AppendRows>
  Status write_events(const Batch& batch, const char* table, AppendRows append_rows);
  Status append_forecast(sql::Appender& rows, const ForecastFact& fact);
  Status append_decision(sql::Appender& rows, const DecisionFact& fact);
  Status append_placement(sql::Appender& rows, const PlacementFact& fact);

  Status write_new_keys(const Batch& batch);
  Status learn(const ModelKey& model);
  Status learn(const std::string& node);
  Status set_place(const PlaceInfo& place);
  std::int32_t id(const ModelKey& model) const;
  std::int32_t id(const std::string& node) const;

  sql::Connection connection_;
  std::string own_node_;
  std::map<std::tuple<std::string, std::string, std::string>, std::int32_t> models_;
  std::map<std::string, std::int32_t> places_;
};

}  // namespace starling::history
