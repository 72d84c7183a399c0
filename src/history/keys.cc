#include "history/keys.h"

#include <algorithm>

#include "history/forget_minutes.sql.h"
#include "history/forget_models.sql.h"
#include "history/set_place.sql.h"
#include "sql/appender.h"

namespace starling::history {
namespace {

/// Calls `row` with each row of a query.
template <typename Row>
Status for_each_row(sql::Connection& connection, const char* statement, Row row) {
  auto rows = connection.query(statement);
  if (!rows) return fail(rows.error());
  for (;;) {
    auto chunk = rows->next();
    if (!chunk) return fail(chunk.error());
    if (!*chunk) return {};
    for (std::size_t i = 0; i < (*chunk)->rows(); ++i) row(**chunk, i);
  }
}

std::int64_t minute_of(TimePoint time) {
  return std::chrono::floor<std::chrono::minutes>(time).time_since_epoch().count();
}

Status append_minute(sql::Appender& rows, TimePoint minute) {
  const auto day = std::chrono::floor<std::chrono::days>(minute);
  const auto hour = std::chrono::floor<std::chrono::hours>(minute);
  const auto weekday = std::chrono::weekday(day).iso_encoding();
  rows.add(minute).add(TimePoint(hour)).add(TimePoint(day));
  rows.add(TimePoint(day - std::chrono::days(weekday - 1)));
  rows.add(static_cast<std::int64_t>((hour - day).count()));
  rows.add(static_cast<std::int64_t>(weekday));
  return rows.end_row();
}

}  // namespace

std::size_t Keys::Hash::operator()(const ModelKey& key) const {
  const std::hash<std::string> hash;
  return (hash(key.model) * 31 + hash(key.tenant)) * 31 + hash(key.version);
}

Status Keys::load(sql::Connection& connection) {
  loaded_ = false;
  models_.clear();
  places_.clear();
  minutes_.clear();
  minutes_wanted_.clear();
  last_minute_ = -1;
  Status status = for_each_row(connection, "SELECT model_id, tenant, model, version FROM dim_model",
                               [&](const sql::Chunk& chunk, std::size_t row) {
                                 const auto text = [&](std::size_t column) {
                                   return std::string(chunk.text(row, column));
                                 };
                                 const auto id = static_cast<std::int32_t>(chunk.integer(row, 0));
                                 models_[ModelKey{text(1), text(2), text(3)}] = id;
                                 next_model_ = std::max(next_model_, id + 1);
                               });
  if (!status) return status;
  status = for_each_row(connection, "SELECT place_id, node FROM dim_place",
                        [&](const sql::Chunk& chunk, std::size_t row) {
                          places_[std::string(chunk.text(row, 1))] =
                              static_cast<std::int32_t>(chunk.integer(row, 0));
                        });
  if (!status) return status;
  status = for_each_row(connection, "SELECT minute FROM dim_time",
                        [&](const sql::Chunk& chunk, std::size_t row) {
                          minutes_.insert(minute_of(chunk.timestamp(row, 0)));
                        });
  loaded_ = status.has_value();
  return status;
}

Result<std::int32_t> Keys::model(sql::Connection& connection, const ModelKey& model) {
  const auto [entry, is_new] = models_.try_emplace(model, next_model_);
  if (!is_new) return entry->second;
  const std::int32_t next = next_model_++;
  auto rows = sql::Appender::open(connection, "dim_model");
  if (!rows) return fail(rows.error());
  Status status = rows->add(next).add(model.tenant).add(model.model).add(model.version).end_row();
  if (status) status = rows->flush();
  if (!status) return fail(status.error());
  return next;
}

Result<std::int32_t> Keys::place(sql::Connection& connection, const std::string& node) {
  const std::string& name = node.empty() ? own_node_ : node;
  const auto known = places_.find(name);
  if (known != places_.end()) return known->second;
  if (Status status = set_place(connection, {.cloud = "", .region = "", .zone = "", .node = name});
      !status) {
    return fail(status.error());
  }
  return places_.at(name);
}

Status Keys::set_place(sql::Connection& connection, const PlaceInfo& place) {
  const auto next = static_cast<std::int32_t>(places_.size() + 1);
  const std::int32_t key = places_.try_emplace(place.node, next).first->second;
  auto rows = connection.query(std::string(kSetPlaceSql), {std::int64_t{key}, place.cloud,
                                                           place.region, place.zone, place.node});
  if (!rows) return fail(rows.error());
  return {};
}

void Keys::minute(TimePoint time) {
  const std::int64_t minute = minute_of(time);
  if (minute == last_minute_) return;
  last_minute_ = minute;
  for (const std::int64_t wanted :
       {minute, minute_of(std::chrono::floor<std::chrono::hours>(time))}) {
    if (minutes_.insert(wanted).second) minutes_wanted_.push_back(wanted);
  }
}

Status Keys::write_minutes(sql::Connection& connection) {
  if (minutes_wanted_.empty()) return {};
  auto rows = sql::Appender::open(connection, "dim_time");
  if (!rows) return fail(rows.error());
  for (const std::int64_t minute : minutes_wanted_) {
    if (Status status = append_minute(*rows, TimePoint(std::chrono::minutes(minute))); !status) {
      return status;
    }
  }
  minutes_wanted_.clear();
  return rows->flush();
}

Status Keys::forget(sql::Connection& connection, TimePoint minutes_since, TimePoint hours_since) {
  auto minutes = connection.query(std::string(kForgetMinutesSql), {minutes_since, hours_since});
  if (!minutes) return fail(minutes.error());
  auto models = connection.query(std::string(kForgetModelsSql));
  if (!models) return fail(models.error());
  return load(connection);
}

}  // namespace starling::history
