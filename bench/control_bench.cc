// Cost of the control plane on one node: ticks and decisions for 1,000 models, the wire form,
// ownership.
#include <benchmark/benchmark.h>

#include "control/agent.h"
#include "control/codec.h"
#include "control/ownership.h"

namespace starling {
namespace {

constexpr int kModels = 1000;

ModelSpec model(int index) {
  ModelSpec spec;
  spec.name = fmt::format("model-{:04}", index);
  spec.artifact = "/models/" + spec.name + ".pt";
  spec.slo = {200ms, 99};
  return spec;
}

NodeInfo node(const std::string& name) {
  NodeInfo info;
  info.name = name;
  info.cloud = "c1";
  info.region = "r1";
  info.zone = "z1";
  info.cpu_millis = 10'000'000;
  info.memory_bytes = 1LL << 50;
  return info;
}

/// One agent that owns every model, with traffic each second and a forecast for each decision.
class BusyAgent {
 public:
  BusyAgent() : now_(from_unix_seconds(1'700'000'000)), agent_(node("n1"), 1, now_) {
    std::vector<StoredSpec> specs;
    for (int i = 0; i < kModels; ++i) specs.push_back({model(i), 1});
    carry_out(agent_.on_specs(specs, now_));
    for (int i = 0; i < 700; ++i) step();  // past the start, with more than a minute of histograms
  }

  /// 100 ms of virtual time.
  void step() {
    now_ += 100ms;
    if (now_.time_since_epoch() % 1s == 100ms)
      carry_out(agent_.on_traffic(traffic_, now_ - 1100ms, now_));
    carry_out(agent_.on_tick(now_));
  }
  void tick_again() {
    now_ += 1us;
    carry_out(agent_.on_tick(now_));
  }
  std::int64_t decisions() const { return decisions_; }

 private:
  static std::vector<ModelTraffic> second_of_traffic() {
    std::vector<ModelTraffic> all;
    for (int i = 0; i < kModels; ++i) {
      ModelTraffic t;
      t.model = model(i).name;
      t.arrivals = t.completed = t.service_count = 20;
      for (int k = 0; k < 20; ++k) t.latency.add(0.02 + 0.005 * k);
      t.service_sum_s = 1.0;
      t.service_square_sum = 0.06;
      all.push_back(std::move(t));
    }
    return all;
  }

  void carry_out(const Effects& effects) {
    for (const auto& effect : effects) {
      if (const auto* want = std::get_if<WantForecast>(&effect)) {
        Forecast forecast{now_, want->series.step, "bench", std::vector<Quantiles>(4)};
        for (auto& s : forecast.steps) s.fill(20);
        carry_out(agent_.on_forecast(want->model, forecast, now_));
      } else if (const auto* start = std::get_if<StartReplicaEffect>(&effect)) {
        carry_out(agent_.on_replica_event(
            {ReplicaEvent::Kind::kReady, start->replica.id, "10.0.0.1:80", 1s, ""}, now_));
      } else if (std::holds_alternative<Decided>(effect)) {
        ++decisions_;
      }
    }
  }

  std::vector<ModelTraffic> traffic_ = second_of_traffic();
  TimePoint now_;
  Agent agent_;
  std::int64_t decisions_ = 0;
};

/// A whole decision interval, 20 ticks: every model reports twice, is forecast and decided once, is
/// told of in four heartbeats.
void decision_interval(benchmark::State& state) {
  BusyAgent agent;
  const auto before = agent.decisions();
  for (auto _ : state) {
    for (int i = 0; i < 20; ++i) agent.step();
  }
  state.counters["decisions/s"] = benchmark::Counter(
      static_cast<double>(agent.decisions() - before), benchmark::Counter::kIsRate);
}
BENCHMARK(decision_interval)->Unit(benchmark::kMillisecond);

/// A tick at which nothing is due.
void quiet_tick(benchmark::State& state) {
  BusyAgent agent;
  for (auto _ : state) agent.tick_again();
}
BENCHMARK(quiet_tick)->Unit(benchmark::kMicrosecond);

Message heartbeat(int replicas) {
  Heartbeat beat;
  beat.node = node("n1");
  for (int i = 0; i < replicas; ++i) {
    ReplicaStatus r;
    r.id = fmt::format("model-{:04}-n1-60a5e6b1c2d3e-{}", i, i);
    r.model = fmt::format("model-{:04}", i);
    r.node = "n1";
    r.generation = stable_hash(r.id);
    r.state = ReplicaState::kReady;
    r.address = "10.0.0.1:6123";
    r.cold_start = 1234567us;
    r.cpu_cores = 0.37;
    beat.replicas.push_back(std::move(r));
  }
  return beat;
}

/// The message that large fleets send most: one replica of a node has turned ready.
Message change() {
  Change change{"n1", 1'732'900'123'456'789, 40'031, 39'977, {}, {}, {}, {}, {}, {}, {}, {}};
  change.turned = {
      {"model-0007-n1-60a5e6b1c2d3e-9", ReplicaState::kReady, "10.20.4.17:31877", 31'204'551us}};
  return change;
}

void encode_message(benchmark::State& state, const Message& message, WireForm form) {
  std::size_t bytes = 0;
  for (auto _ : state) bytes = encode(message, form).size();
  state.counters["bytes"] = static_cast<double>(bytes);
}
BENCHMARK_CAPTURE(encode_message, heartbeat, heartbeat(100), WireForm::kText);
BENCHMARK_CAPTURE(encode_message, heartbeat_packed, heartbeat(100), WireForm::kPacked);
BENCHMARK_CAPTURE(encode_message, change, change(), WireForm::kText);
BENCHMARK_CAPTURE(encode_message, change_packed, change(), WireForm::kPacked);

void decode_message(benchmark::State& state, const Message& message, WireForm form) {
  const auto bytes = encode(message, form);
  for (auto _ : state) benchmark::DoNotOptimize(decode(bytes));
}
BENCHMARK_CAPTURE(decode_message, heartbeat, heartbeat(100), WireForm::kText);
BENCHMARK_CAPTURE(decode_message, heartbeat_packed, heartbeat(100), WireForm::kPacked);
BENCHMARK_CAPTURE(decode_message, change, change(), WireForm::kText);
BENCHMARK_CAPTURE(decode_message, change_packed, change(), WireForm::kPacked);

/// What a change of the membership costs: owners of so many models among so many nodes.
void bounded_ownership(benchmark::State& state) {
  std::vector<std::string> members, models;
  for (int i = 0; i < state.range(1); ++i) members.push_back(fmt::format("node-{:02}", i));
  for (int i = 0; i < state.range(0); ++i) models.push_back(fmt::format("model-{:05}", i));
  for (auto _ : state) benchmark::DoNotOptimize(bounded_owners(models, members));
}
BENCHMARK(bounded_ownership)
    ->Args({kModels, 50})
    ->Args({100'000, 1000})
    ->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace starling

BENCHMARK_MAIN();
