#include "apps/agent/config.h"

#include <set>
#include <utility>

#include "base/file.h"
#include "base/units.h"
#include "forecast/shipped.h"
#include "manifest/fields.h"

namespace starling::agent {
namespace {

constexpr int kPortMax = 65535;

void read_node(Fields node, Config& config) {
  NodeInfo& info = config.node;
  info.name = node.text("name");
  info.cloud = node.text("cloud", "local");
  info.region = node.text("region", "local");
  info.zone = node.text("zone", "a");
  info.cpu_millis = node.cpu_millis("cpu");
  info.memory_bytes = node.memory_bytes("memory");
  info.gpus = node.integer("gpus", 0, 1024, info.gpus);
  info.price_per_cpu_hour = node.number("price", 0, 1e6, info.price_per_cpu_hour);
  info.price_per_gpu_hour = node.number("gpuPrice", 0, 1e6, info.price_per_gpu_hour);
  info.price_per_gib_hour = node.number("memoryPrice", 0, 1e6, info.price_per_gib_hour);
  const std::string spot = name_of(NodeClass::kSpot);
  const std::string node_class =
      node.choice("class", {name_of(NodeClass::kOnDemand), spot}, name_of(info.node_class));
  info.node_class = node_class == spot ? NodeClass::kSpot : NodeClass::kOnDemand;
  config.eviction_notice = node.text("evictionNotice", "");
  (void)node.finish();
}

/// `latency: [{ between: [aws, gcp], roundTrip: 20ms }]`.
void read_latency(Fields& root, CloudLatencies& latency) {
  for (Fields& entry : root.children("latency")) {
    const auto clouds = entry.texts("between");
    const Duration round_trip = entry.duration("roundTrip");
    if (clouds.size() != 2 || clouds[0] == clouds[1]) {
      entry.problem("between", "expected two clouds, such as [aws, gcp]");
    } else if (round_trip < Duration::zero()) {
      entry.problem("roundTrip", "must be 0s or longer");
    } else if (latency[clouds[0]].contains(clouds[1]) || latency[clouds[1]].contains(clouds[0])) {
      entry.problem("between", fmt::format("{} and {} are given twice", clouds[0], clouds[1]));
    } else {
      latency[clouds[0]][clouds[1]] = round_trip;
    }
    (void)entry.finish();
  }
}

void read_budgets(Fields& root, std::map<std::string, double>& budgets) {
  Fields of_tenants = root.child("budgets");
  for (const auto& [tenant, text] : root.text_pairs("budgets"))
    budgets[tenant] = of_tenants.number(tenant, 0, 1e9);
  (void)of_tenants.finish();
}

/// Of the cluster that the agents' own servers make. Routes may name this agent's own or leave it
/// out.
std::size_t server_count(const Config& config) {
  if (config.nats_cluster_port == 0) return 1;
  std::set<std::string> servers(config.nats_routes.begin(), config.nats_routes.end());
  servers.insert(fmt::format("{}:{}", config.host, config.nats_cluster_port));
  return servers.size();
}

void read_nats(Fields nats, Config& config) {
  config.nats_url = nats.text("url", "");
  config.nats_port = static_cast<int>(nats.integer("port", 0, kPortMax, 0));
  config.nats_cluster_port = static_cast<int>(nats.integer("clusterPort", 0, kPortMax, 0));
  config.nats_routes = nats.texts("routes");
  config.nats_user = nats.text("user", "");
  config.nats_password = nats.text("password", "");
  if (nats.has("copies")) {
    config.spec_copies = static_cast<int>(nats.integer("copies", 1, 5));
    if (*config.spec_copies % 2 == 0) {
      nats.problem("copies", "must be 1, 3 or 5: an even number outlives no more lost servers");
    }
  } else if (config.nats_url.empty()) {
    config.spec_copies = server_count(config) >= 3 ? 3 : 1;
  }
  if (config.nats_url.empty() && config.nats_port == 0)
    nats.problem("port", "give 'port' or 'url'");
  (void)nats.finish();
}

Duration age(Fields& history, const char* key, Duration fallback) {
  const Duration age = history.duration(key, fallback);
  if (age < 1h) history.problem(key, "must be at least 1h: the newest hour is never forgotten");
  return age;
}

void read_history(Fields history, Config& config) {
  auto& keep = config.retention;
  keep.raw_age = age(history, "seconds", keep.raw_age);
  keep.minute_age = age(history, "minutes", keep.minute_age);
  keep.hour_age = age(history, "hours", keep.hour_age);
  keep.event_age = age(history, "events", keep.event_age);
  keep.bytes_max = history.memory_bytes("size", keep.bytes_max);
  if (keep.bytes_max < 64 * kMiB) history.problem("size", "must be at least 64Mi");
  config.history_memory_bytes = history.memory_bytes("memory", config.history_memory_bytes);
  if (config.history_memory_bytes < 128 * kMiB) {
    history.problem("memory", "must be at least 128Mi");
  }
  (void)history.finish();
}

void read_learning(Fields learning, LearningOptions& options) {
  const std::vector<std::string> switches{"on", "off"};
  options.exchange = learning.choice("exchange", switches, options.exchange ? "on" : "off") == "on";
  options.gossip.peers = static_cast<std::size_t>(
      learning.integer("peers", 1, 100, static_cast<std::int64_t>(options.gossip.peers)));
  const std::string encoding = federated::name_of(options.encoding);
  options.encoding =
      federated::encoding_named(learning.choice("encoding", {"int8", "fp16"}, encoding))
          .value_or(options.encoding);
  options.merge.trim = learning.number("trim", 0, 0.49, options.merge.trim);
  Fields privacy = learning.child("privacy");
  options.privacy.noise = privacy.number("noise", 0, 100, options.privacy.noise);
  options.privacy.clip = privacy.number("clip", 1e-6, 1e6, options.privacy.clip);
  options.privacy.delta = privacy.number("delta", 1e-12, 0.1, options.privacy.delta);
  options.epsilon_max = privacy.number("epsilonMax", 0, 1e6, options.epsilon_max);
  if (options.epsilon_max > 0 && !options.privacy.on()) {
    privacy.problem("epsilonMax", "needs 'noise' above 0: without noise every ε is exceeded");
  }
  (void)privacy.finish();
  (void)learning.finish();
}

void write_learning(YAML::Emitter& out, const LearningOptions& options) {
  const auto put = [&](const char* key, const auto& value) {
    out << YAML::Key << key << YAML::Value << value;
  };
  out << YAML::Key << "learning" << YAML::Value << YAML::BeginMap;
  put("exchange", options.exchange ? "on" : "off");
  put("peers", options.gossip.peers);
  put("encoding", federated::name_of(options.encoding));
  put("trim", options.merge.trim);
  if (options.privacy.on()) {
    out << YAML::Key << "privacy" << YAML::Value << YAML::BeginMap;
    put("noise", options.privacy.noise);
    put("clip", options.privacy.clip);
    put("delta", options.privacy.delta);
    put("epsilonMax", options.epsilon_max);
    out << YAML::EndMap;
  }
  out << YAML::EndMap;
}

void write_latency(YAML::Emitter& out, const CloudLatencies& latency) {
  bool any = false;
  for (const auto& [a, others] : latency) {
    for (const auto& [b, round_trip] : others) {
      if (!std::exchange(any, true)) out << YAML::Key << "latency" << YAML::Value << YAML::BeginSeq;
      out << YAML::BeginMap << YAML::Key << "between" << YAML::Value << YAML::Flow
          << std::vector<std::string>{a, b} << YAML::Key << "roundTrip" << YAML::Value
          << format_duration(round_trip) << YAML::EndMap;
    }
  }
  if (any) out << YAML::EndSeq;
}

}  // namespace

Result<Config> read_config(const std::filesystem::path& path) {
  const auto text = read_file(path);
  if (!text) return fail(text.error());
  const auto documents = parse_yaml(*text, path.string());
  if (!documents) return fail(documents.error());
  Fields root(documents->front(), path.string());
  Config config;
  config.fleet = root.text("fleet");
  read_node(root.child("node"), config);
  read_latency(root, config.latency);
  read_budgets(root, config.budgets);
  config.data = root.text("data");
  config.host = root.text("host", config.host);
  if (config.host == "0.0.0.0") {
    root.problem("host",
                 "0.0.0.0 is no address: give the one by which the other nodes reach this one");
  }
  config.api_port = static_cast<int>(root.integer("apiPort", 1, kPortMax));
  config.gateway_port = static_cast<int>(root.integer("gatewayPort", 1, kPortMax));
  config.token = root.text("token");
  read_nats(root.child("nats"), config);
  config.decision_interval = root.duration("decisionInterval", config.decision_interval);
  if (config.decision_interval < 1s) root.problem("decisionInterval", "must be at least 1s");
  config.hold_scale = root.number("holdScale", 0.01, 100, config.hold_scale);
  config.forecaster = root.text("forecaster", default_forecaster().string());
  config.adapt_interval = root.duration("adaptInterval", config.adapt_interval);
  config.retrain_interval = root.duration("retrainInterval", config.retrain_interval);
  if (config.retrain_interval > Duration::zero() && config.retrain_interval < 10min) {
    root.problem("retrainInterval", "must be 0s (never) or at least 10m");
  }
  read_learning(root.child("learning"), config.learning);
  read_history(root.child("history"), config);
  config.pools = read_pools(root);
  config.log_level = root.text("logLevel", config.log_level);
  if (auto status = root.finish(); !status) return fail(status.error());
  config.node.api_address = fmt::format("{}:{}", config.host, config.api_port);
  config.node.gateway_address = fmt::format("{}:{}", config.host, config.gateway_port);
  return config;
}

std::string config_text(const Config& c) {
  YAML::Emitter out;
  const auto put = [&](const char* key, const auto& value) {
    out << YAML::Key << key << YAML::Value << value;
  };
  out << YAML::BeginMap;
  put("fleet", c.fleet);
  out << YAML::Key << "node" << YAML::Value << YAML::BeginMap;
  put("name", c.node.name);
  put("cloud", c.node.cloud);
  put("region", c.node.region);
  put("zone", c.node.zone);
  put("cpu", format_cpu(c.node.cpu_millis));
  put("memory", c.node.memory_bytes);
  put("price", c.node.price_per_cpu_hour);
  if (c.node.gpus > 0) put("gpus", c.node.gpus);
  if (c.node.price_per_gpu_hour > 0) put("gpuPrice", c.node.price_per_gpu_hour);
  if (c.node.price_per_gib_hour > 0) put("memoryPrice", c.node.price_per_gib_hour);
  if (c.node.node_class == NodeClass::kSpot) put("class", name_of(c.node.node_class));
  if (!c.eviction_notice.empty()) put("evictionNotice", c.eviction_notice.string());
  out << YAML::EndMap;
  write_latency(out, c.latency);
  if (!c.budgets.empty()) put("budgets", c.budgets);
  put("data", c.data.string());
  put("host", c.host);
  put("apiPort", c.api_port);
  put("gatewayPort", c.gateway_port);
  put("token", c.token);
  out << YAML::Key << "nats" << YAML::Value << YAML::BeginMap;
  if (!c.nats_url.empty()) put("url", c.nats_url);
  if (c.nats_port > 0) put("port", c.nats_port);
  if (c.nats_cluster_port > 0) put("clusterPort", c.nats_cluster_port);
  put("routes", c.nats_routes);
  if (!c.nats_user.empty()) put("user", c.nats_user);
  if (!c.nats_password.empty()) put("password", c.nats_password);
  if (c.spec_copies) put("copies", *c.spec_copies);
  out << YAML::EndMap;
  put("decisionInterval", format_duration(c.decision_interval));
  put("holdScale", c.hold_scale);
  if (!c.forecaster.empty()) put("forecaster", c.forecaster.string());
  put("adaptInterval", format_duration(c.adapt_interval));
  put("retrainInterval", format_duration(c.retrain_interval));
  write_learning(out, c.learning);
  out << YAML::Key << "history" << YAML::Value << YAML::BeginMap;
  put("seconds", format_duration(c.retention.raw_age));
  put("minutes", format_duration(c.retention.minute_age));
  put("hours", format_duration(c.retention.hour_age));
  put("events", format_duration(c.retention.event_age));
  put("size", format_memory(c.retention.bytes_max));
  put("memory", format_memory(c.history_memory_bytes));
  out << YAML::EndMap;
  write_pools(out, c.pools);
  put("logLevel", c.log_level);
  out << YAML::EndMap;
  return std::string(out.c_str()) + "\n";
}

std::filesystem::path default_forecaster() { return shipped_forecaster(); }

}  // namespace starling::agent
