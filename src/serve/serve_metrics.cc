#include "serve/serve_metrics.h"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

namespace starling {
namespace {

// 0.5 ms to 10 s: from the smallest model's pass to the longest wait that any client still cares
// for.
const prometheus::Histogram::BucketBoundaries kSecondsBuckets{
    0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10};

}  // namespace

struct ServeMetrics::Families {
  prometheus::Registry registry;
  std::string model;
  prometheus::Family<prometheus::Counter>* requests = nullptr;
  prometheus::Histogram* total = nullptr;
  prometheus::Histogram* service = nullptr;
  prometheus::Gauge* running = nullptr;
  prometheus::Gauge* waiting = nullptr;
  prometheus::Gauge* ready = nullptr;
};

ServeMetrics::ServeMetrics(const std::string& model) : families_(std::make_unique<Families>()) {
  auto& f = *families_;
  const prometheus::Labels labels{{"model", model}};
  const auto gauge = [&](const char* name, const char* help) {
    return &prometheus::BuildGauge().Name(name).Help(help).Register(f.registry).Add(labels);
  };
  const auto histogram = [&](const char* name, const char* help) {
    return &prometheus::BuildHistogram()
                .Name(name)
                .Help(help)
                .Register(f.registry)
                .Add(labels, kSecondsBuckets);
  };
  f.model = model;
  f.requests = &prometheus::BuildCounter()
                    .Name("starling_serve_requests_total")
                    .Help("Inference requests answered, by HTTP status")
                    .Register(f.registry);
  f.total = histogram("starling_serve_request_seconds",
                      "Inference requests: time in the replica, queueing included");
  f.service =
      histogram("starling_serve_service_seconds", "Forward passes: time in the model alone");
  f.running = gauge("starling_serve_running", "Requests that run now");
  f.waiting = gauge("starling_serve_waiting", "Requests that wait for their turn now");
  f.ready = gauge("starling_serve_ready", "1 when the replica takes requests, 0 while it drains");
}

ServeMetrics::~ServeMetrics() = default;

void ServeMetrics::answered(int status, Duration total) {
  families_->requests->Add({{"model", families_->model}, {"code", std::to_string(status)}})
      .Increment();
  families_->total->Observe(seconds(total));
}

void ServeMetrics::served(Duration service) { families_->service->Observe(seconds(service)); }

std::string ServeMetrics::text(int running, int waiting, bool ready) {
  families_->running->Set(running);
  families_->waiting->Set(waiting);
  families_->ready->Set(ready ? 1 : 0);
  return prometheus::TextSerializer().Serialize(families_->registry.Collect());
}

}  // namespace starling
