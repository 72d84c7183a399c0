// Implements apps/lab/federated_study.h.
#include "apps/lab/federated_study.h"

#include <algorithm>
#include <cmath>
#include <deque>
#include <limits>
#include <map>
#include <memory>
#include <numeric>

#include "base/rng.h"
#include "forecast/meta/newest_quarter.h"

namespace starling::lab {
namespace {

using federated::GossipNode;
using federated::Outgoing;

constexpr Duration kRound{1h};  // of virtual time
constexpr TimePoint kBegin{Duration(std::chrono::hours(24 * 365 * 50))};
enum Stream : std::uint64_t { kDeal, kStart, kNodes, kGossip = 1000, kLies = 2000 };

struct Windows {
  std::vector<Example> learn;
  std::vector<Example> judge;
};

/// Windows to learn from all end before the newest quarter of the time begins, where the others
/// judge.
Windows windows_of(const std::vector<Series>& workloads, Regime regime) {
  Windows windows;
  const auto add = [](std::vector<Example> from, std::vector<Example>& to) {
    std::move(from.begin(), from.end(), std::back_inserter(to));
  };
  for (const Series& series : workloads) {
    add(before_newest_quarter(series, regime), windows.learn);
    add(newest_quarter(series, regime), windows.judge);
  }
  return windows;
}

void point_to(const std::vector<Example>& windows, std::vector<const Example*>& pointers) {
  for (const Example& one : windows) pointers.push_back(&one);
}
std::vector<const Example*> pointers_to(const std::vector<Example>& windows) {
  std::vector<const Example*> pointers;
  point_to(windows, pointers);
  return pointers;
}

/// The version that did best by the node's own windows.
struct Best {
  std::vector<float> weights;
  double loss = std::numeric_limits<double>::infinity();
  void offer(const std::vector<float>& candidate, double candidate_loss) {
    if (!(candidate_loss < loss)) return;
    weights = candidate;
    loss = candidate_loss;
  }
};

std::vector<float> difference(const std::vector<float>& a, const std::vector<float>& b) {
  std::vector<float> result(a.size());
  std::transform(a.begin(), a.end(), b.begin(), result.begin(), std::minus<>());
  return result;
}
std::vector<float> sum(const std::vector<float>& a, const std::vector<float>& b) {
  std::vector<float> result(a.size());
  std::transform(a.begin(), a.end(), b.begin(), result.begin(), std::plus<>());
  return result;
}

/// A node that trains, tells and listens.
struct Peer {
  std::string name;
  std::size_t index = 0;
  bool poisoned = false;
  LocalTrainer trainer;
  WindowJudge judge;
  GossipNode gossip;
  federated::Compressor compressor;
  Rng lies;
  std::vector<float> weights;
  std::vector<float> before;  // as the round began
  std::vector<float> velocity;
};

std::vector<float> lie(Peer& peer, std::vector<float> honest, Attack attack) {
  constexpr Attack kAll[] = {Attack::kFlip, Attack::kScale, Attack::kNoise};
  if (attack == Attack::kMix) attack = kAll[peer.index % 3];
  double squares = 0;
  for (const float value : honest)
    squares += static_cast<double>(value) * static_cast<double>(value);
  const double deviation = std::sqrt(squares / static_cast<double>(honest.size()));
  for (float& value : honest) {
    value = attack == Attack::kFlip    ? -value
            : attack == Attack::kScale ? 10 * value
                                       : static_cast<float>(deviation * peer.lies.normal());
  }
  return honest;
}

class Study {
 public:
  Study(const FederatedData& data, const FederatedOptions& options,
        const std::function<bool(const RoundState&)>& go_on);
  Result<FederatedOutcome> run();

 private:
  Status prepare();
  void together();
  void alone();
  void central();
  void round(int number);
  void exchange(std::vector<Outgoing> out, TimePoint now);
  void adopt(Peer& peer, TimePoint now);
  LocalTrainer trainer_of(std::vector<const Example*> windows, std::uint64_t stream, int batch,
                          const federated::PrivacyOptions& privacy) const;
  bool tell(const std::string& phase);
  double honest_mean(const std::function<double(const Peer&)>& value) const;

  const FederatedOptions& options_;
  const FederatedData& data_;
  const std::function<bool(const RoundState&)>& go_on_;
  NetworkShape shape_;
  Rng root_;
  std::vector<Windows> windows_;
  Windows held_out_;
  std::unique_ptr<WindowJudge> test_;
  std::vector<float> start_;
  std::vector<Peer> peers_;
  std::vector<std::string> names_;
  FederatedOutcome outcome_;
  int done_ = 0;
};

Study::Study(const FederatedData& data, const FederatedOptions& options,
             const std::function<bool(const RoundState&)>& go_on)
    : options_(options),
      data_(data),
      go_on_(go_on),
      shape_{options.regime, options.hidden},
      root_(options.seed) {}

LocalTrainer Study::trainer_of(std::vector<const Example*> windows, std::uint64_t stream, int batch,
                               const federated::PrivacyOptions& privacy) const {
  Rng rng = root_.split(stream);
  return LocalTrainer(std::move(windows), {.shape = shape_,
                                           .seed = rng(),
                                           .steps = options_.rounds * options_.local_steps,
                                           .batch = batch,
                                           .rate = options_.rate,
                                           .privacy = privacy});
}

Status Study::prepare() {
  for (const auto& workloads : data_.nodes) {
    windows_.push_back(windows_of(workloads, shape_.regime));
    if (windows_.back().learn.empty() || windows_.back().judge.empty()) {
      return fail(ErrorCode::kInvalid,
                  "node {} has no workload that is long enough to learn from and to be judged by: "
                  "give longer "
                  "workloads or fewer nodes",
                  windows_.size());
    }
    outcome_.windows += static_cast<std::int64_t>(windows_.back().learn.size());
  }
  held_out_ = windows_of(data_.held_out, shape_.regime);
  if (held_out_.judge.empty()) {
    return fail(ErrorCode::kInvalid,
                "no held-out workload is long enough to be judged by: give longer workloads");
  }
  outcome_.held_out_windows = static_cast<std::int64_t>(held_out_.judge.size());
  test_ = std::make_unique<WindowJudge>(pointers_to(held_out_.judge), shape_);
  Rng rng = root_.split(kStart);
  start_ = untrained_weights(shape_, rng());
  outcome_.weights = static_cast<std::int64_t>(start_.size());
  outcome_.untrained = test_->loss(start_);
  const federated::Kind kind{.architecture = 1, .base = 1, .count = start_.size()};
  outcome_.poisoned = static_cast<int>(std::lround(options_.poisoned * options_.nodes));
  for (std::size_t i = 0; i < windows_.size(); ++i) {
    Rng gossip = root_.split(kGossip + i);
    names_.push_back("n" + std::to_string(i));
    peers_.push_back(Peer{
        names_.back(), i, static_cast<int>(i) < outcome_.poisoned,
        trainer_of(pointers_to(windows_[i].learn), kNodes + i, options_.batch, options_.privacy),
        WindowJudge(pointers_to(windows_[i].judge), shape_),
        GossipNode(names_.back(), kind, options_.gossip, gossip()),
        federated::Compressor(kind, options_.encoding), root_.split(kLies + i), start_, start_,
        std::vector<float>(start_.size())});
  }
  return {};
}

bool Study::tell(const std::string& phase) {
  ++done_;
  const int steps = (2 * static_cast<int>(peers_.size()) + 1) * options_.rounds;
  if (go_on_ && !go_on_({phase, done_, steps})) outcome_.interrupted = true;
  return !outcome_.interrupted;
}

double Study::honest_mean(const std::function<double(const Peer&)>& value) const {
  double sum = 0;
  for (const Peer& peer : peers_) sum += peer.poisoned ? 0 : value(peer);
  return sum / static_cast<double>(static_cast<int>(peers_.size()) - outcome_.poisoned);
}

/// Delivers until nothing is under way.
void Study::exchange(std::vector<Outgoing> out, TimePoint now) {
  std::map<std::string, Peer*> by_name;
  for (Peer& peer : peers_) by_name[peer.name] = &peer;
  std::deque<Outgoing> under_way(std::make_move_iterator(out.begin()),
                                 std::make_move_iterator(out.end()));
  while (!under_way.empty()) {
    const Outgoing one = std::move(under_way.front());
    under_way.pop_front();
    for (Outgoing& answer : by_name.at(one.to)->gossip.on_bytes(one.bytes, now)) {
      under_way.push_back(std::move(answer));
    }
  }
}

void Study::adopt(Peer& peer, TimePoint now) {
  const auto own = difference(peer.weights, start_);
  auto merged = sum(start_, federated::merge(own, static_cast<double>(peer.trainer.windows()),
                                             peer.gossip.weights(now, kRound), options_.merge)
                                .values);
  // Nesterov's form (Sutskever et al. 2013), as DiLoCo's outer step has it (Douillard et al. 2023).
  for (std::size_t i = 0; i < merged.size(); ++i) {
    const double step = static_cast<double>(merged[i]) - static_cast<double>(peer.before[i]);
    peer.velocity[i] = static_cast<float>(options_.momentum * peer.velocity[i] + step);
    merged[i] += static_cast<float>(options_.momentum * peer.velocity[i]);
  }
  if (peer.judge.loss(merged) <= peer.judge.loss(peer.before) * (1 + options_.tolerance)) {
    peer.weights = merged;
    if (!peer.poisoned) ++outcome_.adopted;
  } else {
    peer.gossip.count(federated::Reason::kValidation);
  }
}

void Study::round(int number) {
  const TimePoint now = kBegin + number * kRound;
  for (Peer& peer : peers_) {
    peer.before = peer.weights;
    peer.weights = peer.trainer.train(peer.weights, options_.local_steps);
    if (!tell("together")) return;
  }
  // Each node's offer is served before the next one's, as offers of an hour are.
  for (Peer& peer : peers_) {
    auto told = difference(peer.weights, start_);
    if (peer.poisoned) told = lie(peer, std::move(told), options_.attack);
    exchange(peer.gossip.publish(peer.compressor.encode(told), peer.trainer.windows(),
                                 static_cast<std::uint64_t>(number), names_),
             now);
  }
  for (Peer& peer : peers_) adopt(peer, now);
  outcome_.by_round.push_back(
      honest_mean([&](const Peer& peer) { return test_->loss(peer.weights); }));
}

void Study::together() {
  for (int number = 1; number <= options_.rounds && !outcome_.interrupted; ++number) round(number);
  if (!outcome_.by_round.empty()) outcome_.together = outcome_.by_round.back();
  for (const Peer& peer : peers_) {
    if (peer.poisoned) continue;
    outcome_.together_worst = std::max(outcome_.together_worst, test_->loss(peer.weights));
    const auto& counters = peer.gossip.counters();
    const double node_rounds =
        options_.rounds *
        static_cast<double>(peers_.size() - static_cast<std::size_t>(outcome_.poisoned));
    outcome_.bytes_out += static_cast<double>(counters.bytes_out) / node_rounds;
    outcome_.bytes_in += static_cast<double>(counters.bytes_in) / node_rounds;
    outcome_.epsilon = std::max(outcome_.epsilon, peer.trainer.epsilon());
    for (std::size_t i = 0; i < federated::kReasons; ++i)
      outcome_.rejected[i] += counters.rejected[i];
  }
}

void Study::alone() {
  double sum = 0;
  for (Peer& peer : peers_) {
    LocalTrainer trainer = trainer_of(pointers_to(windows_[peer.index].learn), kNodes + peer.index,
                                      options_.batch, options_.privacy);
    std::vector<float> weights = start_;
    Best best;
    for (int round = 0; round < options_.rounds; ++round) {
      weights = trainer.train(weights, options_.local_steps);
      best.offer(weights, peer.judge.loss(weights));
      if (!tell("alone")) return;
    }
    if (!peer.poisoned) sum += test_->loss(best.weights);
  }
  outcome_.alone = sum / static_cast<double>(static_cast<int>(peers_.size()) - outcome_.poisoned);
}

void Study::central() {
  std::vector<const Example*> learn, judge;
  for (const Windows& windows : windows_) {
    point_to(windows.learn, learn);
    point_to(windows.judge, judge);
  }
  const int batch =
      std::min(options_.batch * static_cast<int>(peers_.size()), static_cast<int>(learn.size()));
  LocalTrainer trainer =
      trainer_of(std::move(learn), kNodes + peers_.size(), batch, options_.privacy);
  const WindowJudge own(judge, shape_);
  std::vector<float> weights = start_;
  Best best;
  for (int round = 0; round < options_.rounds; ++round) {
    weights = trainer.train(weights, options_.local_steps);
    best.offer(weights, own.loss(weights));
    if (!tell("central")) return;
  }
  outcome_.central = test_->loss(best.weights);
}

Result<FederatedOutcome> Study::run() {
  if (auto ready = prepare(); !ready) return fail(ready.error());
  for (const auto& phase : {&Study::together, &Study::alone, &Study::central}) {
    (this->*phase)();
    if (outcome_.interrupted) break;
  }
  return outcome_;
}

}  // namespace

Result<FederatedData> deal(std::vector<Series> workloads, int nodes, bool by_kind,
                           std::uint64_t seed) {
  const auto count = static_cast<std::size_t>(nodes);
  const std::size_t kept_out = workloads.size() / 4;
  if (workloads.size() - kept_out < 2 * count) {
    return fail(ErrorCode::kInvalid,
                "{} workloads, one in four of them held out, are too few for {} nodes: each needs "
                "two of its own",
                workloads.size(), nodes);
  }
  std::vector<std::size_t> order(workloads.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  Rng rng = Rng(seed).split(kDeal);
  for (std::size_t i = order.size() - 1; i > 0; --i) std::swap(order[i], order[rng.below(i + 1)]);
  if (by_kind) std::sort(order.begin() + static_cast<std::ptrdiff_t>(kept_out), order.end());
  FederatedData data;
  data.nodes.resize(count);
  for (std::size_t i = 0; i < order.size(); ++i) {
    Series& series = workloads[order[i]];
    if (i < kept_out) {
      data.held_out.push_back(std::move(series));
    } else {
      const std::size_t at = i - kept_out;
      data.nodes[by_kind ? at * count / (order.size() - kept_out) : at % count].push_back(
          std::move(series));
    }
  }
  return data;
}

Result<FederatedOutcome> study_federated(const FederatedData& data, const FederatedOptions& options,
                                         const std::function<bool(const RoundState&)>& go_on) {
  return Study(data, options, go_on).run();
}

}  // namespace starling::lab
