#include "sim/message_line.h"

namespace starling {

std::string message_line(const Message& message) {
  struct Namer {
    std::string operator()(const Heartbeat& m) const {
      return fmt::format("heartbeat {}", m.sequence);
    }
    std::string operator()(const Beat& m) const { return fmt::format("beat {}", m.sequence); }
    std::string operator()(const Probe& m) const {
      return fmt::format("probe {} of {} for {}{}", m.number, m.target, m.from,
                         m.via.empty() ? "" : " through " + m.via);
    }
    std::string operator()(const ProbeAnswer& m) const {
      return fmt::format("probe-answer {} of {} by {}{}", m.number, m.target, m.by,
                         m.misses ? ": misses it" : "");
    }
    std::string operator()(const Change& m) const {
      return fmt::format("change {} of {}, {} replicas", m.sequence, m.since,
                         m.replicas.size() + m.turned.size() + m.gone.size());
    }
    std::string operator()(const Digest& m) const {
      return fmt::format("digest of {}, {} nodes", m.cell, m.nodes.size());
    }
    std::string operator()(const RosterRequest& m) const {
      return fmt::format("roster-request of {} for {}", m.cell, m.from);
    }
    std::string operator()(const HandoverRequest& m) const {
      return fmt::format("handover-request of {} for {}", m.model, m.from);
    }
    std::string operator()(const Handover& m) const {
      return fmt::format("handover of {} by {}{}", m.model, m.from,
                         m.past ? ", with its past" : "");
    }
    std::string operator()(const TrafficReport& m) const {
      return fmt::format("traffic {}", m.samples.size());
    }
    std::string operator()(const BidRequest& m) const {
      return fmt::format("bid-request {} x{}", m.request, m.count);
    }
    std::string operator()(const Bid& m) const {
      return fmt::format("bid {} x{}", m.request, m.count);
    }
    std::string operator()(const Award& m) const {
      return fmt::format("award {} x{}", m.request, m.count);
    }
    std::string operator()(const AwardReply& m) const {
      return fmt::format("award-reply {} x{} {}", m.request, m.started.size(), m.refusal);
    }
    std::string operator()(const StopReplica& m) const { return fmt::format("stop {}", m.replica); }
    std::string operator()(const PurchaseOffer& m) const {
      return fmt::format("offer {} to {} x{}", m.request, m.seller, m.gains.size());
    }
    std::string operator()(const PurchaseReply& m) const {
      return fmt::format("purchase {} x{} {}", m.request, m.sold, m.refusal);
    }
  };
  return std::visit(Namer{}, message);
}

}  // namespace starling
