// Writes the kind FaultPlan.
#include "base/units.h"
#include "sim/fault_plan.h"

namespace starling {
namespace {

using Pairs = std::vector<std::pair<std::string, std::string>>;

std::string number(double value) { return fmt::format("{}", value); }

/// "{ kind: loss, at: 5s }"
std::string flow(const Pairs& pairs) {
  std::string text;
  for (const auto& [key, value] : pairs)
    text += fmt::format("{}{}: {}", text.empty() ? "" : ", ", key, value);
  return "{ " + text + " }";
}

std::string range(const Range<Duration>& r) {
  if (r.low == r.high) return format_duration(r.low);
  return flow({{"min", format_duration(r.low)}, {"max", format_duration(r.high)}});
}
std::string range(const Range<double>& r) {
  if (r.low == r.high) return number(r.low);
  return flow({{"min", number(r.low)}, {"max", number(r.high)}});
}

std::string fault_line(const Fault& f) {
  Pairs pairs{{"kind", name_of(f.kind)}, {"at", format_duration(f.at)}};
  const FaultTraits& traits = traits_of(f.kind);
  if (!traits.momentary) pairs.emplace_back("for", format_duration(f.length));
  if (traits.rate) pairs.emplace_back("rate", number(f.rate));
  if (traits.delay) pairs.emplace_back("delay", format_duration(f.delay));
  if (traits.ahead)
    pairs.emplace_back(f.ahead > 0s ? "ahead" : "behind",
                       format_duration(std::chrono::abs(f.ahead)));
  if (traits.factor) pairs.emplace_back("factor", number(f.factor));
  if (!f.cloud.empty()) pairs.emplace_back("cloud", f.cloud);
  if (!f.model.empty()) {
    pairs.emplace_back("model", f.model);
    pairs.emplace_back("change", name_of(f.change));
    if (f.change == SpecChange::kReplicas) {
      pairs.emplace_back("min", std::to_string(f.limits.min));
      pairs.emplace_back("max", std::to_string(f.limits.max));
    }
  }
  if (!f.nodes.empty()) pairs.emplace_back("nodes", fmt::format("[{}]", fmt::join(f.nodes, ", ")));
  if (!f.links.empty()) {
    std::vector<std::string> links;
    for (const auto& [from, to] : f.links) links.push_back(from + ">" + to);
    pairs.emplace_back("links", fmt::format("[{}]", fmt::join(links, ", ")));
  }
  return flow(pairs);
}

std::string draw_line(const FaultDraw& d) {
  Pairs pairs{{"kind", name_of(d.kind)},
              {"every", format_duration(d.every)},
              {"from", format_duration(d.from)},
              {"until", format_duration(d.until)}};
  const FaultTraits& traits = traits_of(d.kind);
  if (!traits.momentary) pairs.emplace_back("for", range(d.length));
  if (traits.rate) pairs.emplace_back("rate", range(d.rate));
  if (traits.delay) pairs.emplace_back("delay", range(d.delay));
  if (traits.ahead) pairs.emplace_back("off", range(d.ahead));
  if (traits.factor) pairs.emplace_back("factor", range(d.factor));
  if (traits.has_share()) pairs.emplace_back("share", range(d.share));
  return flow(pairs);
}

std::string demand_of(const DemandShape& d) {
  Pairs pairs{{"shape", name_of(d.curve)}, {"rate", number(d.rate)}};
  if (d.curve == DemandCurve::kSwing) {
    pairs.emplace_back("depth", number(d.depth));
    pairs.emplace_back("period", format_duration(d.period));
  } else if (d.curve == DemandCurve::kSurge) {
    pairs.emplace_back("factor", number(d.factor));
    pairs.emplace_back("at", format_duration(d.at));
    pairs.emplace_back("for", format_duration(d.length));
  }
  return flow(pairs);
}

std::string models_line(const PlanModels& m) {
  Pairs pairs{{"name", m.name},
              {"count", std::to_string(m.count)},
              {"cpu", format_cpu(m.resources.cpu_millis)},
              {"memory", format_memory(m.resources.memory_bytes)},
              {"min", std::to_string(m.replicas.min)},
              {"max", std::to_string(m.replicas.max)}};
  if (m.auto_size) pairs.emplace_back("sizing", "auto");
  pairs.emplace_back("demand", demand_of(m.demand));
  return flow(pairs);
}

}  // namespace

std::string fault_plan_yaml(const FaultPlan& plan) {
  const PlanFleet& fleet = plan.fleet;
  std::string text = fmt::format(
      "apiVersion: starling/v1\nkind: FaultPlan\nmetadata: {{ name: {} }}\nspec:\n", plan.name);
  text +=
      fmt::format("  fleet: {}\n", flow({{"nodes", std::to_string(fleet.nodes)},
                                         {"clouds", std::to_string(fleet.clouds)},
                                         {"cpu", format_cpu(fleet.node_size.cpu_millis)},
                                         {"memory", format_memory(fleet.node_size.memory_bytes)},
                                         {"coldStart", range(fleet.cold_start)}}));
  text += "  models:\n";
  for (const auto& models : plan.models) text += fmt::format("    - {}\n", models_line(models));
  text += fmt::format("  warmUp: {}\n  duration: {}\n", format_duration(plan.warm_up),
                      format_duration(plan.duration));
  if (!plan.faults.empty()) text += "  faults:\n";
  for (const auto& fault : plan.faults) text += fmt::format("    - {}\n", fault_line(fault));
  if (!plan.draws.empty()) text += "  draw:\n";
  for (const auto& draw : plan.draws) text += fmt::format("    - {}\n", draw_line(draw));
  text += fmt::format("  invariants: {}\n",
                      flow({{"convergeWithin", format_duration(plan.bounds.converge_within)},
                            {"minimumWithin", format_duration(plan.bounds.minimum_within)},
                            {"startsPerMinute", std::to_string(plan.bounds.starts_per_minute)}}));
  return text;
}

}  // namespace starling
