#include "sim/request_sim.h"

#include <algorithm>
#include <cassert>

#include "policy/market/exchange.h"
#include "sim/capacity.h"
#include "sim/sim_model.h"

namespace starling {
namespace {

Result<std::vector<Forecast>> forecast_all(const std::vector<SimModel>& models,
                                           const Forecaster* forecaster, double t) {
  if (forecaster == nullptr) return std::vector<Forecast>{};
  std::vector<HistoryView> histories;
  int horizon = 1;
  for (const auto& model : models) {
    histories.push_back(model.history(t));
    horizon = std::max(horizon, model.horizon());
  }
  return forecaster->forecast(histories, horizon);
}

/// Makes the models follow their wishes as far as there is room.
void follow_wishes(std::vector<SimModel>& models, Capacity& capacity, double t) {
  for (auto& model : models) {
    while (model.have() > model.wish()) model.remove(t);
    // Without a release time an idle replica's room is free at once.
    model.free_terminated(t, capacity);
    while (model.have() < model.wish() && model.add_from_terminating(t, capacity)) {
    }
  }
  std::vector<bool> refused(models.size(), false);
  while (true) {
    std::size_t neediest = models.size();
    for (std::size_t i = 0; i < models.size(); ++i) {
      if (refused[i] || models[i].have() >= models[i].wish()) continue;
      if (neediest == models.size() || models[i].need() > models[neediest].need()) neediest = i;
    }
    if (neediest == models.size()) break;
    auto& model = models[neediest];
    refused[neediest] = !model.start(t, capacity);
  }
}

/// How one capacity is shared: by wishes while these fit with room to spare, by value
/// while they do not.
class Sharing {
 public:
  void apply(std::vector<SimModel>& models, Capacity& capacity, double t) {
    std::vector<int> before;
    for (auto& model : models) {
      before.push_back(model.have());
      model.free_terminated(t, capacity);
    }
    if (by_value(models, capacity, t)) {
      trade(models, capacity, t);
    } else {
      promised_.clear();
      follow_wishes(models, capacity, t);
    }
    for (std::size_t i = 0; i < models.size(); ++i) {
      if (models[i].have() != before[i]) models[i].count_action();
    }
  }

 private:
  /// A capacity that was short may be short again before a start would have helped: spare room is
  /// handed out ahead for so long.
  static constexpr double kShortMemoryS = 1800;
  /// Of the capacity: beyond it there is no room for the surges of several models at once, and what
  /// is spare may do more good where it would save much than idle.
  static constexpr double kTightShare = 0.75;

  /// A replica that was sold and whose room the buyer gets once it is free.
  struct Promise {
    std::size_t buyer;
    double due;
  };

  bool by_value(const std::vector<SimModel>& models, const Capacity& capacity, double t) {
    Resources wished{0, 0};
    bool valued = true;
    for (const auto& model : models) {
      wished.cpu_millis += model.wish() * model.size().cpu_millis;
      wished.memory_bytes += model.wish() * model.size().memory_bytes;
      valued = valued && !model.values().gains.empty();
    }
    const Resources all = capacity.open_total(t);
    const auto tight = [](std::int64_t wanted, std::int64_t room) {
      return static_cast<double>(wanted) > kTightShare * static_cast<double>(room);
    };
    if (tight(wished.cpu_millis, all.cpu_millis) || tight(wished.memory_bytes, all.memory_bytes))
      short_until_ = t + kShortMemoryS;
    return valued && t < short_until_;
  }

  void trade(std::vector<SimModel>& models, Capacity& capacity, double t) {
    const auto start = [&](std::size_t buyer) {
      SimModel& model = models[buyer];
      return model.add_from_terminating(t, capacity) || model.start(t, capacity);
    };
    std::vector<Trader> traders;
    for (const auto& model : models) {
      traders.push_back({model.values(), model.have(), 0, model.spec().replicas.min,
                         model.spec().replicas.max, model.wish()});
    }
    // Values are of what a model had when it decided: what is delivered now is beyond that, as what
    // is still to come.
    for (const Promise& promise : promised_) ++traders[promise.buyer].promised;
    std::erase_if(promised_, [&](const Promise& promise) {
      if (promise.due > t || start(promise.buyer)) return promise.due <= t;
      const bool given_up = promise.due + kPatienceS <= t;
      if (given_up) --traders[promise.buyer].promised;
      return given_up;
    });
    for (std::size_t i = 0; i < models.size(); ++i) give_back(models[i], traders[i], t);
    for (auto& model : models) model.free_terminated(t, capacity);
    const auto move = [&](const Move& wanted) {
      SimModel& seller = models[wanted.seller];
      if (!seller.makes_room_for(models[wanted.buyer].size(), t, capacity)) return false;
      promised_.push_back({wanted.buyer, seller.sell(t)});
      return true;
    };
    starling::trade(traders, {start, move});
    for (auto& model : models) model.free_terminated(t, capacity);
    std::erase_if(promised_,
                  [&](const Promise& promise) { return promise.due <= t && start(promise.buyer); });
  }

  static void give_back(SimModel& model, Trader& trader, double t) {
    if (trader.promised > 0) return;
    auto& losses = trader.values.losses;
    const int gone = given_back(trader.values, trader.have - std::max(trader.wish, trader.min), {});
    for (int i = 0; i < gone; ++i) model.remove(t);
    trader.have -= gone;
    if (gone > 0) trader.max = std::min(trader.max, trader.have);
    losses.erase(losses.begin(), losses.begin() + gone);
  }

  static constexpr double kPatienceS = 60;  // for room that somebody else took
  double short_until_ = -1;
  std::vector<Promise> promised_;
};

}  // namespace

Result<std::vector<ModelOutcome>> simulate(const Scenario& scenario, std::vector<ModelRun> runs,
                                           const Forecaster* forecaster, std::uint64_t seed,
                                           const SimulationWatch& watch) {
  assert(runs.size() == scenario.models.size());
  const Rng root(seed);
  Capacity capacity(scenario.nodes, scenario.evictions);
  Sharing sharing;
  std::vector<SimModel> models;
  models.reserve(runs.size());
  std::size_t intervals = 0;
  for (std::size_t i = 0; i < runs.size(); ++i) {
    const auto& spec = scenario.models[i];
    const int initial = runs[i].initial;
    intervals = std::max(intervals, spec.demand.size());
    models.emplace_back(spec, scenario, std::move(runs[i]), root.split(i));
    for (int n = 0; n < initial && models.back().add_ready(0, capacity); ++n) {
    }
  }

  TimelineRecorder recorder(watch.timeline, models.size());
  const double end = static_cast<double>(intervals) * seconds(scenario.trace_interval);
  const double step = seconds(scenario.decision_interval);
  for (std::uint64_t k = 1; static_cast<double>(k) * step < end; ++k) {
    const double t = static_cast<double>(k) * step;
    for (auto& model : models) {
      model.run_until(t, capacity);
      model.observe(t);
    }
    const auto forecasts = forecast_all(models, forecaster, t);
    if (!forecasts) return fail(forecasts.error());
    for (std::size_t i = 0; i < models.size(); ++i) {
      models[i].decide(forecasts->empty() ? nullptr : &(*forecasts)[i]);
      models[i].record(i, t, recorder);
    }
    for (auto& model : models) model.resize(t, capacity);
    sharing.apply(models, capacity, t);
    if (watch.progress) watch.progress(t / end);
  }

  std::vector<ModelOutcome> outcomes;
  for (auto& model : models) outcomes.push_back(model.finish(end, capacity));
  return outcomes;
}

}  // namespace starling
