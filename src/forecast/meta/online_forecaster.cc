// Implements forecast/meta/online_forecaster.h.
#include "forecast/meta/online_forecaster.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <map>
#include <set>

#include "forecast/baselines.h"
#include "forecast/meta/inner_loop.h"
#include "forecast/net/inference.h"

namespace starling {
namespace {

constexpr std::size_t kTasksAtOnce = 16;  // bounds the memory of a batch of adapted networks
constexpr int kSupportMax = 64;
constexpr int kSupportMin = 8;
constexpr int kHeldBackMin = 4;

/// A model's past, cut in two: windows to learn from, and the newest ones to judge by.
struct Split {
  std::vector<Example> support;
  std::vector<Example> held_back;
};

Split split_history(const HistoryView& history) {
  const std::size_t size = history.values.size();
  if (history.present.size() != size || size < 2 * kNetHorizon) return {};
  // The newest quarter judges, but never less than what gives kHeldBackMin outcomes of their own.
  const std::size_t newest = std::max<std::size_t>(size / 4, kNetHorizon + kHeldBackMin);
  const std::size_t cut = size - newest;
  const int stride = std::clamp(static_cast<int>(size / kSupportMax), 1, kNetHorizon);
  const int judged = static_cast<int>(newest - kNetHorizon) / stride + 1;
  // An outcome of the support ends before the first held-back origin: nothing leaks.
  return {.support = examples_of(slice(history, 0, cut), stride, kSupportMax),
          .held_back = examples_of(history, stride, judged)};
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

std::vector<float> losses(const net::Weights& weights, const net::Batch& batch) {
  const at::NoGradGuard no_gradients;
  const at::Tensor each = net::pinball(net::quantiles(weights, batch), batch).contiguous();
  return {each.data_ptr<float>(), each.data_ptr<float>() + each.numel()};
}

/// The mean pinball loss of exponential smoothing on the same windows that judge the networks.
float ses_loss(const HistoryView& history, const std::vector<Example>& held_back) {
  std::vector<HistoryView> pasts;
  std::vector<const Example*> judges;
  for (const Example& example : held_back) {
    pasts.push_back(slice(history, 0, example.origin));
    judges.push_back(&example);
  }
  const auto forecasts = make_forecaster("ses").value()->forecast(pasts, kNetHorizon);
  if (!forecasts) return std::numeric_limits<float>::infinity();
  std::vector<float> scaled;
  for (std::size_t i = 0; i < judges.size(); ++i) {
    const Encoded& scale = judges[i]->history;
    for (const Quantiles& step : (*forecasts)[i].steps) {
      for (const double q : step) {
        scaled.push_back(static_cast<float>((q - scale.level) / scale.spread));
      }
    }
  }
  const net::Batch batch = net::batch_of(std::span<const Example* const>(judges), 1);
  const auto count = static_cast<std::int64_t>(judges.size());
  const at::Tensor quantiles = at::from_blob(
      scaled.data(), {1, count, kNetHorizon, static_cast<std::int64_t>(kQuantileLevels.size())},
      at::kFloat);
  return net::pinball(quantiles, batch).item<float>();
}

/// The networks of several models side by side.
net::Weights stacked(const std::vector<const net::Weights*>& ones) {
  net::Weights together;
  for (std::size_t i = 0; i < ones.front()->size(); ++i) {
    std::vector<at::Tensor> parts;
    for (const net::Weights* one : ones) parts.push_back((*one)[i]);
    together.push_back(at::cat(parts, 0));
  }
  return together;
}

net::Weights task_of(const net::Weights& weights, std::int64_t task) {
  net::Weights one;
  for (const at::Tensor& tensor : weights) one.push_back(tensor.narrow(0, task, 1).clone());
  return one;
}

struct AdaptedModel {
  net::Weights weights;
  std::uint64_t order = 0;  // rises with each adaptation
};

}  // namespace

struct OnlineForecaster::Impl {
  OnlineOptions options;
  net::Weights shared;
  meta::InnerLoop loop;
  std::string method;
  std::map<std::string, AdaptedModel> own;
  std::set<std::string> smoothed;
  std::uint64_t adaptations = 0;

  void forget(const std::string& model) {
    own.erase(model);
    smoothed.erase(model);
  }

  void keep(const std::string& model, net::Weights weights) {
    own[model] = {std::move(weights), ++adaptations};
    if (own.size() <= static_cast<std::size_t>(std::max(1, options.models_max))) return;
    own.erase(std::min_element(own.begin(), own.end(), [](const auto& a, const auto& b) {
      return a.second.order < b.second.order;
    }));
  }

  /// Adapts to the tasks `chosen` in one batch and applies the gate to each.
  void adapt_together(std::span<const NamedHistory> histories, const std::vector<Split>& splits,
                      const std::vector<std::size_t>& chosen, const meta::InnerLoop& inner,
                      std::vector<AdaptReport>& reports);

  /// Who forecasts this model from now on, by its losses. `fast` gives the weights if they are
  /// wanted.
  template <typename FastWeights>
  void judge(AdaptReport& report, FastWeights fast);

  /// Fills in the forecasts of the models that have weights of their own, in batches.
  void forecast_adapted(std::span<const HistoryView> histories,
                        const std::vector<std::optional<Encoded>>& encoded,
                        const std::vector<const net::Weights*>& weights, int horizon,
                        std::vector<Forecast>& forecasts) const;
};

template <typename FastWeights>
void OnlineForecaster::Impl::judge(AdaptReport& report, FastWeights fast) {
  forget(report.model);
  report.adapted = report.loss_after < report.loss_before * (1 - options.gain_min);
  const double network = report.adapted ? report.loss_after : report.loss_before;
  report.smoothed = report.loss_ses < network * (1 - options.ses_gain_min);
  if (report.smoothed) {
    report.adapted = false;
    smoothed.insert(report.model);
  }
  if (report.adapted) keep(report.model, fast());
}

void OnlineForecaster::Impl::adapt_together(std::span<const NamedHistory> histories,
                                            const std::vector<Split>& splits,
                                            const std::vector<std::size_t>& chosen,
                                            const meta::InnerLoop& inner,
                                            std::vector<AdaptReport>& reports) {
  std::vector<const std::vector<Example>*> support, held_back;
  for (const std::size_t i : chosen) {
    support.push_back(&splits[i].support);
    held_back.push_back(&splits[i].held_back);
  }
  const auto tasks = static_cast<std::int64_t>(chosen.size());
  const net::Weights copies = net::replicate(shared, tasks);
  const net::Weights fast = meta::adapted(copies, padded_batch(support), inner);
  const net::Batch judges = padded_batch(held_back);
  const std::vector<float> before = losses(copies, judges);
  const std::vector<float> after = losses(fast, judges);
  for (std::size_t k = 0; k < chosen.size(); ++k) {
    const std::size_t i = chosen[k];
    AdaptReport& report = reports[i];
    report.loss_before = before[k];
    report.loss_after = after[k];
    report.loss_ses = ses_loss(histories[i].history, splits[i].held_back);
    judge(report, [&] { return task_of(fast, static_cast<std::int64_t>(k)); });
    report.reason = fmt::format(
        "loss on {} held-back windows: shared {:.4f}, adapted {:.4f} ({} steps on {} windows), "
        "smoothing {:.4f}",
        report.held_back, before[k], after[k], inner.steps, report.support, report.loss_ses);
  }
}

void OnlineForecaster::Impl::forecast_adapted(std::span<const HistoryView> histories,
                                              const std::vector<std::optional<Encoded>>& encoded,
                                              const std::vector<const net::Weights*>& weights,
                                              int horizon, std::vector<Forecast>& forecasts) const {
  const at::NoGradGuard no_gradients;
  std::vector<std::size_t> asked;
  for (std::size_t i = 0; i < histories.size(); ++i) {
    if (weights[i] != nullptr && encoded[i]) asked.push_back(i);
  }
  for (std::size_t first = 0; first < asked.size(); first += kTasksAtOnce) {
    const std::size_t last = std::min(asked.size(), first + kTasksAtOnce);
    std::vector<const net::Weights*> ones;
    std::vector<const Encoded*> inputs;
    for (std::size_t k = first; k < last; ++k) {
      ones.push_back(weights[asked[k]]);
      inputs.push_back(&*encoded[asked[k]]);
    }
    const auto tasks = static_cast<std::int64_t>(ones.size());
    const net::Batch batch = net::batch_of(std::span<const Encoded* const>(inputs), tasks);
    const at::Tensor answer = net::quantiles(stacked(ones), batch).contiguous();
    const float* next = answer.data_ptr<float>();
    for (std::size_t k = first; k < last; ++k, next += kNetHorizon * kQuantileLevels.size()) {
      const std::size_t i = asked[k];
      forecasts[i] = net::unscaled(histories[i], *encoded[i], next, horizon, method + "+adapted");
    }
  }
}

Result<OnlineForecaster> OnlineForecaster::load(const std::filesystem::path& artifact,
                                                const OnlineOptions& options) {
  const auto read = read_artifact(artifact);
  if (!read) return fail(read.error());
  return OnlineForecaster(*read, options);
}

OnlineForecaster::OnlineForecaster(const ForecasterArtifact& artifact, const OnlineOptions& options)
    : impl_(std::make_unique<Impl>()) {
  net::use_one_thread();
  impl_->options = options;
  impl_->shared = net::from_payload(artifact.weights, artifact.hidden);
  impl_->loop = {.steps = artifact.inner_steps, .rate = artifact.inner_rate};
  impl_->method = "net-" + artifact.version();
}

OnlineForecaster::~OnlineForecaster() = default;
OnlineForecaster::OnlineForecaster(OnlineForecaster&&) noexcept = default;
OnlineForecaster& OnlineForecaster::operator=(OnlineForecaster&&) noexcept = default;

Result<std::vector<Forecast>> OnlineForecaster::forecast(std::span<const NamedHistory> histories,
                                                         int horizon) const {
  std::vector<HistoryView> views;
  for (const NamedHistory& named : histories) views.push_back(named.history);
  if (auto valid = net::check_histories(views, horizon); !valid) return fail(valid.error());

  std::vector<std::optional<Encoded>> encoded;
  std::vector<std::optional<Encoded>> for_shared;
  std::vector<const net::Weights*> weights;
  for (std::size_t i = 0; i < views.size(); ++i) {
    const auto found = impl_->own.find(histories[i].model);
    weights.push_back(found == impl_->own.end() ? nullptr : &found->second.weights);
    const bool by_network = !impl_->smoothed.contains(histories[i].model);
    encoded.push_back(by_network ? encode(views[i]) : std::nullopt);
    for_shared.push_back(weights.back() == nullptr ? encoded.back() : std::nullopt);
  }
  auto forecasts = net::forecast_all(impl_->shared, views, for_shared, horizon, impl_->method);
  impl_->forecast_adapted(views, encoded, weights, horizon, forecasts);
  if (auto filled = net::fill_with_ses(views, horizon, forecasts); !filled) {
    return fail(filled.error());
  }
  return forecasts;
}

std::vector<AdaptReport> OnlineForecaster::adapt(std::span<const NamedHistory> histories,
                                                 int steps) {
  meta::InnerLoop inner = impl_->loop;
  if (steps > 0) inner.steps = steps;
  std::vector<AdaptReport> reports(histories.size());
  std::vector<Split> splits(histories.size());
  std::vector<std::size_t> chosen;
  const auto flush = [&] {
    if (!chosen.empty()) impl_->adapt_together(histories, splits, chosen, inner, reports);
    for (const std::size_t i : chosen) splits[i] = {};
    chosen.clear();
  };
  for (std::size_t i = 0; i < histories.size(); ++i) {
    AdaptReport& report = reports[i];
    report.model = histories[i].model;
    splits[i] = split_history(histories[i].history);
    report.support = static_cast<int>(splits[i].support.size());
    report.held_back = static_cast<int>(splits[i].held_back.size());
    if (report.support < kSupportMin || report.held_back < kHeldBackMin) {
      report.reason = fmt::format("{} windows to learn from and {} to judge by; it takes {} and {}",
                                  report.support, report.held_back, kSupportMin, kHeldBackMin);
      impl_->forget(report.model);
      continue;
    }
    chosen.push_back(i);
    if (chosen.size() == kTasksAtOnce) flush();
  }
  flush();
  return reports;
}

bool OnlineForecaster::is_adapted(const std::string& model) const {
  return impl_->own.contains(model);
}

void OnlineForecaster::forget(const std::string& model) { impl_->forget(model); }

const std::string& OnlineForecaster::method() const { return impl_->method; }

}  // namespace starling
