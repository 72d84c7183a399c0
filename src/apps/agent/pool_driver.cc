#include "apps/agent/pool_driver.h"

#include "api/http_client.h"
#include "apps/agent/node_config.h"
#include "base/child_process.h"
#include "base/log.h"
#include "provider/exec_provider.h"
#include "provider/local_provider.h"

namespace starling::agent {
namespace {

using Json = nlohmann::json;

constexpr Duration kMarkTimeout = 5s;

const char* reason_of(ErrorCode code) {
  switch (code) {
    case ErrorCode::kTimeout:
      return "timeout";
    case ErrorCode::kTooLarge:
      return "too_long";
    case ErrorCode::kInvalid:
      return "malformed";
    default:
      return "failed";
  }
}

Result<std::unique_ptr<NodeProvider>> make_provider(const Config& config, const PoolConfig& pool,
                                                    const std::atomic<bool>& stop) {
  if (pool.command.empty()) {
    LocalProviderOptions options;
    options.pool = pool.pool.name;
    options.directory = pool.directory;
    options.program = program_directory() / "starlingd";
    return make_local_provider(std::move(options));
  }
  ExecProviderOptions options;
  options.fleet = config.fleet;
  options.pool = pool.pool.name;
  options.command = pool.command;
  options.timeout = pool.timeout;
  options.node = {{"cloud", pool.pool.cloud},
                  {"region", pool.region},
                  {"zone", pool.zone},
                  {"cpu_millis", pool.pool.node_size.cpu_millis},
                  {"memory_bytes", pool.pool.node_size.memory_bytes},
                  {"gpus", pool.pool.node_size.gpus},
                  {"price_per_hour", pool.pool.price_per_hour}};
  options.stop = &stop;
  return make_exec_provider(std::move(options));
}

}  // namespace

Result<std::unique_ptr<PoolDriver>> PoolDriver::start(const Config& config, View view,
                                                      Inbox& inbox) {
  std::unique_ptr<PoolDriver> driver(new PoolDriver(config, std::move(view), inbox));
  for (auto& pool : driver->config_.pools) {
    std::error_code error;
    if (!pool.directory.empty()) pool.directory = std::filesystem::absolute(pool.directory, error);
    auto provider = make_provider(driver->config_, pool, driver->stopping_);
    if (!provider)
      return fail(provider.error().code, "pool {}: {}", pool.pool.name, provider.error().message);
    driver->providers_.emplace(pool.pool.name, std::move(*provider));
    driver->workers_.emplace(pool.pool.name, std::make_unique<Worker>());
  }
  if (!driver->workers_.empty()) driver->workers_.emplace("", std::make_unique<Worker>());
  return driver;
}

PoolDriver::~PoolDriver() { stopping_ = true; }

void PoolDriver::ask(AskProvider question) {
  const auto worker = workers_.find(question.pool);
  if (worker == workers_.end()) return;
  (void)worker->second->post([this, question = std::move(question)] {
    inbox_.post([answer = carry_out(question, *providers_.at(question.pool))](
                    Agent& core, TimePoint now) { return core.on_provider(answer, now); });
  });
}

ProviderAnswer PoolDriver::carry_out(const AskProvider& question, NodeProvider& provider) {
  ProviderAnswer answer{question, {}, ""};
  count(fmt::format("pool_provider_calls{{pool={}}}", question.pool));
  std::optional<Error> error;
  switch (question.action) {
    case ProviderAction::kList: {
      auto nodes = provider.list();
      if (nodes) answer.nodes = std::move(*nodes);
      if (!nodes) error = nodes.error();
      break;
    }
    case ProviderAction::kCreate: {
      for (const auto& pool : config_.pools) {
        if (pool.pool.name != question.pool) continue;
        const auto text = node_config(config_, pool, question.node);
        const auto made = text ? provider.create({question.node, *text}) : fail(text.error());
        if (!made) error = made.error();
      }
      break;
    }
    case ProviderAction::kDelete: {
      const auto removed = provider.remove(question.node);
      if (!removed) error = removed.error();
      break;
    }
  }
  if (error) {
    answer.error = error->message;
    count(
        fmt::format("pool_provider_failures_{}{{pool={}}}", reason_of(error->code), question.pool));
  }
  return answer;
}

void PoolDriver::mark(MarkNode mark) {
  const auto worker = workers_.find("");
  if (worker == workers_.end()) return;
  (void)worker->second->post([this, mark = std::move(mark)] {
    for (const auto& member : view_()->members) {
      const NodeInfo& node = member.last.node;
      if (node.name != mark.node) continue;
      const auto done = call_agent({node.api_address, config_.token}, "PUT",
                                   "/v1/nodes/" + url_encode(node.name) + "/scheduling?scope=node",
                                   Json{{"scheduling", name_of(mark.scheduling)}}, kMarkTimeout);
      if (!done) {
        spdlog::warn("node {} could not be told that it is {}: {}", node.name,
                     name_of(mark.scheduling), done.error().message);
      }
    }
  });
}

void PoolDriver::count(const std::string& name) {
  const std::lock_guard lock(mutex_);
  ++counters_[name];
}

AgentCounters PoolDriver::counters() const {
  const std::lock_guard lock(mutex_);
  return counters_;
}

}  // namespace starling::agent
