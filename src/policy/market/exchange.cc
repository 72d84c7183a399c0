// Implements policy/market/exchange.h.
#include "policy/market/exchange.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <set>
#include <utility>

namespace starling {
namespace {

constexpr double kMinimumWorth = 1e12;  // more requests than anyone else can miss

/// How far each trader is into its gains and losses.
struct Progress {
  std::size_t bought = 0;
  std::size_t sold = 0;
  bool refused = false;
};

class Round {
 public:
  Round(std::vector<Trader>& traders, const ExchangeActions& actions,
        const ExchangeOptions& options)
      : traders_(traders), actions_(actions), options_(options), progress_(traders.size()) {
    for (std::size_t i = 0; i < traders.size(); ++i) {
      progress_[i].bought = static_cast<std::size_t>(traders[i].promised);
      traders[i].have += traders[i].promised;
    }
  }

  void hand_out() {
    while (const auto buyer = highest_gain(options_.worth_keeping)) {
      if (actions_.start(*buyer)) {
        bought(*buyer);
      } else {
        progress_[*buyer].refused = true;
      }
    }
    for (Progress& progress : progress_) progress.refused = false;
  }

  void move() {
    while (const auto buyer = highest_gain(options_.worth_having)) {
      const auto seller = lowest_loss(*buyer);
      const double gain = gain_of(*buyer);
      if (!seller || !pays(gain, loss_of(*seller), options_)) {
        // Those who gain less may still be served by somebody who could not serve this one.
        if (declined_.empty()) return;
        progress_[*buyer].refused = true;
        continue;
      }
      if (!actions_.move({*seller, *buyer, gain, loss_of(*seller)})) {
        declined_.emplace(*seller, *buyer);
        continue;
      }
      bought(*buyer);
      ++progress_[*seller].sold;
      --traders_[*seller].have;
    }
  }

 private:
  void bought(std::size_t trader) {
    ++progress_[trader].bought;
    ++traders_[trader].have;
  }
  double gain_of(std::size_t i) const {
    const auto& gains = traders_[i].values.gains;
    const double gain = progress_[i].bought < gains.size() ? gains[progress_[i].bought] : 0;
    return traders_[i].have < traders_[i].min ? gain + kMinimumWorth : gain;
  }
  double loss_of(std::size_t i) const { return traders_[i].values.losses[progress_[i].sold]; }

  /// Of those that gain enough; beyond its wish a trader must gain more than `beyond_wish`.
  std::optional<std::size_t> highest_gain(double beyond_wish) const {
    std::optional<std::size_t> best;
    for (std::size_t i = 0; i < traders_.size(); ++i) {
      const Trader& trader = traders_[i];
      if (progress_[i].refused || progress_[i].sold > 0 || trader.have >= trader.max) continue;
      const bool wishes = trader.have < trader.wish;
      if (gain_of(i) <= (wishes ? options_.worth_having : beyond_wish)) continue;
      if (!best || gain_of(i) > gain_of(*best)) best = i;
    }
    return best;
  }

  std::optional<std::size_t> lowest_loss(std::size_t buyer) const {
    std::optional<std::size_t> best;
    for (std::size_t i = 0; i < traders_.size(); ++i) {
      const Trader& trader = traders_[i];
      if (i == buyer || progress_[i].bought > 0 || trader.have <= trader.min) continue;
      if (progress_[i].sold >= trader.values.losses.size() || declined_.contains({i, buyer})) {
        continue;
      }
      if (!best || loss_of(i) < loss_of(*best)) best = i;
    }
    return best;
  }

  std::vector<Trader>& traders_;
  const ExchangeActions& actions_;
  const ExchangeOptions& options_;
  std::vector<Progress> progress_;
  std::set<std::pair<std::size_t, std::size_t>> declined_;  // moves that cannot be: seller, buyer
};

}  // namespace

bool pays(double gain, double loss, const ExchangeOptions& options) {
  return gain - loss > options.margin && gain > options.advantage * loss;
}

int given_back(const ReplicaValues& values, int beyond_wish, const ExchangeOptions& options) {
  if (!values.gains.empty() && values.gains.front() > options.worth_keeping) return 0;
  const auto& losses = values.losses;
  const auto first_kept = std::find_if(losses.begin(), losses.end(),
                                       [&](double loss) { return loss > options.margin; });
  return std::clamp(static_cast<int>(first_kept - losses.begin()), 0, std::max(0, beyond_wish));
}

void trade(std::vector<Trader>& traders, const ExchangeActions& actions,
           const ExchangeOptions& options) {
  Round round(traders, actions, options);
  round.hand_out();
  round.move();
}

}  // namespace starling
