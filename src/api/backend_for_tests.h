// An agent of which nothing is asked, for tests of what a part of the API asks.
#pragma once

#include <cstdlib>

#include "api/server.h"

namespace starling {

class SilentBackend : public ApiBackend {
 public:
  std::shared_ptr<const FleetView> view() const override { return std::make_shared<FleetView>(); }
  SpecStore& specs() override { std::abort(); }
  std::optional<TimePoint> specs_seen() const override { return std::nullopt; }
  AgentCounters counters() const override { return {}; }
  Result<history::QueryResult> query(const std::string&, const history::QueryLimits&) override {
    return not_asked();
  }
  Result<history::CubePartial> cube(const history::Cube&, const history::CubeLimits&) override {
    return not_asked();
  }
  Result<history::ExportResult> export_history(const history::ExportRequest&) override {
    return not_asked();
  }
  std::vector<nlohmann::json> decisions(const std::string&, std::size_t) const override {
    return {};
  }
  std::optional<nlohmann::json> explain(const std::string&) override { return std::nullopt; }
  Status set_scheduling(Scheduling) override { return not_asked(); }
  nlohmann::json learning() const override { return {}; }
  std::vector<ReplicaLog> logs(const LogQuestion&) const override { return {}; }

 private:
  static tl::unexpected<Error> not_asked() { return fail(ErrorCode::kInternal, "not asked here"); }
};

}  // namespace starling
