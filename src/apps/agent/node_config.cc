#include "apps/agent/node_config.h"

#include <algorithm>

#include "base/free_ports.h"

namespace starling::agent {

Result<std::string> node_config(const Config& own, const PoolConfig& pool,
                                const std::string& name) {
  Config c = own;
  c.pools.clear();  // a node that is made decides for no pool
  c.eviction_notice.clear();
  c.node = {};  // of this node's hardware and prices nothing holds there
  c.node.name = name;
  c.node.cloud = pool.pool.cloud;
  c.node.region = pool.region;
  c.node.zone = pool.zone;
  c.node.cpu_millis = pool.pool.node_size.cpu_millis;
  c.node.memory_bytes = pool.pool.node_size.memory_bytes;
  c.node.gpus = pool.pool.node_size.gpus;
  c.node.price_per_gpu_hour = own.node.price_per_gpu_hour;
  c.node.price_per_cpu_hour = own.node.price_per_cpu_hour;
  if (pool.pool.price_per_hour > 0) {
    c.node.price_per_gpu_hour = pool.price_per_gpu_hour;
    const double gpus = pool.price_per_gpu_hour * static_cast<double>(c.node.gpus);
    c.node.price_per_cpu_hour = std::max(0.0, pool.pool.price_per_hour - gpus) * 1000 /
                                static_cast<double>(c.node.cpu_millis);
  }
  if (c.nats_url.empty()) c.nats_url = fmt::format("nats://{}:{}", own.host, own.nats_port);
  c.nats_port = c.nats_cluster_port = 0;
  c.nats_routes.clear();
  if (pool.command.empty()) {
    const auto ports = free_ports(2, own.host);
    if (!ports) return fail(ports.error());
    c.api_port = ports->front();
    c.gateway_port = ports->back();
    c.data = pool.directory / name;
  } else {
    c.host = pool.host;
    c.api_port = pool.api_port;
    c.gateway_port = pool.gateway_port;
    c.data = pool.data;
    c.forecaster.clear();  // where they are on that machine, its agent knows
  }
  return config_text(c);
}

}  // namespace starling::agent
