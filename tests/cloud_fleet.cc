#include "tests/cloud_fleet.h"

#include <fmt/format.h>
#include <signal.h>

#include <algorithm>
#include <fstream>

#include "apps/agent/config.h"
#include "base/file.h"

namespace starling::system_test {
namespace {

constexpr int kApiPort = 7070, kGatewayPort = 8080, kNatsPort = 4222, kNatsClusterPort = 6222;

std::string command_name(pid_t pid) {
  std::ifstream file(fmt::format("/proc/{}/comm", pid));
  std::string name;
  std::getline(file, name);
  return name;
}

/// As cpp-httplib puts it; nothing of the request was sent then.
bool not_connected(const HttpAnswer& answer) {
  return answer.status == 0 && (answer.body == "Connection" || answer.body == "ConnectionTimeout");
}

}  // namespace

Result<std::unique_ptr<CloudFleet>> CloudFleet::start(
    CloudNetwork& network, const std::map<std::string, std::filesystem::path>& data_of,
    const std::filesystem::path& programs) {
  std::unique_ptr<CloudFleet> fleet(new CloudFleet(network));
  fleet->token_ = "secret-of-the-test";
  if (auto status = fleet->write_configs(data_of); !status) return fail(status.error());
  for (const auto& node : network.nodes()) {
    if (auto status = fleet->start_agent(node.name, programs); !status) return fail(status.error());
  }
  const auto names = fleet->names();
  if (!eventually(120s, [&] { return fleet->agree(names, names); })) {
    return fail(ErrorCode::kUnavailable, "the fleet does not come together; {} says:\n{}",
                names.front(), fleet->log(names.front()));
  }
  return fleet;
}

CloudFleet::~CloudFleet() {
  for (auto& [name, agent] : agents_) agent.signal(SIGCONT);
  for (auto& [name, agent] : agents_) agent.signal(SIGTERM);
  for (auto& [name, agent] : agents_) agent.terminate(30s);
}

Status CloudFleet::write_configs(const std::map<std::string, std::filesystem::path>& data_of) {
  std::vector<std::string> routes;
  for (const auto& node : nodes())
    routes.push_back(fmt::format("{}:{}", node.address, kNatsClusterPort));
  for (const auto& node : nodes()) {
    agent::Config config;
    config.fleet = "clouds";
    config.node.name = node.name;
    config.node.cloud = node.cloud;
    config.node.region = node.cloud + "-region";
    config.node.zone = "a";
    config.node.cpu_millis = 2000;
    config.node.memory_bytes = 4LL << 30;
    config.node.price_per_cpu_hour = 0.05;
    const auto given = data_of.find(node.name);
    config.data = given != data_of.end() ? given->second : folder_.path() / node.name;
    config.host = node.address;
    config.api_port = kApiPort;
    config.gateway_port = kGatewayPort;
    config.token = token_;
    config.nats_port = kNatsPort;
    config.nats_cluster_port = kNatsClusterPort;
    config.nats_routes = routes;
    config.nats_user = "starling";
    config.nats_password = "another-secret";
    config.spec_copies = 3;
    config.decision_interval = 1s;
    config.retrain_interval = Duration::zero();
    config.forecaster = agent::default_forecaster();
    if (auto status = write_file_atomically((folder_.path() / (node.name + ".yaml")).string(),
                                            agent::config_text(config));
        !status) {
      return fail(status.error());
    }
  }
  return {};
}

const NetworkNode& CloudFleet::node(const std::string& name) const {
  return *std::find_if(nodes().begin(), nodes().end(),
                       [&](const NetworkNode& node) { return node.name == name; });
}

Status CloudFleet::start_agent(const std::string& name, const std::filesystem::path& programs) {
  ChildOptions options;
  options.arguments = {"ip",
                       "netns",
                       "exec",
                       node(name).space,
                       (programs / "starlingd").string(),
                       "--config",
                       (folder_.path() / (name + ".yaml")).string()};
  options.output = folder_.path() / (name + ".log");
  auto child = ChildProcess::spawn(options);
  if (!child) return fail(child.error());
  agents_.insert_or_assign(name, std::move(*child));
  return {};
}

pid_t CloudFleet::pid(const std::string& node) const { return agents_.at(node).pid(); }

pid_t CloudFleet::child(const std::string& node, const std::string& program) const {
  for (const pid_t child : descendants(pid(node))) {
    if (command_name(child) == program) return child;
  }
  return 0;
}

bool CloudFleet::stop_agent(const std::string& node) {
  ChildProcess& agent = agents_.at(node);
  agent.signal(SIGTERM);
  return eventually(60s, [&] { return !agent.running(); });
}

void CloudFleet::kill_agent(const std::string& node) {
  ChildProcess& agent = agents_.at(node);
  agent.signal(SIGKILL);
  (void)eventually(10s, [&] { return !agent.running(); });
}

HttpAnswer CloudFleet::send(const std::string& from, HttpQuestion question) const {
  HttpAnswer answer;
  within(node(from).space, [&] { answer = ask(question); });
  return answer;
}

HttpAnswer CloudFleet::get(const std::string& name, const std::string& path) const {
  return send(name, {.address = fmt::format("{}:{}", node(name).address, kApiPort),
                     .path = path,
                     .token = token_});
}

nlohmann::json CloudFleet::model(const std::string& as_seen_by, const std::string& name) const {
  auto json = get(as_seen_by, "/v1/models/" + name).json();
  return json.is_object() ? json : nlohmann::json::object();
}

std::map<std::string, std::string> CloudFleet::states(const std::string& as_seen_by) const {
  std::map<std::string, std::string> states;
  const auto json = get(as_seen_by, "/v1/nodes").json();
  if (!json.is_array()) return states;
  for (const auto& node : json) states[node.value("name", "")] = node.value("state", "");
  return states;
}

bool CloudFleet::agree(const std::vector<std::string>& nodes,
                       const std::vector<std::string>& alive) const {
  return std::all_of(nodes.begin(), nodes.end(), [&](const std::string& node) {
    std::vector<std::string> seen;
    for (const auto& [name, state] : states(node)) {
      if (state == "alive") seen.push_back(name);
    }
    return std::is_permutation(seen.begin(), seen.end(), alive.begin(), alive.end());
  });
}

std::vector<std::string> CloudFleet::names() const {
  std::vector<std::string> names;
  for (const auto& node : nodes()) names.push_back(node.name);
  return names;
}

std::vector<std::string> CloudFleet::names_of(const std::string& cloud, bool inside) const {
  std::vector<std::string> names;
  for (const auto& node : nodes()) {
    if ((node.cloud == cloud) == inside) names.push_back(node.name);
  }
  return names;
}

std::string CloudFleet::log(const std::string& node) const {
  const auto text = read_file((folder_.path() / (node + ".log")).string()).value_or("");
  return text.substr(text.size() > 3000 ? text.size() - 3000 : 0);
}

CloudClient::CloudClient(const CloudFleet& fleet, const std::string& from,
                         std::vector<std::string> gateways, std::string model, std::string body)
    : from_(from),
      space_(fleet.node(from).space),
      model_(std::move(model)),
      body_(std::move(body)) {
  for (const auto& gateway : gateways)
    addresses_.push_back(fmt::format("{}:{}", fleet.node(gateway).address, kGatewayPort));
  thread_ = std::thread([this] { run(); });
}

void CloudClient::run() {
  const bool entered = enter(space_);
  if (!entered) failures_.push_back({0, 0, "cannot enter " + space_});
  while (entered && !stop_) {
    one();
    std::this_thread::sleep_for(50ms);
  }
}

void CloudClient::one() {
  const auto began = std::chrono::steady_clock::now();
  const auto since = [](auto time) {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - time).count();
  };
  HttpAnswer answer;
  for (const auto& address : addresses_) {
    const bool others = addresses_.size() > 1;
    if (others && ask({.address = address, .path = "/v2/health/ready"}).status != 200) continue;
    answer = ask({.method = "POST",
                  .address = address,
                  .path = "/v2/models/" + model_ + "/infer",
                  .body = body_});
    if (!not_connected(answer)) break;
  }
  ++sent_;
  longest_s_ = std::max(longest_s_.load(), since(began));
  if (answer.status == 200) return;
  failures_.push_back({since(began_), answer.status, answer.body.substr(0, 200)});
}

std::vector<CloudClient::Failure> CloudClient::finish() {
  stop_ = true;
  if (thread_.joinable()) thread_.join();
  return failures_;
}

}  // namespace starling::system_test
