#include "control/trade_book.h"

#include <algorithm>

namespace starling {
namespace {

/// A sold replica leaves the routes (1 s), drains (at most 10 s), and its room is the buyer's at
/// one of the next decisions. Beyond this its node is gone or the word was lost, and the buyer,
/// which asked for no more meanwhile, buys again.
constexpr Duration kDelivery = 16s;

}  // namespace

void TradeBook::on_decision(int let_go) { gone_ = std::max(0, let_go); }

void TradeBook::offer(const std::string& request, int replicas, TimePoint until, TimePoint now) {
  std::erase_if(offers_, [&](const auto& entry) { return entry.second.until <= now; });
  offers_[request] = {until, replicas};
}

int TradeBook::on_reply(const PurchaseReply& reply, TimePoint now) {
  std::erase_if(offers_, [&](const auto& entry) { return entry.second.until <= now; });
  const auto offer = offers_.find(reply.request);
  if (offer == offers_.end()) return 0;
  const int sold = std::min(reply.sold, offer->second.replicas);
  offers_.erase(offer);
  for (std::size_t i = 0; i < static_cast<std::size_t>(sold); ++i) {
    promised_.push_back({now + kDelivery, i < reply.nodes.size() ? reply.nodes[i] : std::string{}});
  }
  return sold;
}

bool TradeBook::hear_offer(const std::string& buyer, TimePoint again, TimePoint now) {
  std::erase_if(offered_by_, [&](const auto& entry) { return entry.second <= now; });
  return offered_by_.emplace(buyer, again).second;
}

int TradeBook::promised(TimePoint now) const {
  return static_cast<int>(std::count_if(promised_.begin(), promised_.end(),
                                        [&](const Promised& one) { return one.until > now; }));
}

void TradeBook::forgo_late(TimePoint now) {
  std::erase_if(promised_, [&](const Promised& one) { return one.until <= now; });
}

std::set<std::string> TradeBook::keepers(TimePoint now) const {
  std::set<std::string> nodes;
  for (const Promised& one : promised_) {
    if (!one.node.empty() && one.until > now) nodes.insert(one.node);
  }
  return nodes;
}

void TradeBook::take_delivery(const std::string& node, int count) {
  const auto take = [&](const auto& meant) {
    std::erase_if(promised_, [&](const Promised& one) {
      const bool taken = count > 0 && meant(one);
      count -= taken ? 1 : 0;
      return taken;
    });
  };
  take([&](const Promised& one) { return one.node == node; });
  const int on_free_room = std::min(free_starts_, count);
  free_starts_ -= on_free_room;
  count -= on_free_room;
  take([](const Promised& one) { return one.node.empty(); });
  take([](const Promised&) { return true; });
}

}  // namespace starling
