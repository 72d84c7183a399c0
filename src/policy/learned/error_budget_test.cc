// The account of what an SLO allows to miss.
#include "policy/learned/error_budget.h"

#include <gtest/gtest.h>

namespace starling {
namespace {

void pass(ErrorBudget& budget, int minutes, double rate, double missed) {
  for (int i = 0; i < 6 * minutes; ++i) budget.observe(rate, missed, 99, 10s);
}

TEST(ErrorBudget, AnHourWithoutAMissSavesAnHoursAllowance) {
  ErrorBudget budget;
  pass(budget, 60, 100, 0);
  EXPECT_NEAR(budget.hours_saved(), 1, 1e-9);
}

TEST(ErrorBudget, WhatIsAllowedSavesNothingAndSpendsNothing) {
  ErrorBudget budget;
  pass(budget, 60, 100, 0);
  pass(budget, 60, 100, 1);
  EXPECT_NEAR(budget.hours_saved(), 1, 1e-6);
}

TEST(ErrorBudget, MissesSpendItAndItNeverOwes) {
  ErrorBudget budget;
  pass(budget, 60, 100, 0);
  pass(budget, 1, 100, 30);  // thirty times the allowance: half an hour's in a minute
  EXPECT_NEAR(budget.hours_saved(), 1 - 29.0 / 60, 1e-6);
  pass(budget, 30, 100, 50);
  EXPECT_EQ(budget.hours_saved(), 0);
  pass(budget, 30, 100, 0);
  EXPECT_NEAR(budget.hours_saved(), 0.5, 1e-6);
}

TEST(ErrorBudget, SavingsAreForfeitBeyondTwoHours) {
  ErrorBudget budget;
  pass(budget, 600, 100, 0);
  EXPECT_NEAR(budget.hours_saved(), 2, 1e-9);
}

TEST(ErrorBudget, SilenceIsNoSurplus) {
  ErrorBudget budget;
  pass(budget, 60, 0, 0);
  EXPECT_EQ(budget.hours_saved(), 0);
}

}  // namespace
}  // namespace starling
