#include "apps/agent/pool_config.h"

#include <algorithm>
#include <set>

#include "base/units.h"

namespace starling::agent {
namespace {

constexpr int kPortMax = 65535;
constexpr std::size_t kNameMax = 40;

/// It becomes part of names of nodes, files and NATS servers.
bool is_name(const std::string& text) {
  const auto plain = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
  return !text.empty() && text.size() <= kNameMax && plain(text.front()) && plain(text.back()) &&
         std::all_of(text.begin(), text.end(), [&](char c) { return plain(c) || c == '-'; });
}

void read_provider(Fields provider, PoolConfig& pool) {
  const std::string exec = provider.text("exec", "");
  const std::string local = provider.text("local", "");
  if (exec.empty() == local.empty()) {
    provider.problem(exec.empty() ? "exec" : "local",
                     "give either 'exec', a command that makes nodes, or 'local', a directory for "
                     "nodes on this machine");
  }
  if (!exec.empty()) pool.command = {exec};
  for (const auto& argument : provider.texts("arguments")) pool.command.push_back(argument);
  if (exec.empty() && provider.has("arguments"))
    provider.problem("arguments", "are those of 'exec', which is not there");
  pool.directory = local;
  pool.timeout = provider.duration("timeout", pool.timeout);
  if (pool.timeout < 1s || pool.timeout > 30min)
    provider.problem("timeout", "must be from 1s to 30m");
  (void)provider.finish();
}

void read_machine(Fields node, PoolConfig& pool) {
  pool.host = node.text("host", pool.host);
  pool.api_port = static_cast<int>(node.integer("apiPort", 1, kPortMax, pool.api_port));
  pool.gateway_port = static_cast<int>(node.integer("gatewayPort", 1, kPortMax, pool.gateway_port));
  pool.data = node.text("data", pool.data.string());
  (void)node.finish();
}

void read_price(Fields& fields, PoolOptions& pool) {
  pool.price_per_hour = fields.number("price", 0, 1e6, 0);
  if (!fields.has("budget")) return;
  const double budget = pool.budget_per_hour.emplace(fields.number("budget", 0, 1e9));
  if (pool.price_per_hour <= 0) {
    fields.problem("budget", "needs 'price', that of one node for an hour");
  } else if (budget < pool.price_per_hour * std::max(1, pool.min) * (1 - 1e-9)) {
    fields.problem(
        "budget",
        fmt::format("pays for less than {} at {:g} an hour: raise it, or lower "
                    "'min' or 'price'",
                    pool.min > 1 ? fmt::format("the {} nodes of 'min'", pool.min) : "one node",
                    pool.price_per_hour));
  }
}

void read_gpu_price(Fields& fields, PoolConfig& config) {
  const auto gpus = static_cast<double>(config.pool.node_size.gpus);
  const double price = config.pool.price_per_hour;
  if (gpus > 0) config.price_per_gpu_hour = price / 2 / gpus;
  if (!fields.has("gpuPrice")) return;
  config.price_per_gpu_hour = fields.number("gpuPrice", 0, 1e6);
  if (gpus == 0) {
    fields.problem("gpuPrice", "needs 'gpus', how many a node has");
  } else if (config.price_per_gpu_hour * gpus > price * (1 + 1e-9)) {
    fields.problem("gpuPrice",
                   fmt::format("{:g} GPUs at {:g} cost more than the node, 'price' {:g}", gpus,
                               config.price_per_gpu_hour, price));
  }
}

PoolConfig read_pool(Fields& fields) {
  constexpr int kNodesMax = 1000;
  PoolConfig config;
  PoolOptions& pool = config.pool;
  pool.name = fields.text("name");
  if (fields.ok() && !is_name(pool.name)) {
    fields.problem("name", fmt::format("'{}': use up to {} small letters, digits and hyphens",
                                       pool.name.substr(0, 60), kNameMax));
  }
  read_provider(fields.child("provider"), config);
  pool.min = static_cast<int>(fields.integer("min", 0, kNodesMax, 0));
  pool.max = static_cast<int>(fields.integer("max", 1, kNodesMax));
  if (pool.min > pool.max)
    fields.problem("min", fmt::format("{} is more than max, {}", pool.min, pool.max));
  pool.node_size = {fields.cpu_millis("cpu"), fields.memory_bytes("memory"),
                    fields.integer("gpus", 0, 1024, 0)};
  if (pool.node_size.gpus > 0 && !config.directory.empty()) {
    fields.problem("gpus",
                   "agents on one machine would all give out its GPUs from 0 on: none for "
                   "pools of 'local' nodes");
  }
  pool.cloud = fields.text("cloud", "local");
  config.region = fields.text("region", config.region);
  config.zone = fields.text("zone", config.zone);
  read_price(fields, pool);
  read_gpu_price(fields, config);
  pool.idle = fields.duration("idle", pool.idle);
  pool.boot = fields.duration("boot", pool.boot);
  if (pool.boot < 5s) fields.problem("boot", "must be at least 5s: a node takes longer to join");
  pool.headroom = fields.number("headroom", 0, 0.9, pool.headroom);
  read_machine(fields.child("node"), config);
  pool.call_patience = config.timeout + 30s;
  (void)fields.finish();
  return config;
}

}  // namespace

std::vector<PoolConfig> read_pools(Fields& root) {
  std::vector<PoolConfig> pools;
  std::set<std::string> names;
  for (auto& fields : root.children("pools")) {
    pools.push_back(read_pool(fields));
    const std::string& name = pools.back().pool.name;
    if (!names.insert(name).second)
      fields.problem("name", fmt::format("there is another pool '{}' already", name));
  }
  return pools;
}

void write_pools(YAML::Emitter& out, const std::vector<PoolConfig>& pools) {
  if (pools.empty()) return;
  const auto put = [&](const char* key, const auto& value) {
    out << YAML::Key << key << YAML::Value << value;
  };
  out << YAML::Key << "pools" << YAML::Value << YAML::BeginSeq;
  for (const auto& config : pools) {
    const PoolOptions& pool = config.pool;
    out << YAML::BeginMap;
    put("name", pool.name);
    out << YAML::Key << "provider" << YAML::Value << YAML::BeginMap;
    if (!config.directory.empty()) put("local", config.directory.string());
    if (!config.command.empty()) {
      put("exec", config.command.front());
      put("arguments", std::vector<std::string>(config.command.begin() + 1, config.command.end()));
    }
    put("timeout", format_duration(config.timeout));
    out << YAML::EndMap;
    put("min", pool.min);
    put("max", pool.max);
    put("cpu", format_cpu(pool.node_size.cpu_millis));
    put("memory", pool.node_size.memory_bytes);
    if (pool.node_size.gpus > 0) {
      put("gpus", pool.node_size.gpus);
      put("gpuPrice", config.price_per_gpu_hour);
    }
    put("cloud", pool.cloud);
    put("region", config.region);
    put("zone", config.zone);
    put("price", pool.price_per_hour);
    if (pool.budget_per_hour) put("budget", *pool.budget_per_hour);
    put("idle", format_duration(pool.idle));
    put("boot", format_duration(pool.boot));
    put("headroom", pool.headroom);
    out << YAML::Key << "node" << YAML::Value << YAML::BeginMap;
    put("host", config.host);
    put("apiPort", config.api_port);
    put("gatewayPort", config.gateway_port);
    put("data", config.data.string());
    out << YAML::EndMap << YAML::EndMap;
  }
  out << YAML::EndSeq;
}

}  // namespace starling::agent
