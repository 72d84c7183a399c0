#include "sim/scenario.h"

#include <algorithm>
#include <filesystem>
#include <functional>
#include <set>

#include "base/file.h"
#include "base/nearest.h"
#include "base/units.h"
#include "manifest/fields.h"
#include "sim/scenario_check.h"
#include "trace/read.h"

namespace starling {
namespace {

constexpr std::int64_t kReplicaCpuMillis = 1000;  // where capacity is a number of replicas
constexpr int kModelsMax = 10'000;
constexpr double kStartSecondsMax = 1e9;

const std::vector<std::string> kArrivals = {"poisson", "even", "counted", "recorded", "bursty"};

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

/// One half for the CPU, the other for the memory: of a node without memory all for the CPU.
void share_price(double price_per_hour, ScenarioNode& node) {
  const double cores = static_cast<double>(node.cpu_millis) / 1000;
  const double gib = static_cast<double>(node.memory_bytes) / (1LL << 30);
  const double of_memory = gib > 0 ? price_per_hour / 2 : 0;
  node.price_per_cpu_hour = (price_per_hour - of_memory) / cores;
  node.price_per_gib_hour = gib > 0 ? of_memory / gib : 0;
}

std::vector<ScenarioNode> read_capacity(Fields fields) {
  std::vector<ScenarioNode> nodes;
  if (fields.has("replicas") == fields.has("nodes")) {
    fields.problem("", "expected either replicas: N or nodes: [ … ]");
  } else if (fields.has("replicas")) {
    const std::int64_t replicas = fields.integer("replicas", 1, kReplicasMax);
    nodes.push_back({"all", "", "", "", replicas * kReplicaCpuMillis, 0, 1, 0});
  }
  for (auto& entry : fields.children("nodes")) {
    ScenarioNode node;
    node.name = entry.text("name");
    node.cloud = entry.text("cloud", "");
    node.region = entry.text("region", "");
    node.zone = entry.text("zone", "");
    node.cpu_millis = entry.cpu_millis("cpu");
    node.memory_bytes = entry.memory_bytes("memory");
    const double price = entry.number("price", 0, 1e6, 0);
    if (entry.ok() && node.cpu_millis <= 0) entry.problem("cpu", "must be more than 0");
    if (entry.ok()) share_price(price, node);
    (void)entry.finish();
    nodes.push_back(std::move(node));
  }
  (void)fields.finish();
  return nodes;
}

void read_starts(Fields& fields, ScenarioModel& model) {
  constexpr double kTold = 0.9;  // the quantile of a start's time that policies reckon with
  const auto read = [&](const std::string& key, std::optional<Distribution>& law) {
    if (!fields.has_mapping(key)) return fields.duration(key, model.cold_start);
    law = read_distribution(fields.child(key));
    return from_seconds(std::min(law->quantile_s(kTold), kStartSecondsMax));
  };
  model.cold_start = read("coldStart", model.cold_start_law);
  model.warm_start = read("warmStart", model.warm_start_law);
  if (!fields.has("warmStart")) model.warm_start_law = model.cold_start_law;
  if (model.warm_start > model.cold_start) fields.problem("warmStart", "is longer than coldStart");
}

Duration read_failures(Fields fields) {
  const Duration between = fields.duration("meanTimeBetween");
  if (fields.ok() && between < 1s) fields.problem("meanTimeBetween", "must be at least 1s");
  (void)fields.finish();
  return between;
}

Batching read_batch(Fields fields) {
  Batching batch;
  batch.max = static_cast<int>(fields.integer("max", 1, 10'000));
  batch.marginal = fields.number("marginal", 0, 1, 0);
  (void)fields.finish();
  return batch;
}

std::vector<ScenarioEviction> read_evictions(Fields& spec, const Scenario& scenario) {
  std::vector<std::string> names;
  for (const auto& node : scenario.nodes) names.push_back(node.name);
  std::vector<ScenarioEviction> evictions;
  for (auto& fields : spec.children("evictions")) {
    const std::string name = fields.text("node");
    const auto at = std::find(names.begin(), names.end(), name);
    if (fields.ok() && at == names.end()) {
      fields.problem("node", fmt::format("no node '{}'{}: expected one of {}", name,
                                         did_you_mean(name, names), fmt::join(names, ", ")));
    }
    ScenarioEviction eviction;
    eviction.node = static_cast<std::size_t>(at - names.begin());
    eviction.notice_s = required_seconds(fields, "at");
    eviction.stop_s = eviction.notice_s + seconds(fields.duration("notice", Duration::zero()));
    eviction.back_s = eviction.stop_s + required_seconds(fields, "for");
    (void)fields.finish();
    evictions.push_back(eviction);
  }
  return evictions;
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

/// Memory of whose use nothing is known stays as it is.
void keep_memory(ScenarioModel& model) {
  model.sizing.min.memory_bytes = model.sizing.max.memory_bytes = model.resources.memory_bytes;
}

/// What a replica uses of its resources, and whether its size is decided from that.
void read_use(Fields& fields, bool by_replicas, ScenarioModel& model) {
  if (fields.has("cpuPerRequest")) {
    const Duration cpu = fields.duration("cpuPerRequest");
    if (fields.ok() && cpu <= 0s) fields.problem("cpuPerRequest", "must be longer than 0s");
    model.cpu_s_per_request = seconds(cpu);
  }
  if (fields.has("memoryUse")) model.memory_use_bytes = fields.memory_bytes("memoryUse");
  if (by_replicas && fields.has("sizing")) {
    fields.problem("sizing", "a capacity of { replicas: N } has no sizes: state capacity.nodes");
    return;
  }
  model.sizing = read_sizing(fields, model.resources);
  if (fields.ok()) check_use(fields, by_replicas, model);
  if (model.memory_use_bytes == 0) keep_memory(model);
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
  if (fields.ok()) check_slo(slo, model);
  (void)slo.finish();
  read_starts(fields, model);
  model.release = fields.duration("release", Duration::zero());
  model.queue_limit = static_cast<int>(fields.integer("queueLimit", 0, 10'000'000, 1000));
  model.admission = read_admission(fields);
  model.concurrency = static_cast<int>(fields.integer("concurrency", 1, 10'000, 1));
  if (fields.has("batch")) model.batch = read_batch(fields.child("batch"));
  if (fields.has("failures"))
    model.mean_time_between_failures = read_failures(fields.child("failures"));
  model.priority = fields.number("priority", 0.001, 1000, 1);
  read_replicas(fields.child("replicas"), model);
  read_resources(fields.child("resources"), by_replicas, model);
  read_use(fields, by_replicas, model);
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
      last = series.values[i] * scale;
      break;
    }
  }
  for (std::size_t i = 0; i < series.size(); ++i) {
    if (series.present[i]) last = series.values[i] * scale;
    demand[i] = last;
  }
  return demand;
}

/// Gives a trace file's series in these steps.
using TraceSource =
    std::function<Result<std::vector<Series>>(const std::string& file, Duration step)>;

Status attach_trace(Scenario& scenario, const std::vector<std::string>& workloads,
                    const TraceFile& trace, const std::filesystem::path& folder,
                    const TraceSource& source) {
  const std::string file = (folder / trace.file).string();
  const auto all = source(file, trace.interval);
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
  if (name == "bursty") return Arrivals::kBursty;
  if (name == "even") return Arrivals::kEven;
  if (name == "counted") return Arrivals::kCounted;
  return name == "recorded" ? Arrivals::kRecorded : Arrivals::kPoisson;
}

/// The law's name, or a mapping of `law` and what belongs to it.
void read_arrivals(Fields& spec, Scenario& scenario) {
  const bool mapping = spec.has_mapping("arrivals");
  Fields fields = mapping ? spec.child("arrivals") : spec;
  const std::string name = fields.choice(mapping ? "law" : "arrivals", kArrivals, "poisson");
  scenario.arrivals = arrivals_of(name);
  if (scenario.arrivals == Arrivals::kBursty) {
    if (!mapping) spec.problem("arrivals", "bursty needs its scv: { law: bursty, scv: 4 }");
    if (mapping) scenario.arrivals_scv = fields.number("scv", 1, 100);
  }
  if (mapping) (void)fields.finish();
}

void check_names(Fields& spec, const Scenario& scenario) {
  if (scenario.models.empty()) spec.problem("models", "expected at least one model");
  if (scenario.models.size() > kModelsMax) spec.problem("models", "more than 10000 models");
  std::set<std::string> names;
  for (const auto& model : scenario.models) {
    if (!names.insert(model.name).second) {
      spec.problem("models", fmt::format("model '{}' is given twice", model.name));
    }
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

namespace {

Result<Scenario> parsed(const std::string& text, const std::string& path,
                        const TraceSource& source) {
  const auto documents = parse_yaml(text, path);
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
  read_arrivals(spec, scenario);
  scenario.seed = static_cast<std::uint64_t>(
      spec.integer("seed", 0, std::numeric_limits<std::int64_t>::max(), 42));
  scenario.decision_interval = spec.duration("decisionInterval", Duration(10s));
  if (scenario.decision_interval < 1ms) spec.problem("decisionInterval", "must be at least 1ms");
  const bool by_replicas = spec.child("capacity").has("replicas");
  scenario.nodes = read_capacity(spec.child("capacity"));
  if (spec.has("routing")) scenario.routing = read_distribution(spec.child("routing"));
  scenario.evictions = read_evictions(spec, scenario);
  Duration between_failures{};
  if (spec.has("failures")) between_failures = read_failures(spec.child("failures"));
  std::vector<std::string> workloads;
  std::vector<Fields> models = spec.children("models");
  for (auto& fields : models) {
    ScenarioModel model = read_model(fields, by_replicas, workloads.emplace_back());
    if (!fields.has("failures")) model.mean_time_between_failures = between_failures;
    scenario.models.push_back(std::move(model));
  }
  check_names(spec, scenario);
  check_room(spec, models, scenario);
  (void)spec.finish();
  if (auto status = root.finish(); !status) return fail(status.error());

  const auto folder = std::filesystem::path(path).parent_path();
  if (auto status = attach_trace(scenario, workloads, trace, folder, source); !status)
    return fail(status.error());
  check_times(spec, models, scenario);
  if (auto status = root.finish(); !status) return fail(status.error());
  return scenario;
}

}  // namespace

Result<Scenario> read_scenario(const std::string& path) {
  const auto text = read_file(path);
  if (!text) return fail(text.error());
  return parsed(*text, path, [](const std::string& file, Duration step) {
    return read_trace(file, {.step = step, .is_demand = true});
  });
}

Result<Scenario> parse_scenario(const std::string& text, const std::string& file,
                                const std::vector<Series>& trace) {
  return parsed(text, file,
                [&](const std::string&, Duration) { return Result<std::vector<Series>>(trace); });
}

}  // namespace starling
