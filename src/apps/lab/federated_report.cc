// Implements apps/lab/federated_report.h.
#include "apps/lab/federated_report.h"

#include <fmt/format.h>

#include <cmath>

#include "base/table.h"

namespace starling::lab {
namespace {

using Json = nlohmann::json;

Json finite(double value) { return std::isfinite(value) ? Json(value) : Json(); }

std::string change(double loss, double reference) {
  return fmt::format("{:+.1f}%", 100 * (loss / reference - 1));
}

std::string rejections(const federated::RejectionCounts& rejected) {
  std::string text;
  for (std::size_t i = 0; i < federated::kReasons; ++i) {
    if (rejected[i] == 0) continue;
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", rejected[i],
                        federated::name_of(static_cast<federated::Reason>(i)));
  }
  return text.empty() ? "none" : text;
}

}  // namespace

std::string federated_table(const FederatedOptions& options, const FederatedOutcome& o) {
  Table table({"TRAINED", ">LOSS", ">VS CENTRAL", ">VS ALONE"});
  const auto add = [&](const std::string& how, double loss) {
    table.add({how, fmt::format("{:.4f}", loss), change(loss, o.central), change(loss, o.alone)});
  };
  add("not at all", o.untrained);
  add("alone, mean of the nodes", o.alone);
  add("together, mean of the nodes", o.together);
  add("together, worst node", o.together_worst);
  add("central, on all data", o.central);
  std::string text = table.text();
  text += fmt::format(
      "\n{} nodes ({} poisoned), {} windows, a network of {} weights, {} rounds of {} steps; {} "
      "held-out windows\n",
      options.nodes, o.poisoned, o.windows, o.weights, options.rounds, options.local_steps,
      o.held_out_windows);
  text += fmt::format("A node's round: {:.0f} KB out, {:.0f} KB in ({}, offered to {} peers)\n",
                      o.bytes_out / 1000, o.bytes_in / 1000, federated::name_of(options.encoding),
                      options.gossip.peers);
  text += fmt::format("Merged weights taken on: {} of {} times; rejected: {}\n", o.adopted,
                      static_cast<int>(o.by_round.size()) * (options.nodes - o.poisoned),
                      rejections(o.rejected));
  if (options.privacy.on()) {
    text += fmt::format(
        "Privacy of a window of training: ε = {:.2f} at δ = {:g} (the node that gave away most)\n",
        o.epsilon, options.privacy.delta);
  }
  return text;
}

Json federated_json(const FederatedOptions& options, const FederatedOutcome& o) {
  Json rejected = Json::object();
  for (std::size_t i = 0; i < federated::kReasons; ++i) {
    rejected[federated::name_of(static_cast<federated::Reason>(i))] = o.rejected[i];
  }
  return {{"nodes", options.nodes},
          {"poisoned_nodes", o.poisoned},
          {"weights", o.weights},
          {"windows", o.windows},
          {"held_out_windows", o.held_out_windows},
          {"rounds", options.rounds},
          {"local_steps", options.local_steps},
          {"seed", options.seed},
          {"encoding", federated::name_of(options.encoding)},
          {"loss",
           {{"untrained", finite(o.untrained)},
            {"alone", finite(o.alone)},
            {"together", finite(o.together)},
            {"together_worst", finite(o.together_worst)},
            {"central", finite(o.central)},
            {"together_by_round", o.by_round}}},
          {"bytes_per_node_and_round", {{"out", o.bytes_out}, {"in", o.bytes_in}}},
          {"adopted", o.adopted},
          {"rejected", rejected},
          {"epsilon", finite(o.epsilon)},
          {"delta", options.privacy.delta}};
}

}  // namespace starling::lab
