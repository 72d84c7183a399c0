#include "history/keys.h"

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

Status append_minute(sql::Connection& connection, TimePoint minute) {
  const auto day = std::chrono::floor<std::chrono::days>(minute);
  const auto hour = std::chrono::floor<std::chrono::hours>(minute);
  const auto weekday = std::chrono::weekday(day).iso_encoding();
  auto rows = sql::Appender::open(connection, "dim_time");
  if (!rows) return fail(rows.error());
  rows->add(minute).add(TimePoint(hour)).add(TimePoint(day));
  rows->add(TimePoint(day - std::chrono::days(weekday - 1)));
  rows->add(static_cast<std::int64_t>((hour - day).count()));
  rows->add(static_cast<std::int64_t>(weekday));
  if (Status status = rows->end_row(); !status) return status;
  return rows->flush();
}

}  // namespace

std::size_t Keys::Hash::operator()(const ModelKey& key) const {
  const std::hash<std::string> hash;
  return (hash(key.model) * 31 + hash(key.tenant)) * 31 + hash(key.version);
}

Status Keys::load(sql::Connection& connection) {
  models_.clear();
  places_.clear();
  minutes_.clear();
  last_minute_ = -1;
  Status status = for_each_row(connection, "SELECT model_id, tenant, model, version FROM dim_model",
                               [&](const sql::Chunk& chunk, std::size_t row) {
                                 const auto text = [&](std::size_t column) {
                                   return std::string(chunk.text(row, column));
                                 };
                                 models_[ModelKey{text(1), text(2), text(3)}] =
                                     static_cast<std::int32_t>(chunk.integer(row, 0));
                               });
  if (!status) return status;
  status = for_each_row(connection, "SELECT place_id, node FROM dim_place",
                        [&](const sql::Chunk& chunk, std::size_t row) {
                          places_[std::string(chunk.text(row, 1))] =
                              static_cast<std::int32_t>(chunk.integer(row, 0));
                        });
  if (!status) return status;
  return for_each_row(connection, "SELECT minute FROM dim_time",
                      [&](const sql::Chunk& chunk, std::size_t row) {
                        minutes_.insert(minute_of(chunk.timestamp(row, 0)));
                      });
}

Result<std::int32_t> Keys::model(sql::Connection& connection, const ModelKey& model) {
  const auto next = static_cast<std::int32_t>(models_.size() + 1);
  const auto [entry, is_new] = models_.try_emplace(model, next);
  if (!is_new) return entry->second;
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
  auto rows = connection.query(
      "INSERT INTO dim_place VALUES ($1, $2, $3, $4, $5) ON CONFLICT (place_id) "
      "DO UPDATE SET cloud = excluded.cloud, region = excluded.region, zone = excluded.zone",
      {std::int64_t{key}, place.cloud, place.region, place.zone, place.node});
  if (!rows) return fail(rows.error());
  return {};
}

Status Keys::minute(sql::Connection& connection, TimePoint time) {
  const std::int64_t minute = minute_of(time);
  if (minute == last_minute_) return {};
  last_minute_ = minute;
  for (const std::int64_t wanted :
       {minute, minute_of(std::chrono::floor<std::chrono::hours>(time))}) {
    if (!minutes_.insert(wanted).second) continue;
    const Status status = append_minute(connection, TimePoint(std::chrono::minutes(wanted)));
    if (!status) return status;
  }
  return {};
}

Status Keys::forget_minutes(sql::Connection& connection, TimePoint minutes_since,
                            TimePoint hours_since) {
  auto rows =
      connection.query("DELETE FROM dim_time WHERE minute < $1 AND (minute <> hour OR minute < $2)",
                       {minutes_since, hours_since});
  if (!rows) return fail(rows.error());
  const std::int64_t minutes_end = minute_of(minutes_since);
  const std::int64_t hours_end = minute_of(hours_since);
  std::erase_if(minutes_, [&](std::int64_t minute) {
    return minute < minutes_end && (minute % 60 != 0 || minute < hours_end);
  });
  last_minute_ = -1;
  return {};
}

}  // namespace starling::history
