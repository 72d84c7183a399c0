#include "control/codec_handover.h"

#include <cmath>

#include "control/codec_node.h"
#include "control/demand.h"

namespace starling::codec {
namespace {

constexpr std::int64_t kUnixMinutesMax = kCountMax / 60'000'000;
constexpr std::int64_t kUnixSecondsMax = kCountMax / 1'000'000;
constexpr std::size_t kMinutesMax = static_cast<std::size_t>(DemandMinutes::kMinutesKept);
constexpr std::size_t kSecondsMax = Demand::kSecondsKept;
constexpr std::size_t kBucketsMax = 1000;
constexpr std::int64_t kArrivalsMax = 1'000'000'000'000;
constexpr int kWholeMinute = 60;

std::string to_hex(const std::string& bytes) {
  std::string hex;
  for (const char c : bytes) hex += fmt::format("{:02x}", static_cast<unsigned char>(c));
  return hex;
}

int digit_of(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  throw Malformed("field 'film': expected hexadecimal digits");
}

std::string read_film(const Json& json) {
  constexpr std::size_t kDigitsMax = 2 * Handover::kFilmBytesMax;
  if (!json.is_string()) throw Malformed("field 'film': expected hexadecimal digits");
  const auto& hex = json.get_ref<const std::string&>();
  if (hex.size() > kDigitsMax || hex.size() % 2 != 0)
    throw Malformed(fmt::format("field 'film': expected at most {} digits, in pairs", kDigitsMax));
  std::string bytes;
  for (std::size_t i = 0; i < hex.size(); i += 2)
    bytes += static_cast<char>(16 * digit_of(hex[i]) + digit_of(hex[i + 1]));
  return bytes;
}

/// A number of arrivals, or −1 for unknown.
std::int64_t read_arrivals(const Json& json, const char* what) {
  if (!json.is_number_integer() || json.get<std::int64_t>() < DemandPast::kUnknown ||
      json.get<std::int64_t>() > kArrivalsMax)
    throw Malformed(fmt::format("{}: expected whole numbers from -1 to {}", what, kArrivalsMax));
  return json.get<std::int64_t>();
}

/// Minutes that are known in part are told apart, as they are few.
Json write(const DemandPast& past) {
  Json minutes = Json::array(), partly = Json::array();
  for (std::size_t i = 0; i < past.minutes.size(); ++i) {
    const auto& minute = past.minutes[i];
    minutes.push_back(minute.known_seconds > 0 ? std::llround(minute.arrivals)
                                               : DemandPast::kUnknown);
    if (minute.known_seconds > 0 && minute.known_seconds < kWholeMinute)
      partly.push_back({i, minute.known_seconds});
  }
  return {{"first_minute", past.first_minute},
          {"minutes", std::move(minutes)},
          {"partly", std::move(partly)},
          {"first_second", past.first_second},
          {"seconds", past.seconds}};
}

DemandPast read_past(const Json& json) {
  const Reader r(json);
  DemandPast past;
  past.first_minute = r.count("first_minute", kUnixMinutesMax);
  for (const auto& item : list_of(r.at("minutes"), "field 'minutes'", 0, kMinutesMax)) {
    const std::int64_t arrivals = read_arrivals(item, "field 'minutes'");
    const bool known = arrivals != DemandPast::kUnknown;
    past.minutes.push_back({known ? static_cast<float>(arrivals) : 0.0f,
                            static_cast<std::uint8_t>(known ? kWholeMinute : 0)});
  }
  for (const auto& item : list_of(r.at("partly"), "field 'partly'", 0, kMinutesMax)) {
    const Json& pair = list_of(item, "field 'partly'", 2, 2);
    const Json named{{"minute", pair[0]}, {"known", pair[1]}};
    const Reader part(named);
    const auto at = static_cast<std::size_t>(part.count("minute", kMinutesMax));
    if (at >= past.minutes.size())
      throw Malformed("field 'partly': names a minute that is not there");
    past.minutes[at].known_seconds = static_cast<std::uint8_t>(part.count("known", kWholeMinute));
  }
  past.first_second = r.count("first_second", kUnixSecondsMax);
  for (const auto& item : list_of(r.at("seconds"), "field 'seconds'", 0, kSecondsMax))
    past.seconds.push_back(read_arrivals(item, "field 'seconds'"));
  return past;
}

Json write(const DecayingHistogram::State& state) {
  return {{"weights", state.weights}, {"reference", state.reference.time_since_epoch().count()}};
}

DecayingHistogram::State read_histogram(const Json& json) {
  const Reader r(json);
  list_of(r.at("weights"), "field 'weights'", 0, kBucketsMax);
  return {r.amounts("weights"), r.time("reference")};
}

Json write(const UsageRecord& usage) {
  return {{"cpu", write(usage.cpu)},
          {"memory", write(usage.memory)},
          {"samples", usage.samples},
          {"first", usage.first.time_since_epoch().count()},
          {"last", usage.last.time_since_epoch().count()},
          {"memory_peak", usage.memory_peak},
          {"killed_needs", usage.killed_needs},
          {"killed", usage.killed.time_since_epoch().count()}};
}

UsageRecord read_usage(const Json& json) {
  const Reader r(json);
  return {read_histogram(r.at("cpu")),
          read_histogram(r.at("memory")),
          r.count("samples"),
          r.time("first"),
          r.time("last"),
          r.amount("memory_peak"),
          r.amount("killed_needs"),
          r.time("killed")};
}

Json write(const DecidedSize& size) {
  return {{"decided", size.size},
          {"first", size.first},
          {"changed", size.changed.time_since_epoch().count()}};
}

DecidedSize read_decided(const Json& json) {
  const Reader r(json);
  return {read_resources(r.at("decided")), read_resources(r.at("first")), r.time("changed")};
}

}  // namespace

Json write(const HandoverRequest& m) {
  return {{"kind", "handover-request"}, {"from", m.from}, {"model", m.model}};
}

Json write(const Handover& m) {
  Json json{{"kind", "handover"}, {"from", m.from}, {"model", m.model}, {"film", to_hex(m.film)}};
  if (m.past) json["past"] = write(*m.past);
  if (!m.sizer) return json;
  json["usage"] = write(m.sizer->usage);
  if (m.sizer->decided) json["size"] = write(*m.sizer->decided);
  return json;
}

HandoverRequest read_handover_request(const Reader& r) { return {r.text("from"), r.text("model")}; }

Handover read_handover(const Reader& r) {
  Handover m{r.text("from"), r.text("model"), std::nullopt, read_film(r.at("film")), std::nullopt};
  if (r.has("past")) m.past = read_past(r.at("past"));
  if (r.has("usage")) m.sizer = {read_usage(r.at("usage")), std::nullopt};
  if (m.sizer && r.has("size")) m.sizer->decided = read_decided(r.at("size"));
  return m;
}

}  // namespace starling::codec
