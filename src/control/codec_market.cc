#include "control/codec_market.h"

#include "control/codec_node.h"
#include "control/codec_replica.h"

namespace starling::codec {
namespace {

constexpr std::int64_t kReplicasMax = 10000;

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

/// Older agents, which write no limit, say it in their words alone.
BidLimit limit_told_by(const std::string& reason) {
  if (reason.starts_with("budget of tenant ")) return BidLimit::kBudget;
  return reason.starts_with("a replica failed here: ") ? BidLimit::kFailedHere : BidLimit::kOther;
}

}  // namespace

Json write(const BidRequest& m) {
  return {{"kind", "bid-request"}, {"request", m.request},     {"owner", m.owner},
          {"model", m.model},      {"resources", m.resources}, {"count", m.count},
          {"clouds", m.clouds}};
}

Json write(const Bid& m) {
  Json json{{"kind", "bid"},    {"request", m.request},      {"node", m.node},
            {"count", m.count}, {"price", m.price_per_hour}, {"reason", m.reason},
            {"epoch", m.epoch}};
  if (m.warm) json["warm"] = true;
  if (m.limit != BidLimit::kOther) json["limit"] = name_of(m.limit);
  return json;
}

Json write(const Award& m) {
  return {{"kind", "award"},  {"request", m.request},       {"owner", m.owner},
          {"model", m.model}, {"generation", m.generation}, {"count", m.count},
          {"epoch", m.epoch}};
}

Json write(const AwardReply& m) {
  return {{"kind", "award-reply"},
          {"request", m.request},
          {"node", m.node},
          {"model", m.model},
          {"started", write_replicas(m.started)},
          {"refusal", m.refusal},
          {"epoch", m.epoch}};
}

Json write(const StopReplica& m) {
  Json json{{"kind", "stop"},       {"owner", m.owner},   {"model", m.model},
            {"replica", m.replica}, {"reason", m.reason}, {"sold_to", m.sold_to},
            {"epoch", m.epoch}};
  if (!m.sold_to.empty()) json["sold_size"] = m.sold_size;
  return json;
}

Json write(const PurchaseOffer& m) {
  return {{"kind", "offer"},    {"request", m.request}, {"owner", m.owner},
          {"model", m.model},   {"seller", m.seller},   {"resources", m.resources},
          {"clouds", m.clouds}, {"gains", m.gains},     {"epoch", m.epoch}};
}

Json write(const PurchaseReply& m) {
  return {{"kind", "offer-reply"}, {"request", m.request}, {"model", m.model}, {"seller", m.seller},
          {"sold", m.sold},        {"refusal", m.refusal}, {"epoch", m.epoch}, {"nodes", m.nodes}};
}

BidRequest read_bid_request(const Reader& r) {
  return {r.text("request"),
          r.text("owner"),
          r.text("model"),
          read_resources(r.at("resources")),
          static_cast<int>(r.count("count", kReplicasMax)),
          r.texts("clouds")};
}

Bid read_bid(const Reader& r) {
  return {r.text("request"),
          r.text("node"),
          static_cast<int>(r.count("count", kReplicasMax)),
          r.amount("price"),
          r.text("reason"),
          r.epoch(),
          r.flag_or_false("warm"),
          r.has("limit") ? limit_of(r.text("limit")) : limit_told_by(r.text("reason"))};
}

Award read_award(const Reader& r) {
  return {r.text("request"),
          r.text("owner"),
          r.text("model"),
          r.unsigned64("generation"),
          static_cast<int>(r.count("count", kReplicasMax)),
          r.epoch()};
}

AwardReply read_award_reply(const Reader& r) {
  return {r.text("request"), r.text("node"), r.text("model"), read_replicas(r.list("started")),
          r.text("refusal"), r.epoch()};
}

StopReplica read_stop(const Reader& r) {
  return {r.text("owner"),
          r.text("model"),
          r.text("replica"),
          r.text("reason"),
          r.has("sold_to") ? r.text("sold_to") : "",
          r.epoch(),
          r.has("sold_size") ? read_resources(r.at("sold_size")) : Resources{0, 0}};
}

PurchaseOffer read_offer(const Reader& r) {
  return {r.text("request"),
          r.text("owner"),
          r.text("model"),
          r.text("seller"),
          read_resources(r.at("resources")),
          r.texts("clouds"),
          r.amounts("gains"),
          r.epoch()};
}

PurchaseReply read_offer_reply(const Reader& r) {
  return {r.text("request"),
          r.text("model"),
          r.text("seller"),
          static_cast<int>(r.count("sold", kReplicasMax)),
          r.text("refusal"),
          r.epoch(),
          r.has("nodes") ? r.texts("nodes") : std::vector<std::string>{}};
}

}  // namespace starling::codec
