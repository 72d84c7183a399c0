#include "apps/agent/node.h"

#include <utility>

#include "apps/agent/core_options.h"
#include "apps/agent/core_questions.h"
#include "apps/agent/data_lock.h"
#include "apps/agent/eviction_watch.h"
#include "apps/agent/gateway_driver.h"
#include "apps/agent/inbox.h"
#include "apps/agent/nats_driver.h"
#include "apps/agent/node_learning.h"
#include "apps/agent/pool_driver.h"
#include "apps/agent/recorder.h"
#include "apps/agent/usage_meter.h"
#include "apps/agent/warm_start.h"
#include "base/log.h"
#include "control/codec.h"
#include "control/ownership.h"
#include "runtime/process_runtime.h"
#include "transport/nats_spec_store.h"
#include "transport/nats_transport.h"

namespace starling::agent {
namespace {

constexpr auto kTick = std::chrono::milliseconds(100);
constexpr Duration kReportPatience = 2s;  // until all gateways have told what they saw

class RunningNode final : public Node, public ApiBackend {
 public:
  explicit RunningNode(const Config& config)
      : config_(config),
        core_(config.node, static_cast<std::uint64_t>(clock_.now().time_since_epoch().count()),
              clock_.now(), core_options(config)),
        eviction_(config.eviction_notice) {}

  Status start();
  void run(const std::atomic<bool>& stop) override;

  // ApiBackend, on the API's threads.
  std::shared_ptr<const FleetView> view() const override { return view_.load(); }
  SpecStore& specs() override { return *specs_; }
  std::optional<TimePoint> specs_seen() const override { return specs_->last_contact(); }
  AgentCounters counters() const override;
  Result<history::QueryResult> query(const std::string& sql,
                                     const history::QueryLimits& limits) override {
    return store_->query(sql, limits);
  }
  Result<history::CubePartial> cube(const history::Cube& question,
                                    const history::CubeLimits& limits) override {
    return store_->cube(question, limits);
  }
  Result<history::ExportResult> export_history(const history::ExportRequest& request) override {
    return store_->export_parquet(request);
  }
  std::vector<nlohmann::json> decisions(const std::string& model,
                                        std::size_t limit) const override {
    return recorder_->decisions(model, limit);
  }
  std::optional<nlohmann::json> explain(const std::string& model) override {
    return agent::explain(inbox_, model);
  }
  Status set_scheduling(Scheduling scheduling) override {
    return agent::set_scheduling(config_.data, scheduling, inbox_);
  }
  nlohmann::json learning() const override { return learning_->status(clock_.now()); }
  std::vector<ReplicaLog> logs(const LogQuestion& question) const override {
    return read_logs(log_folder(), config_.node.name, question);
  }

 private:
  Status start_nats();
  std::filesystem::path log_folder() const { return config_.data / "replicas"; }
  Status start_runtime();
  Status start_history();
  Status start_learning();
  Status start_gateway();
  Status start_pools();
  void step(std::chrono::steady_clock::time_point deadline);
  void poll_runtime(TimePoint now);
  void apply(Effects effects, TimePoint now);
  std::string wire(const Message& message, TimePoint now) const {
    return encode(message, core_.packs(now) ? WireForm::kPacked : WireForm::kText);
  }
  void publish(TimePoint now);
  const ModelSpec* spec_of(const std::string& model) const;

  Config config_;
  SystemClock clock_;
  std::optional<DataLock> lock_;
  Agent core_;
  EvictionWatch eviction_;
  Inbox inbox_;
  std::atomic<std::shared_ptr<const FleetView>> view_{std::make_shared<const FleetView>()};
  UsageMeter usage_;
  std::atomic<std::uint64_t> malformed_{0};
  // In the order of construction; destroyed in reverse, so that who calls goes before who is
  // called.
  std::unique_ptr<history::Store> store_;
  std::unique_ptr<Recorder> recorder_;
  std::unique_ptr<NatsDriver> nats_;
  std::shared_ptr<NatsConnection> connection_;
  std::unique_ptr<NatsSpecStore> specs_;
  std::unique_ptr<NatsTransport> transport_;
  std::unique_ptr<ProcessRuntime> runtime_;
  std::unique_ptr<NodeLearning> learning_;
  std::unique_ptr<GatewayDriver> gateway_;
  std::unique_ptr<PoolDriver> pools_;
  std::unique_ptr<ApiServer> api_;
};

Status RunningNode::start() {
  auto lock = DataLock::take(config_.data);
  if (!lock) return fail(lock.error());
  lock_ = std::move(*lock);
  const auto scheduling = kept_scheduling(config_.data);
  if (!scheduling) return fail(scheduling.error());
  apply(core_.set_scheduling(*scheduling, clock_.now()), clock_.now());
  for (const auto& step :
       {&RunningNode::start_history, &RunningNode::start_nats, &RunningNode::start_runtime,
        &RunningNode::start_learning, &RunningNode::start_gateway, &RunningNode::start_pools}) {
    if (auto status = (this->*step)(); !status) return status;
  }
  publish(clock_.now());
  auto api = ApiServer::start({config_.host, config_.api_port, config_.token}, *this);
  if (!api) return fail(api.error());
  api_ = std::move(*api);
  return {};
}

Status RunningNode::start_runtime() {
  // With the folder, which the lock makes this agent's alone: what an earlier run left behind is
  // ended, and a fleet of the same names in another folder must not be taken for that.
  std::error_code error;
  const auto folder = std::filesystem::canonical(config_.data, error);
  if (error) {
    return fail(ErrorCode::kInvalid, "data folder {}: {}; choose another folder for data",
                config_.data.string(), error.message());
  }
  ProcessRuntimeOptions options;
  options.node = fmt::format("{}-{}-{:08x}", config_.fleet, config_.node.name,
                             stable_hash(folder.string()) & 0xffffffff);
  options.host = config_.host;
  options.log_folder = log_folder();
  auto runtime = ProcessRuntime::create(options);
  if (!runtime) return fail(runtime.error());
  runtime_ = std::move(*runtime);
  return {};
}

Status RunningNode::start_history() {
  const auto& n = config_.node;
  std::error_code error;
  history::StoreOptions options;
  options.memory_bytes = config_.history_memory_bytes;
  options.retention = config_.retention;
  options.export_directory = std::filesystem::absolute(config_.data, error) / "export";
  if (error) {
    return fail(ErrorCode::kInvalid, "data folder {}: {}", config_.data.string(), error.message());
  }
  auto store = history::Store::open((config_.data / "history.duckdb").string(),
                                    {n.cloud, n.region, n.zone, n.name}, options);
  if (!store) return fail(store.error());
  store_ = std::move(*store);
  recorder_ = std::make_unique<Recorder>(*store_);
  // Nobody else uses the core yet.
  if (const auto known = remember_demand(*store_, clock_.now(), core_); !known) {
    spdlog::warn("forecasts begin without a past: {}", known.error().message);
  } else if (known->seconds + known->minutes > 0) {
    spdlog::info("forecasts go on from {} seconds and {} minutes of demand in the history",
                 known->seconds, known->minutes);
  }
  return {};
}

Status RunningNode::start_nats() {
  std::string url = config_.nats_url;
  if (url.empty()) {
    NatsServerOptions options;
    options.name = config_.node.name;
    options.directory = config_.data / "nats";
    options.client_host = config_.host;
    options.client_port = config_.nats_port;
    options.user = options.cluster_user = config_.nats_user;
    options.password = options.cluster_password = config_.nats_password;
    options.cluster_port = config_.nats_cluster_port;
    options.cluster_host = config_.host;
    options.cluster_name = config_.fleet;
    options.routes = config_.nats_routes;
    auto server = NatsDriver::start(options);
    if (!server) return fail(server.error());
    nats_ = std::move(*server);
    url = nats_->url();
  }
  auto connection =
      NatsConnection::connect({url, config_.nats_user, config_.nats_password, config_.node.name});
  if (!connection) return fail(connection.error());
  connection_ = std::move(*connection);
  auto transport = NatsTransport::create(connection_, config_.fleet, config_.node.name);
  if (!transport) return fail(transport.error());
  transport_ = std::move(*transport);
  transport_->on_message([this](std::string bytes) {
    auto message = decode(bytes);
    if (!message) {
      constexpr std::uint64_t kToldOf = 1000;
      if (malformed_++ % kToldOf == 0)
        spdlog::warn("dropped a message (of {} one is told of): {}", kToldOf,
                     message.error().message);
      return;
    }
    inbox_.post(
        [m = std::move(*message)](Agent& core, TimePoint now) { return core.on_message(m, now); });
  });
  auto specs = NatsSpecStore::create(connection_, config_.fleet, config_.spec_copies);
  if (!specs) return fail(specs.error());
  specs_ = std::move(*specs);
  specs_->watch([this](std::vector<StoredSpec> all) {
    inbox_.post(
        [all = std::move(all)](Agent& core, TimePoint now) { return core.on_specs(all, now); });
  });
  return {};
}

Status RunningNode::start_learning() {
  auto learning =
      NodeLearning::start(config_, *store_, connection_, inbox_, [this] { return view_.load(); });
  if (!learning) return fail(learning.error());
  learning_ = std::move(*learning);
  return {};
}

Status RunningNode::start_gateway() {
  HaproxyOptions options;
  options.host = config_.host;
  options.port = config_.gateway_port;
  options.directory = config_.data / "gateway";
  auto gateway = GatewayDriver::start(
      options, clock_, [this](std::vector<ModelTraffic> traffic, TimePoint second) {
        recorder_->traffic(traffic, second, *view());
        inbox_.post([this, traffic = std::move(traffic), second](Agent& core, TimePoint now) {
          const TimePoint reported = second - kReportPatience;
          recorder_->demand(core.demand_in(reported), reported, *view());
          return core.on_traffic(traffic, second, now);
        });
      });
  if (!gateway) return fail(gateway.error());
  gateway_ = std::move(*gateway);
  return {};
}

Status RunningNode::start_pools() {
  auto pools = PoolDriver::start(
      config_, [this] { return view(); }, inbox_);
  if (!pools) return fail(pools.error());
  pools_ = std::move(*pools);
  return {};
}

void RunningNode::run(const std::atomic<bool>& stop) {
  auto next_tick = std::chrono::steady_clock::now();
  while (!stop) {
    step(next_tick);
    if (std::chrono::steady_clock::now() >= next_tick) {
      const TimePoint now = clock_.now();
      poll_runtime(now);
      apply(eviction_.look(core_, now), now);
      apply(core_.on_tick(now), now);
      publish(now);
      next_tick = std::max(next_tick + kTick, std::chrono::steady_clock::now());
    }
  }
  apply(core_.leave(clock_.now()), clock_.now());
  store_->stop_answering();  // or the API would wait for them
  api_.reset();
  gateway_.reset();
  pools_.reset();
  learning_.reset();
  runtime_.reset();
  specs_.reset();
  transport_.reset();
  connection_.reset();
  nats_.reset();
}

void RunningNode::step(std::chrono::steady_clock::time_point deadline) {
  for (const auto& input : inbox_.take(deadline)) {
    const TimePoint now = clock_.now();
    apply(input(core_, now), now);
  }
}

void RunningNode::poll_runtime(TimePoint now) {
  for (const auto& event : runtime_->poll(now)) apply(core_.on_replica_event(event, now), now);
  if (!usage_.due(now)) return;
  core_.on_usage(usage_.read(runtime_->cpu_seconds(), runtime_->memory_bytes(), now));
}

void RunningNode::apply(Effects effects, TimePoint now) {
  struct Visitor {
    RunningNode& node;
    TimePoint now;
    void operator()(Send& e) const { node.transport_->send(e.to, node.wire(e.message, now)); }
    void operator()(Broadcast& e) const { node.transport_->broadcast(node.wire(e.message, now)); }
    void operator()(Tell& e) const { node.transport_->tell(e.path, node.wire(e.message, now)); }
    void operator()(Listen& e) const { node.transport_->listen(e.scope); }
    void operator()(StartReplicaEffect& e) const {
      if (auto status = node.runtime_->start(e.replica); !status) {
        node.apply(
            node.core_.on_replica_event(
                {ReplicaEvent::Kind::kFailed, e.replica.id, "", {}, status.error().message}, now),
            now);
      }
    }
    void operator()(ResizeReplicaEffect& e) const {
      if (auto status = node.runtime_->resize(e.id, e.resources); !status) {
        node.apply(node.core_.on_resize_failed(e, status.error().message, now), now);
      }
    }
    void operator()(StopReplicaEffect& e) const { node.runtime_->stop(e.id, e.grace); }
    void operator()(SetRoutes& e) const {
      node.gateway_->set_routes(std::move(e.routes), std::move(e.limits));
    }
    void operator()(WantForecast& e) const { node.learning_->learner().want(std::move(e)); }
    void operator()(TakeFilm& e) const { node.learning_->learner().take(std::move(e)); }
    void operator()(Decided& e) const {
      node.recorder_->decided(e.decision, node.spec_of(e.decision.model));
    }
    void operator()(TenderSettled& e) const {
      node.recorder_->tender_settled(e, node.spec_of(e.model));
    }
    void operator()(PlacementChanged& e) const {
      spdlog::info("replica {}: {} ({})", e.replica.id, name_of(e.event), e.detail);
      node.recorder_->placed(e, now, node.spec_of(e.replica.model));
    }
    void operator()(AskProvider& e) const { node.pools_->ask(std::move(e)); }
    void operator()(MarkNode& e) const { node.pools_->mark(std::move(e)); }
    void operator()(Notice& e) const { spdlog::info("{}", e.text); }
  };
  for (auto& effect : effects) std::visit(Visitor{*this, now}, effect);
}

void RunningNode::publish(TimePoint now) {
  auto view = core_.account(now);
  recorder_->places(*view);
  recorder_->metered(*view, specs_->last_contact(), config_.data);
  view_.store(std::move(view));
}

/// Good until the next publish; the control thread's own.
const ModelSpec* RunningNode::spec_of(const std::string& model) const {
  const auto view = view_.load();
  for (const auto& m : view->models) {
    if (m.spec.spec.name == model) return &m.spec.spec;
  }
  return nullptr;
}

AgentCounters RunningNode::counters() const {
  const auto sent = transport_->counters();
  const auto history = store_->stats();
  AgentCounters all = learning_->counters();
  all.merge(pools_->counters());
  all["messages_sent"] = sent.sent;
  all["messages_received"] = sent.received;
  all["messages_dropped"] = sent.dropped_offline + sent.dropped_too_large;
  all["history_rows_written"] = static_cast<std::uint64_t>(history.rows_written);
  all["history_usage_rows_shed"] = static_cast<std::uint64_t>(history.usage_rows_shed);
  all["history_event_rows_shed"] = static_cast<std::uint64_t>(history.event_rows_shed);
  all["history_rows_lost"] = static_cast<std::uint64_t>(history.rows_lost);
  all["requests_rejected"] = recorder_->rejected();
  all["messages_malformed"] = malformed_.load();
  all["commands_fenced"] = view()->commands_fenced;
  all["inputs_dropped"] = inbox_.dropped();
  return all;
}

}  // namespace

Result<std::unique_ptr<Node>> Node::start(const Config& config) {
  auto node = std::make_unique<RunningNode>(config);
  if (auto status = node->start(); !status) return fail(status.error());
  return node;
}

}  // namespace starling::agent
