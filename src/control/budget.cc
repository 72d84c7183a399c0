#include "control/budget.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

namespace starling {
namespace {

constexpr double kBelowMinimum = 1e12;  // requests: more than any other replica is worth
constexpr double kRounding = 1e-9;      // sums of prices differ by less from what they should be

/// One model while the budget is shared.
struct Share {
  const BudgetModel& model;
  int replicas;

  double cost() const { return replicas * model.price_per_hour; }

  /// What one more would be worth. Beyond what was valued, a replica is worth what the last was.
  double gain() const {
    if (replicas < model.min) return below_minimum(replicas + 1);
    const int more = replicas - model.have;
    return value(more);
  }
  double loss() const {
    if (replicas > model.wish) return 0;
    if (replicas <= model.min) return below_minimum(replicas);
    return value(replicas - 1 - model.have);
  }

 private:
  /// Of the `nth` replica: everybody's first comes before anybody's second.
  double below_minimum(int nth) const { return kBelowMinimum * model.priority / nth; }
  /// Of the replica after have + `more`.
  double value(int more) const {
    const auto at = [&](const std::vector<double>& list, int index) {
      if (list.empty()) return model.priority;
      const auto last = static_cast<int>(list.size()) - 1;
      return list[static_cast<std::size_t>(std::min(index, last))];
    };
    return more >= 0 ? at(model.values.gains, more) : at(model.values.losses, -more - 1);
  }
};

double per_money(double worth, const BudgetModel& model) {
  return worth / std::max(kRounding, model.price_per_hour);
}

class Sharing {
 public:
  Sharing(const std::vector<BudgetModel>& models, double budget, const ExchangeOptions& options)
      : budget_(budget), options_(options) {
    for (const auto& model : models) shares_.push_back({model, model.have});
  }

  std::map<std::string, int> result() {
    while (left() < -kRounding && give_up()) {
    }
    while (take()) {
    }
    constexpr int kSwapsMax = 100;
    for (int i = 0; i < kSwapsMax && swap(); ++i) {
    }
    std::map<std::string, int> allowed;
    for (const Share& share : shares_) allowed[share.model.name] = share.replicas;
    return allowed;
  }

 private:
  double left() const {
    double cost = 0;
    for (const Share& share : shares_) cost += share.cost();
    return budget_ - cost;
  }

  Share* cheapest_to_lose(const Share* but = nullptr) {
    Share* found = nullptr;
    for (Share& share : shares_) {
      if (share.replicas == 0 || &share == but || share.model.price_per_hour <= 0) continue;
      if (found == nullptr ||
          per_money(share.loss(), share.model) < per_money(found->loss(), found->model))
        found = &share;
    }
    return found;
  }

  Share* best_to_gain(double money) {
    Share* found = nullptr;
    for (Share& share : shares_) {
      if (share.replicas >= share.model.wish || share.model.price_per_hour > money + kRounding)
        continue;
      if (found == nullptr ||
          per_money(share.gain(), share.model) > per_money(found->gain(), found->model))
        found = &share;
    }
    return found;
  }

  bool give_up() {
    Share* share = cheapest_to_lose();
    if (share != nullptr) --share->replicas;
    return share != nullptr;
  }

  bool take() {
    Share* share = best_to_gain(left());
    if (share != nullptr) ++share->replicas;
    return share != nullptr;
  }

  /// One replica makes place for one of another model.
  bool swap() {
    Share* buyer = best_to_gain(budget_);
    if (buyer == nullptr) return false;
    Share* seller = cheapest_to_lose(buyer);
    if (seller == nullptr || !pays(buyer->gain(), seller->loss(), options_)) return false;
    if (left() + seller->model.price_per_hour + kRounding < buyer->model.price_per_hour)
      return false;
    --seller->replicas;
    ++buyer->replicas;
    return true;
  }

  double budget_;
  ExchangeOptions options_;
  std::vector<Share> shares_;
};

}  // namespace

std::map<std::string, int> share_budget(const std::vector<BudgetModel>& models, double budget,
                                        const ExchangeOptions& options) {
  return Sharing(models, budget, options).result();
}

std::string text_of(const BudgetPart& part) {
  return fmt::format("budget of tenant {}: {:.2f}/h, {:.2f} in use", part.tenant, part.budget,
                     part.in_use);
}

}  // namespace starling
