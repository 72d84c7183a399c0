#include "control/codec_traffic.h"

namespace starling::codec {
namespace {

Json write(const LatencyHistogram& h) {
  return {{"first", h.first()}, {"buckets", h.buckets()}, {"sum", h.sum()}};
}

LatencyHistogram read_histogram(const Json& json) {
  const Reader r(json);
  constexpr int kBucketMax = 2000;
  std::vector<std::uint64_t> buckets;
  for (const auto& n : r.list("buckets")) {
    if (!n.is_number_unsigned() || buckets.size() > kBucketMax)
      throw Malformed("histogram: bad bucket");
    buckets.push_back(n.get<std::uint64_t>());
  }
  return LatencyHistogram::from_buckets(static_cast<int>(r.count("first", kBucketMax)),
                                        std::move(buckets), r.amount("sum"));
}

}  // namespace

Json write_sample(const TrafficSample& s) {
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

TrafficSample read_sample(const Json& json) {
  const Reader r(json);
  TrafficSample s;
  s.model = r.text("model");
  s.arrivals = static_cast<std::uint64_t>(r.count("arrivals"));
  s.completed = static_cast<std::uint64_t>(r.count("completed"));
  s.failed = static_cast<std::uint64_t>(r.count("failed"));
  s.rejected = json.contains("rejected") ? static_cast<std::uint64_t>(r.count("rejected")) : 0;
  s.within_slo = static_cast<std::uint64_t>(r.count("within_slo"));
  s.in_flight = r.amount("in_flight");
  s.queued = r.amount("queued");
  s.latency = read_histogram(r.at("latency"));
  s.service_sum_s = r.amount("service_sum");
  s.service_square_sum = r.amount("service_square_sum");
  s.service_count = static_cast<std::uint64_t>(r.count("service_count"));
  return s;
}

}  // namespace starling::codec
