// The keys of the dimensions: which model, place and minute has a row already, and new rows for
// those without.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "base/result.h"
#include "history/facts.h"
#include "sql/database.h"

namespace starling::history {

/// Learning writes the dimension's row within the connection's transaction; after a rollback
/// load() again. One thread uses it.
class Keys {
 public:
  explicit Keys(std::string own_node) : own_node_(std::move(own_node)) {}

  /// Reads what the file has. After an error nothing may be looked up: is_loaded().
  Status load(sql::Connection& connection);
  bool is_loaded() const { return loaded_; }
  /// The model's key, new if need be.
  Result<std::int32_t> model(sql::Connection& connection, const ModelKey& model);
  /// The node's key; an empty name is the store's own node. A node never heard of gets a row
  /// without cloud, region and zone until set_place().
  Result<std::int32_t> place(sql::Connection& connection, const std::string& node);
  Status set_place(sql::Connection& connection, const PlaceInfo& place);
  /// Wants dim_time to have the minute of `time`, and the minute that its hour begins with, which
  /// the hour tiers refer to.
  void minute(TimePoint time);
  /// Writes the rows that minute() found missing: an appender a batch, not one a minute.
  Status write_minutes(sql::Connection& connection);
  /// Drops minutes before `minutes_since`, those that begin an hour only before `hours_since`, and
  /// the models that no fact and no tier names any more.
  Status forget(sql::Connection& connection, TimePoint minutes_since, TimePoint hours_since);

 private:
  struct Hash {
    std::size_t operator()(const ModelKey& key) const;
  };

  std::string own_node_;
  bool loaded_ = false;
  std::unordered_map<ModelKey, std::int32_t, Hash> models_;
  std::int32_t next_model_ = 1;  // never one that was used before: readers may still see that
  std::unordered_map<std::string, std::int32_t> places_;
  std::unordered_set<std::int64_t> minutes_;  // since the Unix epoch
  std::vector<std::int64_t> minutes_wanted_;  // in minutes_, not yet in the table
  std::int64_t last_minute_ = -1;             // most facts are of the same minute as the one before
};

}  // namespace starling::history
