// What stand-ins ask of the full agents, and everybody's requests.
#include <algorithm>

#include "control/tender.h"
#include "sim/scale_fleet.h"

namespace starling {
namespace {

constexpr int kGateways = 3;                  // at which a model's requests come in
constexpr double kRate = 4;                   // requests a second of a model, of …
constexpr double kService_s = 0.05;           // … so long
constexpr double kTendersASecond = 1.0 / 60;  // of one model of a stand-in

}  // namespace

/// Requests come in at three gateways of each model, every second; of stand-ins' gateways only
/// what concerns full agents is made.
void ScaleFleet::gateways() {
  const auto second = std::chrono::floor<std::chrono::seconds>(at()) - 1s;
  std::map<std::size_t, std::vector<ModelTraffic>> traffic;
  std::map<std::pair<std::size_t, std::size_t>, TrafficReport> reports;  // stand-in, full agent
  const Agent& known = *nodes_[full_.front()].agent;
  for (std::size_t m = 0; m < specs_.size(); ++m) {
    for (int g = 0; g < kGateways; ++g) {
      const std::size_t at_node =
          (m * 2654435761ULL + static_cast<std::size_t>(g) * 97) % nodes_.size();
      Node& node = nodes_[at_node];
      const auto& order = known.ranked(specs_[m].name);
      const bool told = std::any_of(
          order.begin(),
          order.begin() + static_cast<std::ptrdiff_t>(std::min<std::size_t>(2, order.size())),
          [&](const auto& name) { return nodes_[index_.at(name)].agent != nullptr; });
      if (!node.up || (node.agent == nullptr && !told)) continue;
      ModelTraffic t;
      t.model = specs_[m].name;
      t.arrivals = t.completed = static_cast<std::uint64_t>(rng_.poisson(kRate / kGateways));
      t.in_flight = kRate * kService_s / kGateways;
      t.latency.add(kService_s, t.arrivals);
      t.service_count = t.arrivals;
      t.service_sum_s = kService_s * static_cast<double>(t.arrivals);
      t.service_square_sum = 1.2 * kService_s * t.service_sum_s;
      if (node.agent != nullptr) {
        traffic[at_node].push_back(std::move(t));
        continue;
      }
      for (std::size_t i = 0; i < std::min<std::size_t>(2, order.size()); ++i) {
        const std::size_t to = index_.at(order[i]);
        if (nodes_[to].agent == nullptr) continue;
        auto& report = reports[{at_node, to}];
        report.node = node.info.name;
        report.second = second;
        report.brief = true;
        report.samples.push_back({t.model, t.arrivals, t.completed, 0, 0, t.completed, t.in_flight,
                                  0, t.latency, t.service_sum_s, t.service_square_sum,
                                  t.service_count});
      }
    }
  }
  for (auto& [ends, report] : reports) post(ends.second, std::move(report));
  for (const std::size_t i : full_) {
    if (!nodes_[i].up) continue;
    // A gateway knows every model and reports those without requests, too; here only the agent's
    // own, the others would not be sent.
    auto& seen = traffic[i];
    for (const auto& [model, place] : nodes_[i].agent->specs()) {
      if (!nodes_[i].agent->owner_of(model)) continue;
      if (std::none_of(seen.begin(), seen.end(), [&](const auto& t) { return t.model == model; })) {
        seen.emplace_back();
        seen.back().model = model;
      }
    }
    carry_out(i, nodes_[i].agent->on_traffic(seen, second, at()));
  }
}

/// Stand-ins' owners look for room once in a while; each call goes to so many nodes, by chance.
void ScaleFleet::calls_for_bids() {
  const double owners = static_cast<double>(nodes_.size() - full_.size());
  if (owners <= 0) return;
  const double models = static_cast<double>(models_) / static_cast<double>(nodes_.size());
  const double share =
      std::min(1.0, static_cast<double>(kBiddersMax) / static_cast<double>(nodes_.size()));
  const auto calls = rng_.poisson(owners * models * kTendersASecond * share * seconds(kTick));
  for (const std::size_t to : full_) {
    for (int i = 0; i < static_cast<int>(calls); ++i) {
      const auto& owner = nodes_[rng_.below(nodes_.size())];
      if (owner.agent != nullptr || !owner.up) continue;
      const auto& spec = specs_[rng_.below(specs_.size())];
      const auto request = fmt::format("{}.1/{}/{}", owner.info.name, spec.name, rng_() % 1000);
      post(to, BidRequest{request, owner.info.name, spec.name, spec.resources, 1, {}});
    }
  }
}

/// While a silence is young every stand-in asks for each silent node through three others, now and
/// then a full agent.
void ScaleFleet::probes_of_the_silent() {
  const DetectorOptions options;
  while (!dying_.empty() && now_ - dying_.front().first > 2s) dying_.pop_front();
  const double asking = static_cast<double>(nodes_.size() - full_.size());
  for (const auto& [since, name] : dying_) {
    if (asking <= 0 || now_ - since < options.probe_min) continue;
    for (const std::size_t via : full_) {
      // Only those of its cell ask for it, and each other.
      if (divided() && nodes_[via].cell != nodes_[index_.at(name)].cell) continue;
      const double expected = asking * options.relays / static_cast<double>(nodes_.size()) *
                              seconds(kTick) / seconds(options.probe_interval);
      for (auto n = rng_.poisson(expected); n > 0; --n) {
        const auto& from = nodes_[rng_.below(nodes_.size())];
        if (from.agent != nullptr || !from.up) continue;
        if (divided() && from.cell != nodes_[via].cell) continue;
        post(via, Probe{from.info.name, name, nodes_[via].info.name, rng_() % 100000, 1, 1, true});
      }
    }
  }
}

}  // namespace starling
