#include "apps/cli/up.h"

#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <thread>

#include "base/file.h"
#include "base/free_ports.h"
#include "base/secret.h"
#include "provider/local_provider.h"

namespace starling::cli {
namespace {

constexpr std::size_t kSecretBytes = 24;

struct Place {
  const char* cloud;
  const char* region;
  double price;  // of a CPU for an hour
};
constexpr Place kPlaces[] = {
    {"aws", "eu-central-1", 0.048}, {"azure", "westeurope", 0.052}, {"gcp", "europe-west3", 0.045}};

constexpr const char* kPool = "elastic";

/// Nodes like the others, in a cloud of their own beside them.
agent::PoolConfig elastic_pool(const UpOptions& options) {
  constexpr double kCpuPrice = 0.05;
  agent::PoolConfig config;
  config.directory = std::filesystem::absolute(options.data);
  config.pool.name = kPool;
  config.pool.max = options.elastic;
  config.pool.node_size = {options.cpu_millis, options.memory_bytes};
  config.pool.cloud = "local";
  config.pool.price_per_hour = kCpuPrice * static_cast<double>(options.cpu_millis) / 1000;
  config.pool.idle = options.elastic_idle;
  config.pool.boot = 2min;
  return config;
}

Result<std::vector<agent::Config>> configurations(const UpOptions& options) {
  const auto token = secret_text(kSecretBytes), password = secret_text(kSecretBytes);
  if (!token) return fail(token.error());
  if (!password) return fail(password.error());
  const auto ports = free_ports(4 * options.nodes);
  if (!ports) return fail(ports.error());
  std::vector<std::string> routes;
  for (int i = 0; i < options.nodes; ++i)
    routes.push_back(fmt::format("127.0.0.1:{}", (*ports)[static_cast<std::size_t>(4 * i + 3)]));
  std::vector<agent::Config> configs;
  for (int i = 0; i < options.nodes; ++i) {
    const Place& place = kPlaces[static_cast<std::size_t>(i) % std::size(kPlaces)];
    const int round = i / static_cast<int>(std::size(kPlaces));
    const auto port = [&](int which) { return (*ports)[static_cast<std::size_t>(4 * i + which)]; };
    agent::Config c;
    c.fleet = options.fleet;
    c.node.name = fmt::format("{}-{}", place.cloud, round + 1);
    c.node.cloud = place.cloud;
    c.node.region = place.region;
    c.node.zone = std::string(1, static_cast<char>('a' + round % 3));
    c.node.cpu_millis = options.cpu_millis;
    c.node.memory_bytes = options.memory_bytes;
    c.node.price_per_cpu_hour = place.price;
    c.data = std::filesystem::absolute(options.data) / c.node.name;
    c.api_port = port(0);
    c.gateway_port = port(1);
    c.token = *token;
    c.nats_url = options.nats_url;
    c.nats_user = options.nats_url.empty() ? "starling" : options.nats_user;
    c.nats_password = options.nats_url.empty() ? *password : options.nats_password;
    c.nats_port = options.nats_url.empty() ? port(2) : 0;
    if (options.nodes > 1 && options.nats_url.empty()) {
      c.nats_cluster_port = port(3);
      c.nats_routes = routes;
    }
    c.decision_interval = options.decision_interval;
    c.hold_scale = options.hold_scale;
    c.adapt_interval = options.adapt_interval;
    c.log_level = options.log_level;
    if (options.elastic > 0) c.pools = {elastic_pool(options)};
    c.forecaster = options.forecaster.empty() ? agent::default_forecaster()
                                              : std::filesystem::absolute(options.forecaster);
    c.node.api_address = fmt::format("127.0.0.1:{}", c.api_port);
    c.node.gateway_address = fmt::format("127.0.0.1:{}", c.gateway_port);
    configs.push_back(std::move(c));
  }
  return configs;
}

}  // namespace

Result<LocalFleet> LocalFleet::start(const UpOptions& options) {
  auto lock = agent::DataLock::take(options.data);
  if (!lock) return fail(lock.error());
  LocalFleet local(options, std::move(*lock));
  const auto configs = configurations(options);
  if (!configs) return fail(configs.error());
  local.fleet_.name = options.fleet;
  local.fleet_.token = configs->front().token;
  // A fleet that was killed leaves them running for a while.
  if (auto status = local.end_elastic_nodes(); !status) return fail(status.error());
  for (const auto& config : *configs) {
    if (auto status = local.start_agent(config); !status) return fail(status.error());
  }
  if (auto status = write_fleet(options.data, local.fleet_); !status) return fail(status.error());
  return local;
}

Status LocalFleet::start_agent(const agent::Config& config) {
  std::error_code error;
  // What the messages carried belongs to the fleet that wrote it: this one has credentials and
  // names of its own.
  std::filesystem::remove_all(config.data / "nats", error);
  std::filesystem::create_directories(config.data, error);
  const auto file = config.data / "node.yaml";
  if (auto status = write_file_atomically(file, agent::config_text(config), 0600); !status)
    return status;
  ChildOptions child;
  child.arguments = {(program_directory() / "starlingd").string(), "--config", file.string()};
  child.output = config.data / "agent.log";
  std::filesystem::remove(child.output, error);
  auto process = ChildProcess::spawn(child);
  if (!process) return fail(process.error());
  fleet_.nodes.push_back({config.node.name, config.node.cloud, config.node.api_address,
                          config.node.gateway_address, process->pid()});
  agents_.emplace(config.node.name, std::move(*process));
  return {};
}

std::string LocalFleet::last_words(const std::string& node) const {
  const auto path = std::filesystem::path(options_.data) / node / "agent.log";
  const auto text = read_file(path);
  if (!text) return "";
  std::vector<std::string> lines;
  std::size_t start = 0;
  while (start < text->size()) {
    const auto end = std::min(text->find('\n', start), text->size());
    lines.push_back("\n  " + text->substr(start, end - start));
    start = end + 1;
  }
  constexpr std::size_t kLines = 3;
  std::string words;
  for (std::size_t i = lines.size() > kLines ? lines.size() - kLines : 0; i < lines.size(); ++i)
    words += lines[i];
  return words + "\n  (all of it: " + path.string() + ")";
}

Status LocalFleet::wait_until_settled(Duration patience, const std::function<bool()>& stopped) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  for (const auto& node : fleet_.nodes) {
    while (true) {
      if (stopped()) return fail(ErrorCode::kUnavailable, "stopped while the agents were starting");
      for (auto& [name, process] : agents_) {
        if (const auto how = process.ended()) {
          return fail(ErrorCode::kUnavailable, "agent {} ended with {}:{}", name, how->text(),
                      last_words(name));
        }
      }
      const auto status =
          call_agent({node.api, fleet_.token}, "GET", "/v1/status", std::nullopt, 1s);
      const auto alive = [&] {
        return std::count_if((*status)["nodes"].begin(), (*status)["nodes"].end(),
                             [](const auto& n) { return n["state"] == "alive"; });
      };
      if (status && (*status)["settled"].get<bool>() && !(*status)["specs_age_s"].is_null() &&
          alive() == static_cast<std::ptrdiff_t>(fleet_.nodes.size())) {
        break;
      }
      if (std::chrono::steady_clock::now() > deadline) {
        return fail(ErrorCode::kTimeout, "agent {} did not join the fleet within {:.0f} s:{}",
                    node.name, seconds(patience), last_words(node.name));
      }
      std::this_thread::sleep_for(100ms);
    }
  }
  return {};
}

std::vector<std::string> LocalFleet::ended() {
  std::vector<std::string> names;
  for (auto it = agents_.begin(); it != agents_.end();) {
    const auto how = it->second.ended();
    if (how) names.push_back(fmt::format("{} ({})", it->first, how->text()));
    it = how ? agents_.erase(it) : std::next(it);
  }
  return names;
}

void LocalFleet::stop() {
  for (auto& [name, process] : agents_) process.signal(SIGTERM);
  for (auto& [name, process] : agents_) process.terminate(10s);
  agents_.clear();
  if (auto status = end_elastic_nodes(); !status)
    fmt::print(stderr, "an elastic node may still run: {}\n", status.error().message);
}

Status LocalFleet::end_elastic_nodes() const {
  LocalProviderOptions nodes;
  nodes.pool = kPool;
  nodes.directory = std::filesystem::absolute(options_.data);
  std::error_code error;
  const bool any = options_.elastic > 0 || std::filesystem::exists(nodes.keeper_file(), error);
  return any ? end_local_nodes(nodes) : Status{};
}

}  // namespace starling::cli
