// Implements policy/market/exchange.h.
#include "policy/market/exchange.h"

#include <cstdint>
#include <optional>

namespace starling {
namespace {

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
    while (const auto buyer = highest_gain(options_.worth_having)) {
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
      if (!seller) return;
      const double gain = gain_of(*buyer), loss = loss_of(*seller);
      if (gain - loss <= options_.margin || gain <= options_.advantage * loss) return;
      if (!actions_.move(*seller, *buyer)) {
        progress_[*buyer].refused = true;
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
  double gain_of(std::size_t i) const { return traders_[i].values.gains[progress_[i].bought]; }
  double loss_of(std::size_t i) const { return traders_[i].values.losses[progress_[i].sold]; }

  std::optional<std::size_t> highest_gain(double above) const {
    std::optional<std::size_t> best;
    for (std::size_t i = 0; i < traders_.size(); ++i) {
      const Trader& trader = traders_[i];
      if (progress_[i].refused || progress_[i].sold > 0 || trader.have >= trader.max) continue;
      if (progress_[i].bought >= trader.values.gains.size() || gain_of(i) <= above) continue;
      if (!best || gain_of(i) > gain_of(*best)) best = i;
    }
    return best;
  }

  std::optional<std::size_t> lowest_loss(std::size_t buyer) const {
    std::optional<std::size_t> best;
    for (std::size_t i = 0; i < traders_.size(); ++i) {
      const Trader& trader = traders_[i];
      if (i == buyer || progress_[i].bought > 0 || trader.have <= trader.min) continue;
      if (progress_[i].sold >= trader.values.losses.size()) continue;
      if (!best || loss_of(i) < loss_of(*best)) best = i;
    }
    return best;
  }

  std::vector<Trader>& traders_;
  const ExchangeActions& actions_;
  const ExchangeOptions& options_;
  std::vector<Progress> progress_;
};

}  // namespace

void trade(std::vector<Trader>& traders, const ExchangeActions& actions,
           const ExchangeOptions& options) {
  Round round(traders, actions, options);
  round.hand_out();
  round.move();
}

}  // namespace starling
