#include "control/tender_book.h"

#include <utility>

namespace starling {

bool TenderBook::add(const Bid& bid) {
  if (!tender_ || bid.request != tender_->request) return false;
  tender_->bids[bid.node] = bid;
  return true;
}

Tender TenderBook::close() { return std::move(*std::exchange(tender_, std::nullopt)); }

void TenderBook::award(const std::string& request, TenderSettled chosen, TimePoint until) {
  placing_ = Placing{request, std::move(chosen), {}, until};
  for (const auto& bid : placing_->so_far.bids) {
    if (bid.offered != 0 && bid.awarded > 0) placing_->awaited.insert(bid.node);
  }
}

bool TenderBook::answer(const AwardReply& reply) {
  for (auto& bid : placing_->so_far.bids) {
    if (bid.node != reply.node || bid.awarded == 0) continue;
    bid.started = static_cast<int>(reply.started.size());
    if (!reply.refusal.empty()) bid.note = "refused: " + reply.refusal;
  }
  return placing_->awaited.erase(reply.node) > 0;
}

TenderSettled TenderBook::settle() {
  Placing placing = std::move(*std::exchange(placing_, std::nullopt));
  for (auto& bid : placing.so_far.bids) {
    if (placing.awaited.contains(bid.node)) bid.note = "did not answer the award";
  }
  return std::move(placing.so_far);
}

}  // namespace starling
