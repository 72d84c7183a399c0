#include "control/codec.h"

#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>

#include "base/excerpt.h"
#include "base/json.h"
#include "control/codec_cells.h"
#include "control/codec_handover.h"
#include "control/codec_market.h"
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

using codec::read_node;
using codec::read_replicas;
using codec::read_resources;
using codec::read_summaries;
using codec::write;
using codec::write_replicas;
using codec::write_summaries;

Scheduling read_scheduling(const Reader& r) {
  constexpr auto kMost = static_cast<std::int64_t>(Scheduling::kDraining);
  return r.has("scheduling") ? static_cast<Scheduling>(r.count("scheduling", kMost))
                             : Scheduling::kOpen;
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
  Json operator()(const BidRequest& m) const { return codec::write(m); }
  Json operator()(const Bid& m) const { return codec::write(m); }
  Json operator()(const Award& m) const { return codec::write(m); }
  Json operator()(const AwardReply& m) const { return codec::write(m); }
  Json operator()(const StopReplica& m) const { return codec::write(m); }
  Json operator()(const PurchaseOffer& m) const { return codec::write(m); }
  Json operator()(const PurchaseReply& m) const { return codec::write(m); }
};

Heartbeat read_heartbeat(const Reader& r) {
  Heartbeat beat{read_node(r.at("node")),
                 r.unsigned64("incarnation"),
                 r.unsigned64("sequence"),
                 r.flag("leaving"),
                 read_resources(r.at("free")),
                 read_replicas(r.list("replicas")),
                 read_summaries(r.list("owned")),
                 r.flag_or_false("without_specs"),
                 read_scheduling(r),
                 r.has("understands") ? static_cast<int>(r.count("understands", 1000)) : 0,
                 r.has("pools") ? codec::read_pools(r.list("pools")) : std::vector<PoolSummary>{},
                 r.unsigned64_or_0("content")};
  for (auto& replica : beat.replicas) replica.node = beat.node.name;
  return beat;
}

ProbeAnswer read_probe_answer(const Reader& r) {
  ProbeAnswer answer = codec::read_probe_answer(r);
  if (r.has("last")) answer.last = read_heartbeat(Reader(r.at("last")));
  return answer;
}

/// What reads a message of each kind.
template <auto read>
Message read_as(const Reader& r) {
  return read(r);
}
constexpr std::pair<std::string_view, Message (*)(const Reader&)> kReaders[] = {
    {"heartbeat", read_as<read_heartbeat>},
    {"beat", read_as<codec::read_beat>},
    {"change", read_as<codec::read_change>},
    {"digest", read_as<codec::read_digest>},
    {"roster-request", read_as<codec::read_roster_request>},
    {"handover-request", read_as<codec::read_handover_request>},
    {"handover", read_as<codec::read_handover>},
    {"probe", read_as<codec::read_probe>},
    {"probe-answer", read_as<read_probe_answer>},
    {"traffic", read_as<codec::read_traffic>},
    {"bid-request", read_as<codec::read_bid_request>},
    {"bid", read_as<codec::read_bid>},
    {"award", read_as<codec::read_award>},
    {"award-reply", read_as<codec::read_award_reply>},
    {"stop", read_as<codec::read_stop>},
    {"offer", read_as<codec::read_offer>},
    {"offer-reply", read_as<codec::read_offer_reply>}};

Message read_message(const Reader& r) {
  const std::string kind = r.text("kind");
  for (const auto& [name, read] : kReaders) {
    if (kind == name) return read(r);
  }
  throw Malformed(fmt::format("unknown kind '{}'", excerpt(kind, 32)));
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
