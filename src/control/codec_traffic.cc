#include "control/codec_traffic.h"

#include <array>

namespace starling::codec {
namespace {

// Sums over a fleet's gateways stay within what a heartbeat may tell (kAmountMax).
constexpr double kRequestsMax = 1e9;

/// Of a sample in a brief report; the last three are the histogram.
constexpr std::array<const char*, 14> kFields{
    "model",         "arrivals",  "completed", "failed",      "rejected",
    "within_slo",    "in_flight", "queued",    "service_sum", "service_square_sum",
    "service_count", "first",     "buckets",   "sum"};

Json write(const LatencyHistogram& h) {
  return {{"first", h.first()}, {"buckets", h.buckets()}, {"sum", h.sum()}};
}

LatencyHistogram read_histogram(const Json& json) {
  const Reader r(json);
  constexpr std::int64_t kBucketMax = 2000;  // of thousands of years
  const auto first = r.count("first", kBucketMax);
  std::vector<std::uint64_t> buckets;
  for (const auto& n : r.list("buckets", static_cast<std::size_t>(kBucketMax + 1 - first))) {
    if (!n.is_number_unsigned()) throw Malformed("histogram: bad bucket");
    buckets.push_back(n.get<std::uint64_t>());
  }
  return LatencyHistogram::from_buckets(static_cast<int>(first), std::move(buckets),
                                        r.amount("sum"));
}

Json write(const TrafficSample& s) {
  return {{"model", s.model},
          {"arrivals", s.arrivals},
          {"completed", s.completed},
          {"failed", s.failed},
          {"rejected", s.rejected},
          {"within_slo", s.within_slo},
          {"in_flight", s.in_flight},
          {"queued", s.queued},
          {"latency", write(s.latency)},
          {"service_sum", s.service_sum_s},
          {"service_square_sum", s.service_square_sum},
          {"service_count", s.service_count}};
}

Json write_brief(const TrafficSample& s) {
  return {s.model,
          s.arrivals,
          s.completed,
          s.failed,
          s.rejected,
          s.within_slo,
          s.in_flight,
          s.queued,
          s.service_sum_s,
          s.service_square_sum,
          s.service_count,
          s.latency.first(),
          s.latency.buckets(),
          s.latency.sum()};
}

TrafficSample read_sample(const Json& json) {
  const Reader r(json);
  TrafficSample s;
  s.model = r.text("model");
  s.arrivals = static_cast<std::uint64_t>(r.count("arrivals"));
  s.completed = static_cast<std::uint64_t>(r.count("completed"));
  s.failed = static_cast<std::uint64_t>(r.count("failed"));
  s.rejected = json.contains("rejected") ? static_cast<std::uint64_t>(r.count("rejected")) : 0;
  s.within_slo = static_cast<std::uint64_t>(r.count("within_slo"));
  s.in_flight = r.amount("in_flight", kRequestsMax);
  s.queued = r.amount("queued", kRequestsMax);
  s.latency = read_histogram(r.at("latency"));
  s.service_sum_s = r.amount("service_sum");
  s.service_square_sum = r.amount("service_square_sum");
  s.service_count = static_cast<std::uint64_t>(r.count("service_count"));
  return s;
}

TrafficSample read_brief(const Json& json) {
  list_of(json, "sample", kFields.size(), kFields.size());
  Json named;
  for (std::size_t i = 0; i < kFields.size(); ++i) named[kFields[i]] = json[i];
  named["latency"] = {
      {"first", named["first"]}, {"buckets", named["buckets"]}, {"sum", named["sum"]}};
  return read_sample(named);
}

}  // namespace

Json write(const TrafficReport& m) {
  Json samples = Json::array();
  for (const auto& sample : m.samples)
    samples.push_back(m.brief ? write_brief(sample) : write(sample));
  return {{"kind", "traffic"},
          {"node", m.node},
          {"second", m.second.time_since_epoch().count()},
          {m.brief ? "lists" : "samples", std::move(samples)}};
}

TrafficReport read_traffic(const Reader& r) {
  TrafficReport report{r.text("node"), r.time("second"), {}, r.has("lists")};
  for (const auto& item : r.list(report.brief ? "lists" : "samples"))
    report.samples.push_back(report.brief ? read_brief(item) : read_sample(item));
  return report;
}

}  // namespace starling::codec
