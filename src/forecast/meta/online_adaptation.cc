// Implements forecast/meta/online_adaptation.h.
#include "forecast/meta/online_adaptation.h"

#include <algorithm>

namespace starling::meta {
namespace {

constexpr std::size_t kTasksAtOnce = 64;  // bounds the memory of a batch of windows
constexpr std::size_t kForecastsAtOnce = 512;
constexpr int kSupportMax = 12;
constexpr int kSupportMin = 8;
constexpr int kHeldBackMin = 4;
constexpr int kHeldBackMax = 6;

/// Where a past is cut, how far apart the origins of its windows lie, and how many of the newest
/// judge: none where it is too short. Windows far apart share few outcomes, so that a dozen do for
/// what all of them would cost several times as much.
struct Cut {
  std::size_t support_end = 0;
  int stride = 1;
  int judged = 0;
  int judged_stride = 1;
};

Cut cut_of(std::size_t points) {
  if (points < 2 * kNetHorizon) return {};
  // The newest quarter judges, but never less than what gives kHeldBackMin outcomes of their own.
  const std::size_t newest = std::max<std::size_t>(points / 4, kNetHorizon + kHeldBackMin);
  const auto stride = [](std::size_t origins, int windows) {
    return std::clamp(static_cast<int>(origins) / windows, 1, kNetHorizon);
  };
  const std::size_t learning =
      points - newest - std::min<std::size_t>(points - newest, kNetHorizon + kKnownMin);
  const std::size_t judging = newest - kNetHorizon + 1;
  const int apart = stride(judging, kHeldBackMax);
  return {.support_end = points - newest,
          .stride = stride(learning, kSupportMax),
          .judged = std::min(kHeldBackMax, static_cast<int>(judging - 1) / apart + 1),
          .judged_stride = apart};
}

/// Examples of several tasks as one batch; shorter tasks are filled up with gaps.
net::Batch padded_batch(const std::vector<const std::vector<Example>*>& tasks) {
  std::size_t longest = 0;
  for (const auto* task : tasks) longest = std::max(longest, task->size());
  std::vector<const Example*> examples;
  for (const auto* task : tasks) {
    for (std::size_t i = 0; i < longest; ++i) {
      examples.push_back(i < task->size() ? &(*task)[i] : nullptr);
    }
  }
  return net::batch_of(std::span<const Example* const>(examples),
                       static_cast<std::int64_t>(tasks.size()));
}

std::vector<float> losses(const Losses& of, const Film& film) {
  const at::NoGradGuard no_gradients;
  const at::Tensor each = of(film).contiguous();
  return {each.data_ptr<float>(), each.data_ptr<float>() + each.numel()};
}

/// The films of several models side by side.
Film stacked(const std::vector<const Film*>& ones) {
  Film together;
  for (std::size_t i = 0; i < ones.front()->size(); ++i) {
    std::vector<at::Tensor> parts;
    for (const Film* one : ones) parts.push_back((*one)[i]);
    together.push_back(at::cat(parts, 0));
  }
  return together;
}

Film task_of(const Film& film, std::int64_t task) {
  Film one;
  for (const at::Tensor& tensor : film) one.push_back(tensor.narrow(0, task, 1).clone());
  return one;
}

}  // namespace

/// A model's past, cut in two: windows to learn from, and the newest ones to judge by.
struct OwnWeights::Split {
  Split() = default;
  Split(const HistoryView& history, Regime regime) {
    const std::size_t size = history.values.size();
    const Cut cut = cut_of(size);
    if (history.present.size() != size || cut.judged == 0) return;
    // An outcome of the support ends before the first held-back origin: nothing leaks.
    support = examples_of(slice(history, 0, cut.support_end), regime, cut.stride, kSupportMax);
    held_back = examples_of(history, regime, cut.judged_stride, cut.judged);
  }

  std::vector<Example> support;
  std::vector<Example> held_back;
};

std::vector<AdaptReport> OwnWeights::adapt(const net::Networks& shared,
                                           std::span<const NamedHistory> histories, int steps) {
  std::vector<AdaptReport> reports(histories.size());
  std::vector<Split> splits(histories.size());
  std::vector<std::size_t> chosen;
  const auto flush = [&](Regime regime) {
    if (!chosen.empty()) adapt_together(shared, regime, splits, chosen, steps, reports);
    for (const std::size_t i : chosen) splits[i] = {};
    chosen.clear();
  };
  for (const Regime regime : kRegimes) {
    for (std::size_t i = 0; i < histories.size(); ++i) {
      if (shared.regime_for(histories[i].history) != regime) continue;
      AdaptReport& report = reports[i];
      report.model = histories[i].model;
      splits[i] = Split(histories[i].history, regime);
      report.support = static_cast<int>(splits[i].support.size());
      report.held_back = static_cast<int>(splits[i].held_back.size());
      if (report.support >= kSupportMin && report.held_back >= kHeldBackMin) {
        chosen.push_back(i);
      } else {
        report.reason =
            fmt::format("{} windows to learn from and {} to judge by; it takes {} and {}",
                        report.support, report.held_back, kSupportMin, kHeldBackMin);
        forget(report.model);
      }
      if (chosen.size() == kTasksAtOnce) flush(regime);
    }
    flush(regime);
  }
  return reports;
}

void OwnWeights::adapt_together(const net::Networks& shared, Regime regime,
                                const std::vector<Split>& splits,
                                const std::vector<std::size_t>& chosen, int steps,
                                std::vector<AdaptReport>& reports) {
  InnerLoop loop = loop_;
  if (steps > 0) loop.steps = steps;
  std::vector<const std::vector<Example>*> support, held_back;
  std::vector<const Film*> starts;
  const net::Weights& one = shared.weights(regime);
  const Film unadapted = film_of(one, 1);
  for (const std::size_t i : chosen) {
    support.push_back(&splits[i].support);
    held_back.push_back(&splits[i].held_back);
    const Film* own = find(reports[i].model, regime);
    starts.push_back(own != nullptr ? own : &unadapted);
  }
  const Film from = stacked(starts);
  const Film fast = adapted_film(one, from, padded_batch(support), loop);
  const Losses judges = film_losses(one, padded_batch(held_back));
  const auto before = losses(judges, film_of(one, static_cast<std::int64_t>(chosen.size())));
  const bool any_warm = std::any_of(starts.begin(), starts.end(),
                                    [&](const Film* start) { return start != &unadapted; });
  const auto earlier = any_warm ? losses(judges, from) : before;
  const auto after = losses(judges, fast);
  for (std::size_t k = 0; k < chosen.size(); ++k) {
    AdaptReport& report = reports[chosen[k]];
    const bool warm = starts[k] != &unadapted;
    const bool stays = warm && earlier[k] <= after[k];
    report.loss_before = before[k];
    report.loss_after = stays ? earlier[k] : after[k];
    report.adapted = report.loss_after < report.loss_before * (1 - options_.gain_min);
    const auto task = static_cast<std::int64_t>(k);
    Film best = report.adapted ? task_of(stays ? from : fast, task) : Film{};
    forget(report.model);
    if (report.adapted) keep(report.model, regime, std::move(best));
    report.reason = fmt::format(
        "loss on {} held-back windows: shared {:.4f}, adapted {:.4f} ({} steps from {} weights on "
        "{} "
        "windows){}",
        report.held_back, before[k], after[k], loop.steps, warm ? "its own" : "the shared",
        report.support, stays ? fmt::format(", before these steps {:.4f}", earlier[k]) : "");
  }
}

void OwnWeights::keep(const std::string& model, Regime regime, Film film) {
  own_[model] = {regime, std::move(film), ++adaptations_};
  if (own_.size() <= static_cast<std::size_t>(std::max(1, options_.models_max))) return;
  own_.erase(std::min_element(own_.begin(), own_.end(), [](const auto& a, const auto& b) {
    return a.second.order < b.second.order;
  }));
}

const Film* OwnWeights::find(const std::string& model, Regime regime) const {
  const auto found = own_.find(model);
  if (found == own_.end() || found->second.regime != regime) return nullptr;
  return &found->second.film;
}

std::int64_t adaptation_windows(std::size_t points) {
  const Cut cut = cut_of(points);
  const auto support = static_cast<int>(cut.support_end) / cut.stride;
  return cut.judged == 0 ? 0 : std::min(kSupportMax, support) + cut.judged;
}

std::vector<Forecast> forecast_adapted(const net::Networks& shared,
                                       std::span<const HistoryView> histories,
                                       const std::vector<std::optional<Encoded>>& encoded,
                                       const std::vector<const Film*>& films, int horizon,
                                       const std::string& method) {
  std::vector<Forecast> forecasts(histories.size());
  for (const Regime regime : kRegimes) {
    std::vector<std::size_t> asked;
    for (std::size_t i = 0; i < histories.size(); ++i) {
      if (films[i] != nullptr && encoded[i] && encoded[i]->regime == regime) asked.push_back(i);
    }
    for (std::size_t first = 0; first < asked.size(); first += kForecastsAtOnce) {
      const std::size_t last = std::min(asked.size(), first + kForecastsAtOnce);
      std::vector<const Film*> ones;
      std::vector<const Encoded*> inputs;
      for (std::size_t k = first; k < last; ++k) {
        ones.push_back(films[asked[k]]);
        inputs.push_back(&*encoded[asked[k]]);
      }
      const auto tasks = static_cast<std::int64_t>(ones.size());
      const net::Batch batch = net::batch_of(std::span<const Encoded* const>(inputs), tasks);
      const at::Tensor answer =
          film_quantiles(shared.weights(regime), stacked(ones), batch).contiguous();
      const float* next = answer.data_ptr<float>();
      for (std::size_t k = first; k < last; ++k, next += kNetHorizon * kQuantileLevels.size()) {
        const std::size_t i = asked[k];
        forecasts[i] = net::unscaled(histories[i], *encoded[i], next, horizon, method);
      }
    }
  }
  return forecasts;
}

}  // namespace starling::meta
