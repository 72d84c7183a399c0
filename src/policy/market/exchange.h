// Who gets how much of a capacity that is short: by what replicas are worth to each model.
#pragma once

#include <functional>
#include <vector>

#include "policy/policy.h"

namespace starling {

struct ExchangeOptions {
  double margin = 20;          // requests that a move must save beyond what it costs
  double advantage = 1.2;      // and how many times as much
  double worth_having = 0.05;  // requests below which nobody takes free capacity
};

/// One model's side of the exchange: its values and what it may have.
struct Trader {
  ReplicaValues values;
  int have = 0;      // ready or starting
  int promised = 0;  // bought earlier and still to come
  int min = 0;
  int max = 0;
};

/// What the exchange asks of the fleet. Both tell whether it was done; a refused trader asks for no
/// more in this round.
struct ExchangeActions {
  std::function<bool(std::size_t buyer)> start;  // on free capacity
  std::function<bool(std::size_t seller, std::size_t buyer)> move;
};

/// One round. Free capacity goes to the highest gains, one replica at a time, while a start finds
/// room. Then replicas move from the lowest loss to the highest gain while gain − loss > margin and
/// gain > advantage · loss. A trader sells no more than values.losses names and never below its
/// minimum, and what it bought in this round it does not sell. Ties go to the first.
void trade(std::vector<Trader>& traders, const ExchangeActions& actions,
           const ExchangeOptions& options = {});

}  // namespace starling
