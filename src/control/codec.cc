#include "control/codec.h"

#include <nlohmann/json.hpp>

#include "base/json.h"
#include "control/codec_cells.h"
#include "control/codec_handover.h"
#include "control/codec_node.h"
#include "control/codec_pools.h"
#include "control/codec_probes.h"
#include "control/codec_reader.h"
#include "control/codec_replica.h"
#include "control/codec_summary.h"
#include "control/codec_traffic.h"
#include "control/packing.h"

namespace starling {

using Json = nlohmann::json;
namespace {

using codec::Malformed;
using codec::Reader;
constexpr int kProtocolVersion = 1;

}  // namespace

namespace {

using codec::read_node;
using codec::read_replica;
using codec::read_resources;
using codec::read_summaries;
using codec::write;
using codec::write_summaries;

Scheduling read_scheduling(const Reader& r) {
  constexpr auto kMost = static_cast<std::int64_t>(Scheduling::kDraining);
  return r.has("scheduling") ? static_cast<Scheduling>(r.count("scheduling", kMost))
                             : Scheduling::kOpen;
}

Json write_replicas(const std::vector<ReplicaStatus>& replicas) {
  Json list = Json::array();
  for (const auto& replica : replicas) list.push_back(write(replica));
  return list;
}

std::vector<ReplicaStatus> read_replicas(const Json& list) {
  std::vector<ReplicaStatus> replicas;
  for (const auto& item : list) replicas.push_back(read_replica(item));
  return replicas;
}

const char* name_of(BidLimit limit) {
  switch (limit) {
    case BidLimit::kBudget:
      return "budget";
    case BidLimit::kFailedHere:
      return "failed-here";
    case BidLimit::kOther:
      break;
  }
  return "other";
}

/// One that a later agent may add is told by its words alone.
BidLimit limit_of(const std::string& name) {
  for (const BidLimit limit : {BidLimit::kBudget, BidLimit::kFailedHere}) {
    if (name == name_of(limit)) return limit;
  }
  return BidLimit::kOther;
}

Json with(std::uint64_t epoch, Json json) {
  json["epoch"] = epoch;
  return json;
}

struct Writer {
  WireForm form;

  Json operator()(const Heartbeat& m) const {
    Json json{{"kind", "heartbeat"},
              {"node", write(m.node)},
              {"incarnation", m.incarnation},
              {"sequence", m.sequence},
              {"leaving", m.leaving},
              {"free", m.free},
              {"replicas", write_replicas(m.replicas)},
              {"owned", write_summaries(m.owned)},
              {"without_specs", m.without_specs},
              {"scheduling", static_cast<int>(m.scheduling)},
              {"understands", m.understands}};
    if (!m.pools.empty()) json["pools"] = codec::write_pools(m.pools);
    if (m.content != 0) json["content"] = m.content;
    return json;
  }
  Json operator()(const Beat& m) const { return codec::write(m, form); }
  Json operator()(const Probe& m) const { return codec::write(m); }
  Json operator()(const Change& m) const { return codec::write(m, form); }
  Json operator()(const Digest& m) const { return codec::write(m, form); }
  Json operator()(const RosterRequest& m) const { return codec::write(m); }
  Json operator()(const HandoverRequest& m) const { return codec::write(m); }
  Json operator()(const Handover& m) const { return codec::write(m); }
  Json operator()(const ProbeAnswer& m) const {
    Json json = codec::write(m);
    if (m.last) json["last"] = (*this)(*m.last);
    return json;
  }
  Json operator()(const TrafficReport& m) const { return codec::write(m); }
  Json operator()(const BidRequest& m) const {
    return {{"kind", "bid-request"}, {"request", m.request},     {"owner", m.owner},
            {"model", m.model},      {"resources", m.resources}, {"count", m.count},
            {"clouds", m.clouds}};
  }
  Json operator()(const Bid& m) const {
    Json json{{"kind", "bid"},    {"request", m.request},      {"node", m.node},
              {"count", m.count}, {"price", m.price_per_hour}, {"reason", m.reason}};
    if (m.warm) json["warm"] = true;
    if (m.limit != BidLimit::kOther) json["limit"] = name_of(m.limit);
    return with(m.epoch, std::move(json));
  }
  Json operator()(const Award& m) const {
    Json json{{"kind", "award"},  {"request", m.request},       {"owner", m.owner},
              {"model", m.model}, {"generation", m.generation}, {"count", m.count}};
    return with(m.epoch, std::move(json));
  }
  Json operator()(const AwardReply& m) const {
    return {{"kind", "award-reply"},
            {"request", m.request},
            {"node", m.node},
            {"model", m.model},
            {"started", write_replicas(m.started)},
            {"refusal", m.refusal},
            {"epoch", m.epoch}};
  }
  Json operator()(const StopReplica& m) const {
    Json json{{"kind", "stop"},       {"owner", m.owner},   {"model", m.model},
              {"replica", m.replica}, {"reason", m.reason}, {"sold_to", m.sold_to}};
    if (!m.sold_to.empty()) json["sold_size"] = m.sold_size;
    return with(m.epoch, std::move(json));
  }
  Json operator()(const PurchaseOffer& m) const {
    return {{"kind", "offer"},    {"request", m.request}, {"owner", m.owner},
            {"model", m.model},   {"seller", m.seller},   {"resources", m.resources},
            {"clouds", m.clouds}, {"gains", m.gains},     {"epoch", m.epoch}};
  }
  Json operator()(const PurchaseReply& m) const {
    return {{"kind", "offer-reply"}, {"request", m.request}, {"model", m.model},
            {"seller", m.seller},    {"sold", m.sold},       {"refusal", m.refusal},
            {"epoch", m.epoch},      {"nodes", m.nodes}};
  }
};

Heartbeat read_heartbeat(const Reader& r) {
  Heartbeat beat{read_node(r.at("node")),
                 r.hash("incarnation"),
                 r.hash("sequence"),
                 r.flag("leaving"),
                 read_resources(r.at("free")),
                 read_replicas(r.list("replicas")),
                 read_summaries(r.list("owned")),
                 r.has("without_specs") && r.flag("without_specs"),
                 read_scheduling(r),
                 r.has("understands") ? static_cast<int>(r.count("understands", 1000)) : 0,
                 r.has("pools") ? codec::read_pools(r.list("pools")) : std::vector<PoolSummary>{},
                 r.has("content") ? r.hash("content") : 0};
  for (auto& replica : beat.replicas) replica.node = beat.node.name;
  return beat;
}

Message read_message(const Reader& r) {
  constexpr std::int64_t kReplicasMax = 10000;
  const std::string kind = r.text("kind");
  if (kind == "heartbeat") return read_heartbeat(r);
  if (kind == "beat") return codec::read_beat(r);
  if (kind == "change") return codec::read_change(r);
  if (kind == "digest") return codec::read_digest(r);
  if (kind == "roster-request") return codec::read_roster_request(r);
  if (kind == "handover-request") return codec::read_handover_request(r);
  if (kind == "handover") return codec::read_handover(r);
  if (kind == "probe") return codec::read_probe(r);
  if (kind == "probe-answer") {
    ProbeAnswer answer = codec::read_probe_answer(r);
    if (r.has("last")) answer.last = read_heartbeat(Reader(r.at("last")));
    return answer;
  }
  if (kind == "traffic") {
    return codec::read_traffic(r);
  }
  if (kind == "bid-request") {
    return BidRequest{r.text("request"),
                      r.text("owner"),
                      r.text("model"),
                      read_resources(r.at("resources")),
                      static_cast<int>(r.count("count", kReplicasMax)),
                      r.texts("clouds")};
  }
  if (kind == "bid") {
    return Bid{r.text("request"),
               r.text("node"),
               static_cast<int>(r.count("count", kReplicasMax)),
               r.amount("price"),
               r.text("reason"),
               r.epoch(),
               r.has("warm") && r.flag("warm"),
               r.has("limit") ? limit_of(r.text("limit")) : BidLimit::kOther};
  }
  if (kind == "award") {
    return Award{r.text("request"),
                 r.text("owner"),
                 r.text("model"),
                 r.hash("generation"),
                 static_cast<int>(r.count("count", kReplicasMax)),
                 r.epoch()};
  }
  if (kind == "award-reply") {
    return AwardReply{r.text("request"), r.text("node"),
                      r.text("model"),   read_replicas(r.list("started")),
                      r.text("refusal"), r.epoch()};
  }
  if (kind == "stop") {
    return StopReplica{r.text("owner"),
                       r.text("model"),
                       r.text("replica"),
                       r.text("reason"),
                       r.has("sold_to") ? r.text("sold_to") : "",
                       r.epoch(),
                       r.has("sold_size") ? read_resources(r.at("sold_size")) : Resources{0, 0}};
  }
  if (kind == "offer") {
    return PurchaseOffer{r.text("request"),
                         r.text("owner"),
                         r.text("model"),
                         r.text("seller"),
                         read_resources(r.at("resources")),
                         r.texts("clouds"),
                         r.amounts("gains"),
                         r.epoch()};
  }
  if (kind == "offer-reply") {
    return PurchaseReply{r.text("request"),
                         r.text("model"),
                         r.text("seller"),
                         static_cast<int>(r.count("sold", kReplicasMax)),
                         r.text("refusal"),
                         r.epoch(),
                         r.has("nodes") ? r.texts("nodes") : std::vector<std::string>{}};
  }
  throw Malformed(fmt::format("unknown kind '{}'", kind.substr(0, 32)));
}

Result<Message> decode_text(const std::string& text) {
  const auto json = parse_json(text);
  if (json.is_discarded())
    return fail(ErrorCode::kInvalid, "message is not JSON, or nested too deep");
  try {
    const Reader reader(json);
    if (reader.count("protocol") != kProtocolVersion) {
      return fail(ErrorCode::kInvalid, "message of protocol {}: this agent speaks {}",
                  reader.count("protocol"), kProtocolVersion);
    }
    return read_message(reader);
  } catch (const Malformed& e) {
    return fail(ErrorCode::kInvalid, "malformed message: {}", e.what());
  }
}

}  // namespace

std::string encode(const Message& message, WireForm form) {
  Json json = std::visit(Writer{form}, message);
  json["protocol"] = kProtocolVersion;
  std::string text = json.dump(-1, ' ', false, Json::error_handler_t::replace);
  const bool packed = form == WireForm::kPacked || text.size() > kMessageBytesMax;
  // What is too large for its readers stays so, and is found out before it is sent.
  return packed && text.size() <= kTextBytesMax ? pack(text) : text;
}

Result<Message> decode(const std::string& bytes) {
  if (bytes.size() > kMessageBytesMax) {
    return fail(ErrorCode::kTooLarge, "message of {} bytes: at most {} are read", bytes.size(),
                kMessageBytesMax);
  }
  if (is_packed(bytes)) {
    const auto text = unpack(bytes, kTextBytesMax);
    if (!text) return fail(text.error().code, "malformed message: {}", text.error().message);
    return decode_text(*text);
  }
  return decode_text(bytes);
}

}  // namespace starling
