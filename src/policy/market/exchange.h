// Who gets how much of a capacity that is short: by what replicas are worth to each model.
#pragma once

#include <functional>
#include <limits>
#include <vector>

#include "policy/policy.h"

namespace starling {

struct ExchangeOptions {
  double margin = 20;          // requests that a move must save beyond what it costs
  double advantage = 1.4;      // and how many times as much
  double worth_having = 0.05;  // requests below which nobody takes free capacity that it wishes for
  double worth_keeping = 100;  // and what it does not: whoever needs that next would have to wait
};

/// Whether a buyer's gain is worth the seller's loss: gain − loss > margin and
/// gain > advantage · loss.
bool pays(double gain, double loss, const ExchangeOptions& options);

/// How many of the replicas beyond its wish, so many, a model gives back unasked: those that it
/// loses no more than `margin` by; none while it would take another one unasked. Whoever needs the
/// room next has it without waiting for a release.
int given_back(const ReplicaValues& values, int beyond_wish, const ExchangeOptions& options);

/// One model's side of the exchange: its values and what it may have.
struct Trader {
  ReplicaValues values;
  int have = 0;      // ready or starting
  int promised = 0;  // bought earlier and still to come
  int min = 0;
  int max = 0;
  int wish = std::numeric_limits<int>::max();  // what it would take if there were room for all
};

/// A replica that changes hands, and what it is worth to both.
struct Move {
  std::size_t seller = 0;
  std::size_t buyer = 0;
  double gain = 0;
  double loss = 0;
};

/// What the exchange asks of the fleet. Both tell whether it was done. Who was refused a start asks
/// for no more in this round; a move that is refused is tried with the next seller.
struct ExchangeActions {
  std::function<bool(std::size_t buyer)> start;  // on free capacity
  std::function<bool(const Move&)> move;
};

/// One round. Free capacity goes to the highest gains, one replica at a time, while a start finds
/// room; beyond its wish a trader gains what is more than `worth_keeping`. Then replicas move from
/// the lowest loss to the highest gain while it `pays`. Below its minimum a trader gains more than
/// anyone above theirs. It sells no more than values.losses names and never below its minimum, and
/// what it bought in this round it does not sell. Ties go to the first.
void trade(std::vector<Trader>& traders, const ExchangeActions& actions,
           const ExchangeOptions& options = {});

}  // namespace starling
