// An owner whose tenant has only so much money.
#include "control/owner_for_tests.h"

namespace starling {
namespace {

using namespace testing_values;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class BudgetedOwner : public OwnerTest {
 protected:
  OwnerContext paid(Duration time) const {
    OwnerContext context = this->context(time);
    context.budget = &part_;
    return context;
  }
  BudgetPart part_{"demo", 0.10, 0.10, 2, 0.05};  // what two replicas cost, and two run
};

TEST_F(BudgetedOwner, AChangedSpecIsRolledOutOneByOneWhereThereIsNoMoneyForBoth) {
  spec_.replicas = {2, 4};
  const auto one = replica("one", spec_, "a"), other = replica("other", spec_, "b");
  hear(0s, {one, other});
  auto o = owner();
  o.on_tick(paid(0s));
  spec_.artifact = "/models/m-v2.pt";
  o.set_spec({spec_, 2}, at(0s));

  const auto begin = o.on_tick(paid(300ms));
  EXPECT_EQ(decision(begin).allocation.replicas, 2);
  EXPECT_THAT(sent<StopReplica>(begin), IsEmpty()) << "nothing stands in for them yet";
  const auto request = sent<BidRequest>(begin).at(0).request;
  for (const char* node : {"a", "b"})
    o.on_bid({request, node, 0, 0.05, text_of(part_)}, paid(310ms));

  hear(2s, {one, other});
  EXPECT_THAT(sent<StopReplica>(o.on_tick(paid(2300ms))), SizeIs(1))
      << "to make room for the first";
}

TEST_F(BudgetedOwner, NoNodeIsWantedForWhatMayNotBePaid) {
  spec_.replicas = {4, 4};
  hear(0s, {replica("one", spec_, "a"), replica("other", spec_, "b")});
  auto o = owner();
  const auto decided = decision(o.on_tick(paid(0s)));
  EXPECT_EQ(decided.allocation.replicas, 2);
  EXPECT_EQ(o.summary(paid(0s)).wished, 2);
  EXPECT_EQ(o.summary(paid(0s)).unbudgeted, 4);
}

}  // namespace
}  // namespace starling
