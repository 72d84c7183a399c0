// What a model has in the exchange, entry by entry.
#include "control/trade_book.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "control/values_for_tests.h"

namespace starling {
namespace {

using namespace testing_values;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

PurchaseReply sold(const std::string& request, int count, std::vector<std::string> nodes = {}) {
  PurchaseReply reply;
  reply.request = request;
  reply.sold = count;
  reply.nodes = std::move(nodes);
  return reply;
}

TEST(TradeBook, WhatWasBoughtIsPromisedUntilItIsTooLate) {
  TradeBook book;
  book.offer("o", 2, at(2s), at(0s));
  EXPECT_EQ(book.on_reply(sold("another", 2), at(1s)), 0);
  EXPECT_EQ(book.on_reply(sold("o", 3, {"a"}), at(1s)), 2) << "no more than it offered for";
  EXPECT_EQ(book.on_reply(sold("o", 2), at(1s)), 0) << "an offer is answered once";
  EXPECT_THAT(book.keepers(at(1s)), ElementsAre("a")) << "of the other it is not known where";
  EXPECT_EQ(book.promised(at(17s)), 0);
  EXPECT_EQ(book.promised(at(16s)), 2) << "to look gives nothing up";
  EXPECT_THAT(book.keepers(at(17s)), IsEmpty());
  book.forgo_late(at(16s));
  EXPECT_EQ(book.promised(at(16s)), 2);
  book.forgo_late(at(17s));
  EXPECT_EQ(book.promised(at(16s)), 0);
}

TEST(TradeBook, AnAnswerThatComesTooLateBuysNothing) {
  TradeBook book;
  book.offer("o", 2, at(2s), at(0s));
  EXPECT_EQ(book.on_reply(sold("o", 2), at(2s)), 0);
  EXPECT_EQ(book.promised(at(2s)), 0);
}

TEST(TradeBook, ABuyerOffersAgainAfterAWhile) {
  TradeBook book;
  EXPECT_TRUE(book.hear_offer("n", at(2s), at(0s)));
  EXPECT_FALSE(book.hear_offer("n", at(3s), at(1s)));
  EXPECT_TRUE(book.hear_offer("k", at(3s), at(1s)));
  EXPECT_TRUE(book.hear_offer("n", at(4s), at(2s)));
}

TEST(TradeBook, DeliveryIsOfKeptRoomThenOfFreeRoomThenOfTheRest) {
  TradeBook book;
  book.offer("o", 3, at(2s), at(0s));
  ASSERT_EQ(book.on_reply(sold("o", 3, {"a", "", "b"}), at(1s)), 3);
  book.allow_starts(1);
  book.take_delivery("a", 1);
  EXPECT_THAT(book.keepers(at(1s)), ElementsAre("b"));
  EXPECT_EQ(book.free_starts(), 1);
  book.take_delivery("c", 1);
  EXPECT_EQ(book.free_starts(), 0);
  EXPECT_EQ(book.promised(at(1s)), 2);
  book.take_delivery("c", 1);
  EXPECT_THAT(book.keepers(at(1s)), ElementsAre("b")) << "the one of which it was not known where";
  book.take_delivery("c", 2);
  EXPECT_EQ(book.promised(at(1s)), 0);
}

TEST(TradeBook, WhatIsGoneIsCountedFromDecisionToDecision) {
  TradeBook book;
  book.on_decision(2);
  book.sell();
  EXPECT_EQ(book.gone(), std::size_t{3});
  book.on_decision(-1);
  EXPECT_EQ(book.gone(), std::size_t{0}) << "one more was asked for";
}

}  // namespace
}  // namespace starling
