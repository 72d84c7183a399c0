// The kind Model: what a user wants to run. Read from YAML manifests, kept as JSON in the spec
// store.
#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

namespace starling {

class Fields;

struct Slo {
  Duration latency{150ms};  // a request slower than this, or failed, has missed the SLO
  double percentile = 99;   // this share of requests must meet it, in percent
  bool operator==(const Slo&) const = default;
};

/// What becomes of a request that would wait too long to meet its SLO.
enum class Admission {
  kQueue,   // it waits all the same
  kReject,  // it is rejected at once: policy/admission_limit.h
};
const char* name_of(Admission admission);

struct ReplicaLimits {
  int min = 1;
  int max = 20;
  bool operator==(const ReplicaLimits&) const = default;
};

struct Resources {
  std::int64_t cpu_millis = 250;
  std::int64_t memory_bytes = 256LL << 20;
  std::int64_t gpus = 0;  // whole devices
  bool operator==(const Resources&) const = default;
};

/// What replicas prefer to be in distinct ones of. Names: cloud, zone, none.
enum class Spread { kCloud, kZone, kNone };
const char* name_of(Spread spread);

/// What becomes of the size that a replica should have. Names: off, recommend, auto.
enum class SizingMode {
  kOff,        // none is computed
  kRecommend,  // it is computed and shown
  kAuto,       // and applied
};
const char* name_of(SizingMode mode);

/// Whether the size of a replica is decided from what replicas are seen to use, and within what.
struct SizingSpec {
  SizingMode mode = SizingMode::kOff;
  Resources min{0, 0};  // of one replica; zeros while the manifest says nothing of sizing
  Resources max{0, 0};
  Duration period{10min};  // nothing is lowered on a shorter history, nor changed more often
  bool operator==(const SizingSpec&) const = default;
};

/// The nearest size that is allowed.
Resources within(const SizingSpec& sizing, const Resources& size);

struct ModelSpec {
  std::string name;                           // [a-z0-9-], at most 63 characters
  std::map<std::string, std::string> labels;  // `tenant` is one that the history knows
  std::string artifact;                       // absolute path of a TorchScript file
  std::string runtime = "process";
  Resources resources;  // with sizing `auto` only the first size
  SizingSpec sizing;
  int concurrency = 1;  // requests a replica handles at once
  Slo slo;
  Admission admission = Admission::kQueue;
  ReplicaLimits replicas;
  std::string policy = "predictive";  // as policy_choice.h reads it
  std::vector<std::string> shadow;    // policies that run beside it and change nothing
  double priority = 1.0;
  std::vector<std::string> clouds;  // allowed clouds; empty: any
  Spread spread = Spread::kZone;
  std::vector<std::string> anti_affinity;  // models that it shares no node with
  bool operator==(const ModelSpec&) const = default;
};

/// Whose model it is: the label `tenant`, or "default".
std::string tenant_of(const ModelSpec& spec);

/// More shadow policies than these are refused.
inline constexpr int kShadowsMax = 4;

/// `queue` or `reject`; how manifests and scenarios spell it.
Admission read_admission(Fields& fields);

/// The section `sizing`, where there is one; its limits must hold `first`, the first size, and are
/// a quarter and four times of it where they are not given.
SizingSpec read_sizing(Fields& fields, const Resources& first);

/// Names of the policies that a manifest may ask for.
const std::vector<std::string>& policy_names();

/// The Model documents of a manifest text. A relative artefact is looked for in `folder`, then in
/// the current one. Errors: the first problem of each document, a line each, with file, line, key,
/// what was expected.
Result<std::vector<ModelSpec>> read_models(const std::string& text, const std::string& file,
                                           const std::string& folder);

/// The Model documents of a manifest file.
Result<std::vector<ModelSpec>> read_model_file(const std::string& path);

nlohmann::json to_json(const ModelSpec& spec);
/// The JSON form of one spec as the API and the spec store hold it. Errors name the field.
Result<ModelSpec> model_spec_from_json(const nlohmann::json& json);

}  // namespace starling
