#include "history/writer.h"

#include <optional>
#include <type_traits>

namespace starling::history {
namespace {

sql::Appender& add(sql::Appender& rows, const std::optional<double>& value) {
  return value ? rows.add(*value) : rows.add(nullptr);
}

const char* name_of(PlacementFact::Event event) {
  switch (event) {
    case PlacementFact::Event::kStart:
      return "start";
    case PlacementFact::Event::kReady:
      return "ready";
    case PlacementFact::Event::kStop:
      return "stop";
    case PlacementFact::Event::kFail:
      return "fail";
  }
  return "";
}

auto tuple_of(const ModelKey& key) { return std::tuple(key.tenant, key.model, key.version); }

}  // namespace

Result<Writer> Writer::open(sql::Connection connection, const PlaceInfo& own) {
  Writer writer(std::move(connection), own.node);
  if (Status status = writer.load_keys(); !status) return fail(status.error());
  if (Status status = writer.set_place(own); !status) return fail(status.error());
  return writer;
}

Status Writer::load_keys() {
  models_.clear();
  places_.clear();
  auto models = connection_.query("SELECT model_id, tenant, model, version FROM dim_model");
  if (!models) return fail(models.error());
  for (auto chunk = models->next();; chunk = models->next()) {
    if (!chunk) return fail(chunk.error());
    if (!*chunk) break;
    for (std::size_t row = 0; row < (*chunk)->rows(); ++row) {
      const auto text = [&](std::size_t column) {
        return std::string((*chunk)->text(row, column));
      };
      models_[{text(1), text(2), text(3)}] = static_cast<std::int32_t>((*chunk)->integer(row, 0));
    }
  }
  auto places = connection_.query("SELECT place_id, node FROM dim_place");
  if (!places) return fail(places.error());
  for (auto chunk = places->next();; chunk = places->next()) {
    if (!chunk) return fail(chunk.error());
    if (!*chunk) return {};
    for (std::size_t row = 0; row < (*chunk)->rows(); ++row) {
      places_[std::string((*chunk)->text(row, 1))] =
          static_cast<std::int32_t>((*chunk)->integer(row, 0));
    }
  }
}

Status Writer::write(const Batch& batch) {
  if (batch.empty()) return {};
  if (Status status = connection_.execute("BEGIN TRANSACTION"); !status) return status;
  Status status = write_rows(batch);
  if (status) status = connection_.execute("COMMIT");
  if (status) return status;
  // The keys that this batch brought are gone with its rows.
  static_cast<void>(connection_.execute("ROLLBACK"));
  if (Status reloaded = load_keys(); !reloaded) return reloaded;
  return status;
}

Status Writer::write_rows(const Batch& batch) {
  if (Status status = write_new_keys(batch); !status) return status;
  if (Status status = write_usage(batch); !status) return status;
  if (Status status = write_events<ForecastFact>(batch, "fact_forecast", &Writer::append_forecast);
      !status) {
    return status;
  }
  if (Status status = write_events<DecisionFact>(batch, "fact_decision", &Writer::append_decision);
      !status) {
    return status;
  }
  return write_events<PlacementFact>(batch, "fact_placement", &Writer::append_placement);
}

Status Writer::write_usage(const Batch& batch) {
  if (batch.usage.empty()) return {};
  auto rows = sql::Appender::open(connection_, "fact_usage");
  if (!rows) return fail(rows.error());
  for (const UsageFact& fact : batch.usage) {
    rows->add(fact.time).add(id(fact.model)).add(id(fact.node));
    rows->add(fact.arrivals).add(fact.completed).add(fact.failed);
    rows->add(fact.in_flight).add(fact.queued);
    add(*rows, fact.latency_mean_ms);
    add(*rows, fact.latency_p50_ms);
    add(*rows, fact.latency_p95_ms);
    add(*rows, fact.latency_p99_ms);
    add(rows->add(fact.replicas_ready), fact.cpu_cores);
    if (Status status = rows->end_row(); !status) return status;
  }
  return rows->flush();
}

template <typename Fact, typename AppendRows>
Status Writer::write_events(const Batch& batch, const char* table, AppendRows append_rows) {
  std::optional<sql::Appender> rows;
  for (const Event& event : batch.events) {
    const Fact* fact = std::get_if<Fact>(&event);
    if (fact == nullptr) continue;
    if (!rows) {
      auto opened = sql::Appender::open(connection_, table);
      if (!opened) return fail(opened.error());
      rows.emplace(std::move(*opened));
    }
    if (Status status = (this->*append_rows)(*rows, *fact); !status) return status;
  }
  return rows ? rows->flush() : Status{};
}

Status Writer::append_forecast(sql::Appender& rows, const ForecastFact& fact) {
  TimePoint target = fact.origin;
  for (const ForecastQuantiles& quantiles : fact.steps) {
    rows.add(fact.origin).add(target).add(id(fact.model)).add(id(fact.node));
    rows.add(seconds(fact.step)).add(fact.method);
    for (const double quantile : quantiles) rows.add(quantile);
    if (Status status = rows.end_row(); !status) return status;
    target += fact.step;
  }
  return {};
}

Status Writer::append_decision(sql::Appender& rows, const DecisionFact& fact) {
  rows.add(fact.time).add(id(fact.model)).add(id(fact.node));
  rows.add(fact.policy).add(fact.shadow).add(fact.desired).add(fact.current);
  rows.add(fact.reason).add(fact.planned_rate).add(fact.guards_json).add(fact.candidates_json);
  rows.add(fact.arrival_rate).add(fact.in_flight).add(fact.queued).add(fact.utilization);
  rows.add(fact.ready).add(fact.starting).add(fact.cold_start_s);
  return rows.end_row();
}

Status Writer::append_placement(sql::Appender& rows, const PlacementFact& fact) {
  rows.add(fact.time).add(fact.replica).add(id(fact.model)).add(id(fact.node));
  add(rows.add(name_of(fact.event)), fact.cold_start_s);
  rows.add(fact.detail);
  return rows.end_row();
}

Status Writer::write_new_keys(const Batch& batch) {
  for (const UsageFact& fact : batch.usage) {
    if (Status status = learn(fact.model); !status) return status;
    if (Status status = learn(fact.node); !status) return status;
  }
  for (const Event& event : batch.events) {
    const Status status = std::visit(
        [&](const auto& fact) -> Status {
          if constexpr (std::is_same_v<std::decay_t<decltype(fact)>, PlaceInfo>) {
            return set_place(fact);
          } else {
            if (Status learned = learn(fact.model); !learned) return learned;
            return learn(fact.node);
          }
        },
        event);
    if (!status) return status;
  }
  return {};
}

Status Writer::learn(const ModelKey& model) {
  const auto next = static_cast<std::int32_t>(models_.size() + 1);
  if (!models_.try_emplace(tuple_of(model), next).second) return {};
  auto rows = sql::Appender::open(connection_, "dim_model");
  if (!rows) return fail(rows.error());
  const Status row =
      rows->add(next).add(model.tenant).add(model.model).add(model.version).end_row();
  return row ? rows->flush() : row;
}

Status Writer::learn(const std::string& node) {
  if (node.empty() || places_.contains(node)) return {};
  return set_place(PlaceInfo{.cloud = "", .region = "", .zone = "", .node = node});
}

Status Writer::set_place(const PlaceInfo& place) {
  const auto next = static_cast<std::int32_t>(places_.size() + 1);
  const std::int32_t key = places_.try_emplace(place.node, next).first->second;
  auto rows = connection_.query(
      "INSERT INTO dim_place VALUES ($1, $2, $3, $4, $5) ON CONFLICT (place_id) "
      "DO UPDATE SET cloud = excluded.cloud, region = excluded.region, zone = excluded.zone",
      {std::int64_t{key}, place.cloud, place.region, place.zone, place.node});
  if (!rows) return fail(rows.error());
  return {};
}

std::int32_t Writer::id(const ModelKey& model) const { return models_.at(tuple_of(model)); }

std::int32_t Writer::id(const std::string& node) const {
  return places_.at(node.empty() ? own_node_ : node);
}

}  // namespace starling::history
