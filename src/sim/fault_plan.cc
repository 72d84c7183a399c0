#include "sim/fault_plan.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "base/rng.h"
#include "base/units.h"
#include "sim/node_name.h"

namespace starling {
namespace {

constexpr std::uint64_t kDrawStream = 1000;  // World has the first few streams of the seed

/// To the millisecond, so that a written plan reads well and back as the same.
Duration rounded(double time_s) {
  return std::chrono::round<std::chrono::milliseconds>(std::chrono::duration<double>(time_s));
}

Duration between(const Range<Duration>& range, Rng& rng) {
  return rounded(rng.uniform(seconds(range.low), seconds(range.high)));
}
double between(const Range<double>& range, Rng& rng) { return rng.uniform(range.low, range.high); }

/// At least one, at most all but one; in order of name.
std::vector<std::string> some(std::vector<std::string> names, double share, Rng& rng) {
  const auto wanted =
      static_cast<std::size_t>(std::llround(share * static_cast<double>(names.size())));
  const std::size_t most = std::max<std::size_t>(1, names.size() - 1);
  const std::size_t count = std::clamp<std::size_t>(wanted, 1, most);
  for (std::size_t i = 0; i < count; ++i)
    std::swap(names[i], names[i + rng.below(names.size() - i)]);
  names.resize(count);
  std::sort(names.begin(), names.end());
  return names;
}

std::vector<std::pair<std::string, std::string>> some_links(const std::vector<std::string>& names,
                                                            double share, Rng& rng) {
  std::vector<std::pair<std::string, std::string>> links;
  for (const auto& from : names) {
    for (const auto& to : names) {
      if (from != to && rng.chance(share)) links.emplace_back(from, to);
    }
  }
  return links;
}

void draw_change(Fault& fault, const std::vector<ModelSpec>& models, Rng& rng) {
  const ModelSpec& model = models[rng.below(models.size())];
  fault.model = model.name;
  const double kind = rng.uniform();
  fault.change = kind < 0.5   ? SpecChange::kReplicas
                 : kind < 0.8 ? SpecChange::kArtifact
                              : SpecChange::kDelete;
  if (fault.change != SpecChange::kReplicas) return;
  const int most = model.replicas.max;
  fault.limits.min = static_cast<int>(rng.below(static_cast<std::uint64_t>(most) / 2 + 1));
  fault.limits.max = std::max(1, fault.limits.min) +
                     static_cast<int>(rng.below(static_cast<std::uint64_t>(most) / 2 + 1));
}

void draw_target(Fault& fault, double share, const FaultPlan& plan, Rng& rng) {
  const auto names = node_names(plan.fleet);
  switch (traits_of(fault.kind).target) {
    case FaultTarget::kMessages:
      break;
    case FaultTarget::kNodes:
      fault.nodes = some(names, share, rng);
      break;
    case FaultTarget::kNodesOrAll:
      if (share < 1) fault.nodes = some(names, share, rng);
      break;
    case FaultTarget::kLinks:
      fault.links = some_links(names, share, rng);
      break;
    case FaultTarget::kCloud:
      fault.cloud =
          cloud_name(static_cast<int>(rng.below(static_cast<std::uint64_t>(plan.fleet.clouds))));
      break;
    case FaultTarget::kModel:
      draw_change(fault, plan_models(plan), rng);
      break;
  }
}

Fault drawn(const FaultDraw& draw, const FaultPlan& plan, Duration at, Rng& rng) {
  const FaultTraits& traits = traits_of(draw.kind);
  Fault fault;
  fault.kind = draw.kind;
  fault.at = at;
  fault.length = std::max<Duration>(1ms, std::min(between(draw.length, rng), plan.duration - at));
  if (traits.momentary) fault.length = {};
  fault.rate = between(draw.rate, rng);
  fault.delay = between(draw.delay, rng);
  fault.factor = between(draw.factor, rng);
  const double share = between(draw.share, rng);
  draw_target(fault, share, plan, rng);
  if (traits.ahead) {
    fault.ahead = between(draw.ahead, rng);
    if (rng.chance(0.5)) fault.ahead = -fault.ahead;
  }
  return fault;
}

}  // namespace

const char* name_of(SpecChange change) {
  switch (change) {
    case SpecChange::kReplicas:
      return "replicas";
    case SpecChange::kArtifact:
      return "artifact";
    case SpecChange::kDelete:
      return "delete";
  }
  return "";
}

const char* name_of(DemandCurve curve) {
  switch (curve) {
    case DemandCurve::kSteady:
      return "steady";
    case DemandCurve::kSwing:
      return "swing";
    case DemandCurve::kSurge:
      return "surge";
  }
  return "";
}

std::string describe(const Fault& f) {
  std::string text = "at " + format_duration(f.at);
  if (f.length > 0s) text += " for " + format_duration(f.length);
  text += fmt::format(": {}", name_of(f.kind));
  if (f.rate > 0) text += fmt::format(" of {:.1f} %", 100 * f.rate);
  if (f.delay > 0s) text += " up to " + format_duration(f.delay);
  if (f.ahead != 0s)
    text += fmt::format(" {} {}", format_duration(std::chrono::abs(f.ahead)),
                        f.ahead > 0s ? "ahead" : "behind");
  if (f.factor != 1) text += fmt::format(" x{:.1f}", f.factor);
  if (!f.cloud.empty()) text += " " + f.cloud;
  if (!f.model.empty()) {
    text += fmt::format(" {} {}", name_of(f.change), f.model);
    if (f.change == SpecChange::kReplicas)
      text += fmt::format(" {} to {}", f.limits.min, f.limits.max);
  }
  if (!f.nodes.empty()) text += fmt::format(" {}", fmt::join(f.nodes, " "));
  for (const auto& [from, to] : f.links) text += fmt::format(" {}>{}", from, to);
  return text;
}

double demand_at(const DemandShape& shape, int index, Duration since) {
  if (shape.curve == DemandCurve::kSwing) {
    const double turns = seconds(since) / seconds(shape.period);
    return shape.rate * (1 + shape.depth * std::sin(2 * std::numbers::pi * turns + index));
  }
  const bool surge =
      shape.curve == DemandCurve::kSurge && since >= shape.at && since < shape.at + shape.length;
  return surge ? shape.rate * shape.factor : shape.rate;
}

FaultPlan draw_faults(FaultPlan plan, std::uint64_t seed) {
  for (std::size_t i = 0; i < plan.draws.size(); ++i) {
    const FaultDraw& draw = plan.draws[i];
    Rng rng = Rng(seed).split(kDrawStream + i);
    const auto gap = [&] { return rounded(rng.exponential(seconds(draw.every))); };
    for (Duration at = draw.from + gap(); at < draw.until; at += gap()) {
      Fault fault = drawn(draw, plan, at, rng);
      if (draw.kind != FaultKind::kOneWay || !fault.links.empty())
        plan.faults.push_back(std::move(fault));
    }
  }
  plan.draws.clear();
  std::stable_sort(plan.faults.begin(), plan.faults.end(),
                   [](const Fault& a, const Fault& b) { return a.at < b.at; });
  return plan;
}

std::vector<std::string> node_names(const PlanFleet& fleet) {
  std::vector<std::string> names;
  for (int i = 0; i < fleet.nodes; ++i) names.push_back(node_name(i));
  return names;
}

std::string cloud_of(const PlanFleet& fleet, int node) { return cloud_name(node % fleet.clouds); }

std::vector<ModelSpec> plan_models(const FaultPlan& plan) {
  std::vector<ModelSpec> specs;
  for (const PlanModels& models : plan.models) {
    for (int i = 0; i < models.count; ++i) {
      ModelSpec spec;
      spec.name = models.count == 1 ? models.name : fmt::format("{}{:02}", models.name, i);
      spec.artifact = "/models/" + spec.name + ".pt";
      spec.resources = models.resources;
      spec.slo = {200ms, 99};
      spec.replicas = models.replicas;
      if (models.auto_size) {
        spec.sizing.mode = SizingMode::kAuto;
        spec.sizing.min = {models.resources.cpu_millis / 2, models.resources.memory_bytes / 2};
        spec.sizing.max = {models.resources.cpu_millis * 2, models.resources.memory_bytes * 2};
      }
      specs.push_back(std::move(spec));
    }
  }
  return specs;
}

}  // namespace starling
