// The kind FaultPlan: a fleet, its work, what goes wrong and when, and what must hold all the same.
// docs/testing.md describes the file.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "manifest/model_spec.h"
#include "sim/fault_kind.h"

namespace starling {

/// What a user does to a model.
enum class SpecChange {
  kReplicas,  // other limits
  kArtifact,  // another version of what it serves
  kDelete,
};
/// "replicas", "artifact" or "delete".
const char* name_of(SpecChange change);

/// One fault at one time. Which of the fields count, the FaultTraits of its kind say.
struct Fault {
  FaultKind kind = FaultKind::kLoss;
  Duration at{};                   // since the start of the run
  Duration length{};               // 0 for what is momentary
  double rate = 0;                 // share of messages, or of starts
  Duration delay{};                // the longest
  Duration ahead{};                // of clocks; negative: behind
  double factor = 1;               // of cold starts
  std::string cloud;               // evict
  std::string model;               // spec
  SpecChange change{};             // spec
  ReplicaLimits limits;            // spec: with kReplicas
  std::vector<std::string> nodes;  // of a partition: one side; of starts: all when empty
  std::vector<std::pair<std::string, std::string>> links;  // one-way: from → to is lost
  bool operator==(const Fault&) const = default;
};

/// "at 12s for 3s: crash n003"
std::string describe(const Fault& fault);

/// What a draw picks between; a single value where both are equal.
template <typename T>
struct Range {
  T low{};
  T high{};
};

/// Faults of one kind drawn from the seed: a Poisson process over a part of the run.
struct FaultDraw {
  FaultKind kind = FaultKind::kLoss;
  Duration every{};  // the mean time between them
  Duration from{};
  Duration until{};
  Range<Duration> length;
  Range<double> rate;  // share of messages, or of starts
  Range<Duration> delay;
  Range<Duration> ahead;  // of clocks, or behind by chance; `off` in the file
  Range<double> factor;   // of cold starts
  Range<double> share;    // of nodes, links
};

/// How requests come and go.
enum class DemandCurve {
  kSteady,
  kSwing,  // a sine
  kSurge,  // steady but for one step up and down
};
/// "steady", "swing" or "surge".
const char* name_of(DemandCurve curve);

/// Requests a second over time.
struct DemandShape {
  DemandCurve curve = DemandCurve::kSteady;
  double rate = 0;    // requests a second
  double depth = 0;   // swing: the share of the rate that comes and goes
  Duration period{};  // swing
  double factor = 1;  // surge: times the rate …
  Duration at{};      // … from here …
  Duration length{};  // … for so long
};
/// Of the `index`th of several models alike: their swings are out of step.
double demand_at(const DemandShape& shape, int index, Duration since_start);

/// `count` models alike, "m00", "m01" … for the name "m".
struct PlanModels {
  std::string name;
  int count = 1;
  ReplicaLimits replicas;
  Resources resources;
  DemandShape demand;
  bool auto_size = false;
};

/// The nodes, all alike and dealt to the clouds in turn.
struct PlanFleet {
  int nodes = 10;
  int clouds = 3;
  Resources node_size;
  Range<Duration> cold_start;
};

/// How soon and how often is well enough; see Invariants.
struct InvariantBounds {
  Duration converge_within{};  // after the last fault
  Duration minimum_within{};   // after the last fault that took something away
  int starts_per_minute = 0;   // of one model
};

/// A plan as its file has it; times are since the start of the run.
struct FaultPlan {
  std::string name;
  PlanFleet fleet;
  std::vector<PlanModels> models;
  Duration warm_up{};   // without faults that are drawn
  Duration duration{};  // nothing goes wrong later than this
  std::vector<Fault> faults;
  std::vector<FaultDraw> draws;
  InvariantBounds bounds;
};

/// Errors: the first problem, with file, line, key and what was expected; a file that cannot be
/// read. Of a text, `file` is only used in messages.
Result<FaultPlan> read_fault_plan(const std::string& path);
Result<FaultPlan> parse_fault_plan(const std::string& text, const std::string& file);

/// The plan as a file that reads back as the same plan.
std::string fault_plan_yaml(const FaultPlan& plan);

/// The plan with everything that a seed draws among its faults, in order of time, and no draws
/// left.
FaultPlan draw_faults(FaultPlan plan, std::uint64_t seed);

/// The fleet's nodes: "n000" …
std::vector<std::string> node_names(const PlanFleet& fleet);
/// The cloud that the node of this number is in: "cloud0" …
std::string cloud_of(const PlanFleet& fleet, int node);
/// The models that the plan begins with.
std::vector<ModelSpec> plan_models(const FaultPlan& plan);

}  // namespace starling
