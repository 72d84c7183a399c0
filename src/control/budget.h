// What the models of one tenant may cost together, and how they share it.
#pragma once

#include <limits>
#include <map>
#include <string>
#include <vector>

#include "policy/market/exchange.h"

namespace starling {

/// One of the tenant's models as its owner last told of it.
struct BudgetModel {
  std::string name;
  double price_per_hour = 0;  // of one replica, in the mean over those that run
  int have = 0;               // replicas that run or start
  int wish = 0;               // that it would have without a budget
  int min = 0;
  ReplicaValues values;  // around `have`, see ReplicaValues; empty where its policy values none
  double priority = 1;   // what a replica is worth where nothing else is known
};

/// What the budget leaves one model, by what everybody has heard.
struct BudgetPart {
  std::string tenant;
  double budget = 0;          // money an hour
  double in_use = 0;          // of it, by what runs now
  int allowed = 0;            // replicas of the model
  double price_per_hour = 0;  // of one of them
};

/// How many replicas each model may have: its present ones, fewer while they cost more than the
/// budget (what is beyond a wish goes first, then the least worth for its money, what a minimum
/// asks for last), then more as they are wanted, what is below a minimum and then the most worth
/// for its money first, while the budget holds them. At last one replica makes place for another
/// where that `pays`. Whoever sees the same models comes to the same result; ties go to the first.
std::map<std::string, int> share_budget(const std::vector<BudgetModel>& models, double budget,
                                        const ExchangeOptions& options = {});

/// How many replicas a budget still holds, and in words which one: without a budget any number.
struct Affordable {
  int count = std::numeric_limits<int>::max();
  std::string budget;
};

/// "budget of tenant demo: 2.50/h, 2.47 in use"
std::string text_of(const BudgetPart& part);

}  // namespace starling
