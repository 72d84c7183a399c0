// Reads the kind FaultPlan.
#include <algorithm>
#include <array>
#include <optional>
#include <set>

#include "base/file.h"
#include "base/units.h"
#include "manifest/choice_of.h"
#include "manifest/fields.h"
#include "sim/fault_plan.h"

namespace starling {
namespace {

constexpr int kPlanNodesMax = 200;
constexpr int kPlanModelsMax = 200;
constexpr int kPlanReplicasMax = 1000;
constexpr double kFactorMax = 1000;
constexpr Duration kRunMax = 24h;
constexpr Duration kLongest = 1h;

constexpr std::array kSpecChanges{SpecChange::kReplicas, SpecChange::kArtifact,
                                  SpecChange::kDelete};
constexpr std::array kDemandCurves{DemandCurve::kSteady, DemandCurve::kSwing, DemandCurve::kSurge};

/// What a reader of one fault checks names against.
struct Known {
  std::vector<std::string> nodes, clouds, models;
  Duration duration{};
};

Duration positive(Fields& fields, const std::string& key, Duration most = kLongest,
                  std::optional<Duration> fallback = std::nullopt) {
  const Duration value = fields.duration(key, fallback);
  if (fields.ok() && (value <= 0s || value > most))
    fields.problem(key, "must be longer than 0s and at most " + format_duration(most));
  return value;
}

/// One value, or a mapping of min and max.
Range<Duration> duration_range(Fields& fields, const std::string& key) {
  if (!fields.has_mapping(key)) {
    const Duration value = positive(fields, key);
    return {value, value};
  }
  Fields range = fields.child(key);
  const Range<Duration> read{range.duration("min"), positive(range, "max")};
  if (range.ok() && read.low > read.high) range.problem("max", "is below min");
  (void)range.finish();
  return read;
}

Range<double> number_range(Fields& fields, const std::string& key, double low, double high,
                           std::optional<double> fallback = std::nullopt) {
  if (!fields.has_mapping(key)) {
    const double value = fields.number(key, low, high, fallback);
    return {value, value};
  }
  Fields range = fields.child(key);
  const Range<double> read{range.number("min", low, high), range.number("max", low, high)};
  if (range.ok() && read.low > read.high) range.problem("max", "is below min");
  (void)range.finish();
  return read;
}

/// What a written plan, and names of files, can hold as it is.
std::string read_name(Fields& fields, const std::string& key) {
  const std::string name = fields.text(key);
  const bool plain = std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  });
  if (fields.ok() && (!plain || name.front() == '-'))
    fields.problem(key, fmt::format("'{}': expected lower-case letters, digits and -", name));
  return name;
}

std::vector<std::string> read_nodes(Fields& fields, const Known& known, bool needed) {
  const auto nodes = fields.choices("nodes", known.nodes);
  if (needed && nodes.empty()) fields.problem("nodes", "expected at least one node");
  return nodes;
}

std::vector<std::pair<std::string, std::string>> read_links(Fields& fields, const Known& known) {
  std::vector<std::pair<std::string, std::string>> links;
  const auto is_node = [&](const std::string& name) {
    return std::find(known.nodes.begin(), known.nodes.end(), name) != known.nodes.end();
  };
  for (const auto& text : fields.texts("links")) {
    const auto arrow = text.find('>');
    const std::string from = text.substr(0, arrow);
    const std::string to = arrow == std::string::npos ? "" : text.substr(arrow + 1);
    if (!is_node(from) || !is_node(to) || from == to) {
      fields.problem("links", fmt::format("'{}' is no link: expected two of the {} nodes as in "
                                          "n000>n001",
                                          text, known.nodes.size()));
    }
    links.emplace_back(from, to);
  }
  if (links.empty()) fields.problem("links", "expected at least one link, as in [n000>n001]");
  return links;
}

void read_change(Fields& fields, const Known& known, Fault& fault) {
  fault.model = fields.choice("model", known.models);
  fault.change = choice_of(fields, "change", kSpecChanges);
  if (fault.change != SpecChange::kReplicas) return;
  fault.limits.min = static_cast<int>(fields.integer("min", 0, kPlanReplicasMax));
  fault.limits.max = static_cast<int>(fields.integer("max", 1, kPlanReplicasMax));
  if (fault.limits.max < fault.limits.min) fields.problem("max", "is below min");
}

Duration read_ahead(Fields& fields) {
  if (fields.has("ahead") == fields.has("behind"))
    fields.problem("ahead", "expected either ahead or behind");
  return fields.has("ahead") ? positive(fields, "ahead") : -positive(fields, "behind");
}

void read_target(Fields& fields, const Known& known, Fault& fault) {
  switch (traits_of(fault.kind).target) {
    case FaultTarget::kMessages:
      break;
    case FaultTarget::kNodes:
      fault.nodes = read_nodes(fields, known, true);
      break;
    case FaultTarget::kNodesOrAll:
      fault.nodes = read_nodes(fields, known, false);
      break;
    case FaultTarget::kLinks:
      fault.links = read_links(fields, known);
      break;
    case FaultTarget::kCloud:
      fault.cloud = fields.choice("cloud", known.clouds);
      break;
    case FaultTarget::kModel:
      read_change(fields, known, fault);
      break;
  }
}

Fault read_fault(Fields& fields, const Known& known) {
  Fault fault;
  fault.kind = choice_of(fields, "kind", fault_kinds());
  const FaultTraits& traits = traits_of(fault.kind);
  fault.at = fields.duration("at");
  if (!traits.momentary) fault.length = positive(fields, "for", kRunMax);
  if (fields.ok() && fault.at + fault.length > known.duration) {
    fields.problem("at", fmt::format("ends after the run's faults, {}: raise spec.duration",
                                     format_duration(known.duration)));
  }
  if (traits.rate) fault.rate = fields.number("rate", 0, 1);
  if (traits.delay) fault.delay = positive(fields, "delay");
  if (traits.factor) fault.factor = fields.number("factor", 1, kFactorMax);
  read_target(fields, known, fault);
  if (traits.ahead) fault.ahead = read_ahead(fields);
  (void)fields.finish();
  return fault;
}

FaultDraw read_draw(Fields& fields, const FaultPlan& plan) {
  FaultDraw draw;
  draw.kind = choice_of(fields, "kind", fault_kinds());
  const FaultTraits& traits = traits_of(draw.kind);
  draw.every = positive(fields, "every", kRunMax);
  draw.from = fields.duration("from", plan.warm_up);
  draw.until = fields.duration("until", plan.duration);
  if (fields.ok() && (draw.until > plan.duration || draw.from >= draw.until))
    fields.problem("until",
                   fmt::format("expected a time after from, {}, and up to {}",
                               format_duration(draw.from), format_duration(plan.duration)));
  if (fields.ok() && draw.every < 100ms) fields.problem("every", "must be at least 100ms");
  if (!traits.momentary) draw.length = duration_range(fields, "for");
  if (traits.rate) draw.rate = number_range(fields, "rate", 0, 1);
  if (traits.delay) draw.delay = duration_range(fields, "delay");
  if (traits.ahead) draw.ahead = duration_range(fields, "off");
  draw.factor = {1, 1};
  if (traits.factor) draw.factor = number_range(fields, "factor", 1, kFactorMax);
  if (traits.has_share()) {
    std::optional<double> usual;
    if (traits.target == FaultTarget::kNodesOrAll) usual = 1.0;
    draw.share = number_range(fields, "share", 0, 1, usual);
  }
  (void)fields.finish();
  return draw;
}

DemandShape read_demand(Fields fields) {
  DemandShape demand;
  demand.curve = choice_of(fields, "shape", kDemandCurves, DemandCurve::kSteady);
  demand.rate = fields.number("rate", 0, 1e5);
  if (demand.curve == DemandCurve::kSwing) {
    demand.depth = fields.number("depth", 0, 1);
    demand.period = positive(fields, "period", kRunMax);
  } else if (demand.curve == DemandCurve::kSurge) {
    demand.factor = fields.number("factor", 0, kFactorMax);
    demand.at = fields.duration("at");
    demand.length = positive(fields, "for", kRunMax);
  }
  (void)fields.finish();
  return demand;
}

Resources read_size(Fields& fields) {
  Resources size{fields.cpu_millis("cpu"), fields.memory_bytes("memory")};
  if (fields.ok() && size.cpu_millis < 1) fields.problem("cpu", "must be at least 1m");
  return size;
}

PlanModels read_models_of(Fields& fields) {
  PlanModels models;
  models.name = read_name(fields, "name");
  models.count = static_cast<int>(fields.integer("count", 1, kPlanModelsMax, 1));
  models.resources = read_size(fields);
  models.replicas.min = static_cast<int>(fields.integer("min", 0, kPlanReplicasMax));
  models.replicas.max = static_cast<int>(fields.integer("max", 1, kPlanReplicasMax));
  if (fields.ok() && models.replicas.max < models.replicas.min)
    fields.problem("max", "is below min");
  models.auto_size = fields.choice("sizing", {"off", "auto"}, "off") == "auto";
  if (!fields.has("demand")) fields.problem("demand", "is missing");
  models.demand = read_demand(fields.child("demand"));
  (void)fields.finish();
  return models;
}

PlanFleet read_fleet(Fields fields) {
  PlanFleet fleet;
  fleet.nodes = static_cast<int>(fields.integer("nodes", 1, kPlanNodesMax));
  fleet.clouds = static_cast<int>(fields.integer("clouds", 1, kPlanNodesMax, 3));
  fleet.node_size = read_size(fields);
  fleet.cold_start = {1s, 4s};
  if (fields.has("coldStart")) fleet.cold_start = duration_range(fields, "coldStart");
  (void)fields.finish();
  return fleet;
}

InvariantBounds read_bounds(Fields fields) {
  InvariantBounds bounds;
  bounds.converge_within = positive(fields, "convergeWithin", kRunMax);
  bounds.minimum_within = positive(fields, "minimumWithin", kRunMax);
  bounds.starts_per_minute = static_cast<int>(fields.integer("startsPerMinute", 0, 1'000'000));
  (void)fields.finish();
  return bounds;
}

Known known_of(Fields& spec, const FaultPlan& plan) {
  Known known{node_names(plan.fleet), {}, {}, plan.duration};
  for (int i = 0; i < std::min(plan.fleet.clouds, plan.fleet.nodes); ++i)
    known.clouds.push_back(cloud_of(plan.fleet, i));
  std::set<std::string> names;
  for (const auto& model : plan_models(plan)) {
    known.models.push_back(model.name);
    if (!names.insert(model.name).second)
      spec.problem("models", fmt::format("model '{}' is given twice", model.name));
  }
  if (names.empty()) spec.problem("models", "expected at least one entry");
  return known;
}

}  // namespace

Result<FaultPlan> parse_fault_plan(const std::string& text, const std::string& file) {
  const auto documents = parse_yaml(text, file);
  if (!documents) return fail(documents.error());
  if (documents->size() != 1) return fail(ErrorCode::kInvalid, "{}: expected one document", file);
  FaultPlan plan;
  Fields root(documents->front(), file);
  root.choice("apiVersion", {"starling/v1"});
  root.choice("kind", {"FaultPlan"});
  Fields metadata = root.child("metadata");
  plan.name = read_name(metadata, "name");
  (void)metadata.finish();
  Fields spec = root.child("spec");
  if (!spec.has("fleet")) spec.problem("fleet", "is missing");
  plan.fleet = read_fleet(spec.child("fleet"));
  for (auto& fields : spec.children("models")) plan.models.push_back(read_models_of(fields));
  plan.warm_up = spec.duration("warmUp");
  plan.duration = positive(spec, "duration", kRunMax);
  if (spec.ok() && plan.duration <= plan.warm_up)
    spec.problem("duration", "must be longer than warmUp");
  if (spec.ok()) {
    const Known known = known_of(spec, plan);
    for (auto& fields : spec.children("faults")) plan.faults.push_back(read_fault(fields, known));
    for (auto& fields : spec.children("draw")) plan.draws.push_back(read_draw(fields, plan));
  }
  if (!spec.has("invariants")) spec.problem("invariants", "is missing");
  plan.bounds = read_bounds(spec.child("invariants"));
  (void)spec.finish();
  if (auto status = root.finish(); !status) return fail(status.error());
  return plan;
}

Result<FaultPlan> read_fault_plan(const std::string& path) {
  const auto text = read_file(path);
  if (!text) return fail(text.error());
  return parse_fault_plan(*text, path);
}

}  // namespace starling
