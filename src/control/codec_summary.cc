#include "control/codec_summary.h"

#include "control/codec_node.h"

namespace starling::codec {
namespace {

std::int64_t micros(TimePoint t) { return t.time_since_epoch().count(); }

Json write(const SizeSummary& s) {
  return {{"resources", s.size},
          {"recommended", s.recommended},
          {"floor", s.floor},
          {"reason", s.reason}};
}

SizeSummary read_size(const Json& json) {
  const Reader r(json);
  return {read_resources(r.at("resources")), read_resources(r.at("recommended")),
          read_resources(r.at("floor")), r.text("reason")};
}

}  // namespace

Json write(const ModelSummary& s) {
  Json json{{"model", s.model},
            {"policy", s.policy},
            {"desired", s.desired},
            {"rate", s.arrival_rate},
            {"in_flight", s.in_flight},
            {"forecast_p50", s.forecast_p50},
            {"forecast_p90", s.forecast_p90},
            {"forecast_method", s.forecast_method},
            {"forecast_coverage", s.forecast_coverage},
            {"forecast_outcomes", s.forecast_outcomes},
            {"p50", s.latency_p50_s},
            {"p99", s.latency_p99_s},
            {"slo", s.slo_attainment},
            {"cold_start", s.cold_start.count()},
            {"rejected", s.rejected_rate},
            {"service_mean", s.service_mean_s},
            {"service_scv", s.service_scv},
            {"service_occupancy", s.service_occupancy_s},
            {"decided", micros(s.decided)},
            {"reason", s.reason},
            {"short_by", s.short_by},
            {"promised", s.promised},
            {"gains", s.gains},
            {"losses", s.losses},
            {"epoch", s.epoch},
            {"leaving", s.leaving},
            {"unplaced", s.unplaced},
            {"wished", s.wished}};
  if (s.size) json["size"] = write(*s.size);
  if (s.unbudgeted > 0) json["unbudgeted"] = s.unbudgeted;
  if (!s.over_budget.empty()) json["over_budget"] = s.over_budget;
  if (!s.problem.empty()) json["problem"] = s.problem;
  return json;
}

ModelSummary read_summary(const Json& json) {
  const Reader r(json);
  ModelSummary s;
  s.model = r.text("model");
  s.policy = r.text("policy");
  s.desired = static_cast<int>(r.count("desired", 1'000'000));
  s.arrival_rate = r.amount("rate");
  s.in_flight = r.amount("in_flight");
  s.forecast_p50 = r.amount("forecast_p50");
  s.forecast_p90 = r.amount("forecast_p90");
  s.forecast_method = r.text("forecast_method");
  s.forecast_coverage = r.amount("forecast_coverage");
  s.forecast_outcomes = r.count("forecast_outcomes", 1'000'000);
  s.latency_p50_s = r.amount("p50");
  s.latency_p99_s = r.amount("p99");
  s.slo_attainment = r.amount("slo");
  s.cold_start = Duration(r.count("cold_start"));
  s.rejected_rate = r.amount_or_0("rejected");
  s.service_mean_s = r.amount_or_0("service_mean");
  s.service_scv = r.amount_or_0("service_scv");
  s.service_occupancy_s = r.amount_or_0("service_occupancy");
  s.decided = r.time("decided");
  s.reason = r.text("reason");
  if (r.has("short_by")) s.short_by = static_cast<int>(r.count("short_by", 1'000'000));
  if (r.has("promised")) s.promised = static_cast<int>(r.count("promised", 1'000'000));
  if (r.has("gains")) s.gains = r.amounts("gains");
  if (r.has("losses")) s.losses = r.amounts("losses");
  if (r.has("size")) s.size = read_size(r.at("size"));
  s.epoch = r.epoch();
  if (r.has("leaving")) s.leaving = static_cast<int>(r.count("leaving", 1'000'000));
  if (r.has("unplaced")) s.unplaced = static_cast<int>(r.count("unplaced", 1'000'000));
  s.wished = r.has("wished") ? static_cast<int>(r.count("wished", 1'000'000)) : s.desired;
  if (r.has("unbudgeted")) s.unbudgeted = static_cast<int>(r.count("unbudgeted", 1'000'000));
  if (r.has("over_budget")) s.over_budget = r.text("over_budget");
  if (r.has("problem")) s.problem = r.text("problem");
  return s;
}

Json write_summaries(const std::vector<ModelSummary>& summaries) {
  Json list = Json::array();
  for (const auto& summary : summaries) list.push_back(write(summary));
  return list;
}

std::vector<ModelSummary> read_summaries(const Json& list) {
  std::vector<ModelSummary> summaries;
  for (const auto& item : list) summaries.push_back(read_summary(item));
  return summaries;
}

}  // namespace starling::codec
