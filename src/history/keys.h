// The keys of the dimensions: which model, place and minute has a row already, and new rows for
// those without.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <unordered_set>

#include "base/result.h"
#include "history/facts.h"
#include "sql/database.h"

namespace starling::history {

/// Learning writes the dimension's row within the connection's transaction; after a rollback
/// load() again. One thread uses it.
class Keys {
 public:
  explicit Keys(std::string own_node) : own_node_(std::move(own_node)) {}

  /// Reads what the file has.
  Status load(sql::Connection& connection);
  /// The model's key, new if need be.
  Result<std::int32_t> model(sql::Connection& connection, const ModelKey& model);
  /// The node's key; an empty name is the store's own node. A node never heard of gets a row
  /// without cloud, region and zone until set_place().
  Result<std::int32_t> place(sql::Connection& connection, const std::string& node);
  Status set_place(sql::Connection& connection, const PlaceInfo& place);
  /// Sees to it that dim_time has the minute of `time`, and the minute that its hour begins with,
  /// which the hour tiers refer to.
  Status minute(sql::Connection& connection, TimePoint time);
  /// Drops minutes before `minutes_since`, those that begin an hour only before `hours_since`.
  Status forget_minutes(sql::Connection& connection, TimePoint minutes_since,
                        TimePoint hours_since);

 private:
  struct Hash {
    std::size_t operator()(const ModelKey& key) const;
  };

  std::string own_node_;
  std::unordered_map<ModelKey, std::int32_t, Hash> models_;
  std::unordered_map<std::string, std::int32_t> places_;
  std::unordered_set<std::int64_t> minutes_;  // since the Unix epoch
  std::int64_t last_minute_ = -1;             // most facts are of the same minute as the one before
};

}  // namespace starling::history
