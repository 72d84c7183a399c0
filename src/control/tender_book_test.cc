// A tender from its opening to the last answer.
#include "control/tender_book.h"

#include <gtest/gtest.h>

#include <utility>

#include "control/values_for_tests.h"

namespace starling {
namespace {

using namespace testing_values;

Bid bid_of(const std::string& request, const std::string& from, int count) {
  Bid bid;
  bid.request = request;
  bid.node = from;
  bid.count = count;
  return bid;
}

/// What was chosen of the bids of nodes a and b, which get so many.
TenderSettled chosen(int to_a, int to_b) {
  TenderSettled all;
  for (const auto& [name, awarded] : {std::pair("a", to_a), std::pair("b", to_b)}) {
    BidOutcome bid;
    bid.node = name;
    bid.offered = 2;
    bid.awarded = awarded;
    all.bids.push_back(bid);
  }
  return all;
}

AwardReply reply_of(const std::string& from, const std::string& refusal = "") {
  AwardReply reply;
  reply.request = "t";
  reply.node = from;
  reply.refusal = refusal;
  if (refusal.empty()) reply.started.push_back(replica("r", model("m"), from));
  return reply;
}

TEST(TenderBook, ATenderTakesTheLastBidOfEachNodeUntilItCloses) {
  TenderBook book;
  EXPECT_FALSE(book.add(bid_of("t", "a", 1))) << "none is open";
  EXPECT_FALSE(book.closes(at(9s)));
  book.open({"t", at(0s), 2, at(1s)});
  EXPECT_TRUE(book.add(bid_of("t", "a", 1)));
  EXPECT_TRUE(book.add(bid_of("t", "a", 2)));
  EXPECT_FALSE(book.add(bid_of("s", "b", 1))) << "of another tender";
  EXPECT_EQ(book.bidders(), std::size_t{1});
  EXPECT_FALSE(book.closes(at(999ms)));
  EXPECT_TRUE(book.closes(at(1s)));
  const Tender tender = book.close();
  EXPECT_EQ(tender.bids.at("a").count, 2);
  EXPECT_EQ(tender.wanted, 2);
  EXPECT_FALSE(book.is_open());
}

TEST(TenderBook, AwardsAreWaitedForUntilEachIsAnswered) {
  TenderBook book;
  book.award("t", chosen(1, 1), at(2s));
  EXPECT_TRUE(book.is_placing("t"));
  EXPECT_FALSE(book.is_placing("s"));
  EXPECT_TRUE(book.answer(reply_of("a")));
  EXPECT_TRUE(book.awaiting());
  EXPECT_FALSE(book.answer(reply_of("a"))) << "it comes again";
  EXPECT_TRUE(book.answer(reply_of("b", "it is full")));
  EXPECT_FALSE(book.awaiting());
  const TenderSettled settled = book.settle();
  EXPECT_EQ(settled.bids[0].started, 1);
  EXPECT_EQ(settled.bids[1].started, 0);
  EXPECT_EQ(settled.bids[1].note, "refused: it is full");
  EXPECT_FALSE(book.is_placing());
}

TEST(TenderBook, WhoDoesNotAnswerIsNamedAndWhoGotNothingIsNotAsked) {
  TenderBook book;
  book.award("t", chosen(0, 1), at(2s));
  EXPECT_FALSE(book.gives_up(at(1s)));
  EXPECT_TRUE(book.gives_up(at(2s)));
  const TenderSettled settled = book.settle();
  EXPECT_EQ(settled.bids[0].note, "");
  EXPECT_EQ(settled.bids[1].note, "did not answer the award");
}

}  // namespace
}  // namespace starling
