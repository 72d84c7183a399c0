#include "sim/scenario.h"

#include <algorithm>
#include <filesystem>
#include <set>

#include "base/file.h"
#include "base/nearest.h"
#include "base/units.h"
#include "manifest/fields.h"
#include "trace/read.h"

namespace starling {
namespace {

constexpr std::int64_t kReplicaCpuMillis = 1000;  // where capacity is a number of replicas
constexpr int kReplicasMax = 100'000;
constexpr int kModelsMax = 10'000;

struct TraceFile {
  std::string file;
  Duration interval{};
  bool per_second = false;
};

double required_seconds(Fields& fields, const std::string& key) {
  return seconds(fields.duration(key));
}

Distribution read_distribution(Fields fields) {
  Distribution distribution;
  const std::string law = fields.choice(
      "distribution", {"constant", "exponential", "gamma", "lognormal", "empirical"}, "lognormal");
  if (law == "empirical") {
    distribution.law = Distribution::Law::kEmpirical;
    for (const auto& text : fields.texts("values")) {
      const auto value = parse_duration(text);
      if (!value) fields.problem("values", value.error().message);
      distribution.values_s.push_back(value ? seconds(*value) : 0);
    }
    if (distribution.values_s.empty()) fields.problem("values", "expected at least one duration");
  } else {
    const bool constant = law == "constant";
    distribution.location_s = constant ? required_seconds(fields, "location")
                                       : seconds(fields.duration("location", Duration::zero()));
    if (!constant) distribution.scale_s = required_seconds(fields, "scale");
    if (law == "gamma" || law == "lognormal")
      distribution.shape = fields.number("shape", 0.001, 20);
    distribution.law = constant               ? Distribution::Law::kConstant
                       : law == "exponential" ? Distribution::Law::kExponential
                       : law == "gamma"       ? Distribution::Law::kGamma
                                              : Distribution::Law::kLognormal;
  }
  (void)fields.finish();
  return distribution;
}

TraceFile read_trace_section(Fields fields) {
  TraceFile trace;
  trace.file = fields.text("file");
  trace.interval = fields.duration("interval");
  if (fields.ok() && trace.interval <= 0s) fields.problem("interval", "must be longer than 0s");
  trace.per_second = fields.choice("unit", {"requests", "requests/s"}, "requests") == "requests/s";
  (void)fields.finish();
  return trace;
}

std::vector<ScenarioNode> read_capacity(Fields fields) {
  std::vector<ScenarioNode> nodes;
  if (fields.has("replicas") == fields.has("nodes")) {
    fields.problem("", "expected either replicas: N or nodes: [ … ]");
  } else if (fields.has("replicas")) {
    const std::int64_t replicas = fields.integer("replicas", 1, kReplicasMax);
    nodes.push_back(
        {"all", "", "", "", replicas * kReplicaCpuMillis, 0, static_cast<double>(replicas)});
  }
  for (auto& entry : fields.children("nodes")) {
    ScenarioNode node;
    node.name = entry.text("name");
    node.cloud = entry.text("cloud", "");
    node.region = entry.text("region", "");
    node.zone = entry.text("zone", "");
    node.cpu_millis = entry.cpu_millis("cpu");
    node.memory_bytes = entry.memory_bytes("memory");
    node.price_per_hour = entry.number("price", 0, 1e6, 0);
    if (entry.ok() && node.cpu_millis <= 0) entry.problem("cpu", "must be more than 0");
    (void)entry.finish();
    nodes.push_back(std::move(node));
  }
  (void)fields.finish();
  return nodes;
}

void read_replicas(Fields fields, ScenarioModel& model) {
  model.replicas.min = static_cast<int>(fields.integer("min", 0, kReplicasMax, 1));
  model.replicas.max = static_cast<int>(
      fields.integer("max", 1, kReplicasMax, std::max(model.replicas.min, model.replicas.max)));
  model.initial = static_cast<int>(fields.integer("initial", 0, kReplicasMax, model.replicas.min));
  if (model.replicas.max < model.replicas.min) {
    fields.problem("max",
                   fmt::format("{} is below min, {}", model.replicas.max, model.replicas.min));
  }
  if (model.initial < model.replicas.min || model.initial > model.replicas.max) {
    fields.problem("initial", fmt::format("{} is outside {} to {}", model.initial,
                                          model.replicas.min, model.replicas.max));
  }
  (void)fields.finish();
}

void read_resources(Fields fields, bool by_replicas, ScenarioModel& model) {
  model.resources.cpu_millis = fields.cpu_millis("cpu", model.resources.cpu_millis);
  model.resources.memory_bytes = fields.memory_bytes("memory", model.resources.memory_bytes);
  if (model.resources.cpu_millis < 1) fields.problem("cpu", "must be at least 1m");
  (void)fields.finish();
  if (by_replicas) model.resources = {kReplicaCpuMillis, 0};
}

ScenarioModel read_model(Fields& fields, bool by_replicas, std::string& workload) {
  ScenarioModel model;
  model.name = fields.text("name");
  workload = fields.text("workload", model.name);
  if (!fields.has("serviceTime")) fields.problem("serviceTime", "is missing");
  model.service_time = read_distribution(fields.child("serviceTime"));
  if (fields.ok() && model.service_time.mean_s() <= 0)
    fields.problem("serviceTime", "has a mean of 0s");
  Fields slo = fields.child("slo");
  model.slo.latency = slo.duration("latency", model.slo.latency);
  model.slo.percentile = slo.number("percentile", 50, 99.99, model.slo.percentile);
  if (model.slo.latency <= 0s) slo.problem("latency", "must be longer than 0s");
  (void)slo.finish();
  model.cold_start = fields.duration("coldStart", Duration::zero());
  model.warm_start = fields.duration("warmStart", model.cold_start);
  if (model.warm_start > model.cold_start) fields.problem("warmStart", "is longer than coldStart");
  model.release = fields.duration("release", Duration::zero());
  model.queue_limit = static_cast<int>(fields.integer("queueLimit", 0, 10'000'000, 1000));
  model.concurrency = static_cast<int>(fields.integer("concurrency", 1, 10'000, 1));
  model.priority = fields.number("priority", 0.001, 1000, 1);
  read_replicas(fields.child("replicas"), model);
  read_resources(fields.child("resources"), by_replicas, model);
  (void)fields.finish();
  return model;
}

/// Requests per interval; an unknown point repeats the last known one, the first known one before
/// it.
std::vector<double> demand_of(const Series& series, double scale) {
  std::vector<double> demand(series.size(), 0);
  double last = 0;
  for (std::size_t i = 0; i < series.size(); ++i) {
    if (series.present[i]) {
      last = std::max(0.0, series.values[i]) * scale;
      break;
    }
  }
  for (std::size_t i = 0; i < series.size(); ++i) {
    if (series.present[i]) last = std::max(0.0, series.values[i]) * scale;
    demand[i] = last;
  }
  return demand;
}

Status attach_trace(Scenario& scenario, const std::vector<std::string>& workloads,
                    const TraceFile& trace, const std::filesystem::path& folder) {
  const std::string file = (folder / trace.file).string();
  ReadOptions options;
  options.step = trace.interval;
  const auto all = read_trace(file, options);
  if (!all) return fail(all.error());
  std::vector<std::string> names;
  for (const auto& series : *all) names.push_back(series.workload);
  const double scale = trace.per_second ? seconds(trace.interval) : 1;
  for (std::size_t i = 0; i < scenario.models.size(); ++i) {
    const auto at = std::find(names.begin(), names.end(), workloads[i]);
    if (at == names.end()) {
      return fail(ErrorCode::kInvalid,
                  "{}: no workload '{}' for model '{}'{}; state workload: in the scenario", file,
                  workloads[i], scenario.models[i].name, did_you_mean(workloads[i], names));
    }
    scenario.models[i].demand =
        demand_of((*all)[static_cast<std::size_t>(at - names.begin())], scale);
  }
  return {};
}

Arrivals arrivals_of(const std::string& name) {
  if (name == "even") return Arrivals::kEven;
  if (name == "counted") return Arrivals::kCounted;
  return name == "recorded" ? Arrivals::kRecorded : Arrivals::kPoisson;
}

void check_names(Fields& spec, const Scenario& scenario) {
  if (scenario.models.empty()) spec.problem("models", "expected at least one model");
  if (scenario.models.size() > kModelsMax) spec.problem("models", "more than 10000 models");
  std::set<std::string> names;
  int initial = 0;
  for (const auto& model : scenario.models) {
    if (!names.insert(model.name).second) {
      spec.problem("models", fmt::format("model '{}' is given twice", model.name));
    }
    initial += model.initial;
  }
  if (spec.ok() && initial > scenario.replicas_total()) {
    spec.problem("capacity", fmt::format("{} initial replicas do not fit: there is room for {}",
                                         initial, scenario.replicas_total()));
  }
}

}  // namespace

int Scenario::replicas_total() const {
  Resources mean{0, 0};
  for (const auto& model : models) {
    mean.cpu_millis += model.resources.cpu_millis;
    mean.memory_bytes += model.resources.memory_bytes;
  }
  const auto count = static_cast<std::int64_t>(std::max<std::size_t>(1, models.size()));
  mean = {std::max<std::int64_t>(1, mean.cpu_millis / count), mean.memory_bytes / count};
  std::int64_t total = 0;
  for (const auto& node : nodes) {
    std::int64_t fits = node.cpu_millis / mean.cpu_millis;
    if (mean.memory_bytes > 0) fits = std::min(fits, node.memory_bytes / mean.memory_bytes);
    total += fits;
  }
  return static_cast<int>(std::min<std::int64_t>(total, kReplicasMax));
}

Result<Scenario> read_scenario(const std::string& path) {
  const auto text = read_file(path);
  if (!text) return fail(text.error());
  const auto documents = parse_yaml(*text, path);
  if (!documents) return fail(documents.error());
  if (documents->size() != 1) return fail(ErrorCode::kInvalid, "{}: expected one document", path);

  Scenario scenario;
  Fields root(documents->front(), path);
  root.choice("apiVersion", {"starling/v1"});
  root.choice("kind", {"Scenario"});
  Fields metadata = root.child("metadata");
  scenario.name = metadata.text("name");
  (void)metadata.finish();

  Fields spec = root.child("spec");
  if (!spec.has("trace")) spec.problem("trace", "is missing");
  const TraceFile trace = read_trace_section(spec.child("trace"));
  scenario.trace_interval = trace.interval;
  scenario.arrivals =
      arrivals_of(spec.choice("arrivals", {"poisson", "even", "counted", "recorded"}, "poisson"));
  scenario.seed = static_cast<std::uint64_t>(
      spec.integer("seed", 0, std::numeric_limits<std::int64_t>::max(), 42));
  scenario.decision_interval = spec.duration("decisionInterval", Duration(10s));
  if (scenario.decision_interval < 1ms) spec.problem("decisionInterval", "must be at least 1ms");
  const bool by_replicas = spec.child("capacity").has("replicas");
  scenario.nodes = read_capacity(spec.child("capacity"));
  if (spec.has("routing")) scenario.routing = read_distribution(spec.child("routing"));
  std::vector<std::string> workloads;
  for (auto& fields : spec.children("models")) {
    scenario.models.push_back(read_model(fields, by_replicas, workloads.emplace_back()));
  }
  check_names(spec, scenario);
  (void)spec.finish();
  if (auto status = root.finish(); !status) return fail(status.error());

  const auto folder = std::filesystem::path(path).parent_path();
  if (auto status = attach_trace(scenario, workloads, trace, folder); !status)
    return fail(status.error());
  return scenario;
}

}  // namespace starling
