// The wire form of the messages by which replicas are placed, let go and sold.
#pragma once

#include "control/codec_reader.h"
#include "control/messages.h"

namespace starling::codec {

Json write(const BidRequest& m);
Json write(const Bid& m);
Json write(const Award& m);
Json write(const AwardReply& m);
Json write(const StopReplica& m);
Json write(const PurchaseOffer& m);
Json write(const PurchaseReply& m);

/// Throw Malformed.
BidRequest read_bid_request(const Reader& r);
Bid read_bid(const Reader& r);
Award read_award(const Reader& r);
AwardReply read_award_reply(const Reader& r);
StopReplica read_stop(const Reader& r);
PurchaseOffer read_offer(const Reader& r);
PurchaseReply read_offer_reply(const Reader& r);

}  // namespace starling::codec
