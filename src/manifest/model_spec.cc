#include "manifest/model_spec.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <set>

#include "base/file.h"
#include "base/units.h"
#include "manifest/choice_of.h"
#include "manifest/fields.h"
#include "manifest/policy_choice.h"

namespace starling {
namespace {

constexpr const char* kApiVersion = "starling/v1";
constexpr int kReplicasMax = 10000;
constexpr std::int64_t kCpuMillisMin = 10;
constexpr std::int64_t kMemoryBytesMin = 16LL << 20;
constexpr std::int64_t kGpusMax = 64;
/// A replica may become a quarter to four times its first size where a manifest says nothing.
constexpr std::int64_t kSizingSpan = 4;

constexpr std::array kSpreads{Spread::kCloud, Spread::kZone, Spread::kNone};
constexpr std::array kSizingModes{SizingMode::kOff, SizingMode::kRecommend, SizingMode::kAuto};
constexpr std::array kAdmissions{Admission::kQueue, Admission::kReject};

bool is_name(const std::string& text) {
  if (text.empty() || text.size() > 63 || text.front() == '-' || text.back() == '-') return false;
  return std::all_of(text.begin(), text.end(), [](unsigned char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  });
}

/// Where relative paths start; empty where the working directory was removed.
std::filesystem::path working_folder() {
  std::error_code error;
  return std::filesystem::current_path(error);
}

/// The artefact's absolute path, or the path as written when there is no such file.
std::filesystem::path locate(const std::string& artifact, const std::string& folder) {
  const std::filesystem::path given(artifact);
  for (const auto& base : {std::filesystem::path(folder), working_folder()}) {
    const auto candidate = given.is_absolute() ? given : base / given;
    std::error_code error;
    if (std::filesystem::is_regular_file(candidate, error)) {
      return std::filesystem::canonical(candidate, error);
    }
  }
  return given;
}

void read_metadata(Fields& root, ModelSpec& spec) {
  auto metadata = root.child("metadata");
  spec.name = metadata.text("name");
  if (metadata.ok() && !is_name(spec.name)) {
    metadata.problem("name",
                     fmt::format("'{}' is not a name: expected 1 to 63 of a-z, 0-9 and '-', "
                                 "with a letter or digit at both ends",
                                 spec.name));
  }
  for (auto& [key, value] : metadata.text_pairs("labels")) spec.labels[key] = value;
  (void)metadata.finish();
}

void read_sizes(Fields& fields, ModelSpec& spec) {
  auto resources = fields.child("resources");
  spec.resources.cpu_millis = resources.cpu_millis("cpu", spec.resources.cpu_millis);
  spec.resources.memory_bytes = resources.memory_bytes("memory", spec.resources.memory_bytes);
  if (spec.resources.cpu_millis < kCpuMillisMin) resources.problem("cpu", "must be at least 10m");
  if (spec.resources.memory_bytes < kMemoryBytesMin)
    resources.problem("memory", "must be at least 16Mi");
  spec.resources.gpus = resources.integer("gpu", 0, kGpusMax, spec.resources.gpus);
  (void)resources.finish();

  auto replicas = fields.child("replicas");
  spec.replicas.min = static_cast<int>(replicas.integer("min", 0, kReplicasMax, spec.replicas.min));
  spec.replicas.max = static_cast<int>(
      replicas.integer("max", 1, kReplicasMax, std::max(spec.replicas.min, spec.replicas.max)));
  if (spec.replicas.max < spec.replicas.min) {
    replicas.problem("max",
                     fmt::format("{} is below min, {}", spec.replicas.max, spec.replicas.min));
  }
  (void)replicas.finish();
}

/// One resource's limits, which must hold its first size. `amount` reads a key with a fallback.
template <typename Amount>
void read_size_limits(Fields limits, std::int64_t first, std::int64_t least, Amount amount,
                      const std::string& first_text, std::int64_t& min, std::int64_t& max) {
  min = amount(limits, "min", std::max(least, first / kSizingSpan));
  max = amount(limits, "max", std::max(min, first * kSizingSpan));
  if (min < least) limits.problem("min", "is below what a replica can have at all");
  if (max < min) limits.problem("max", "is below min");
  if (first < min || first > max) {
    limits.problem(first < min ? "min" : "max",
                   fmt::format("leaves out the first size, spec.resources' {}", first_text));
  }
  (void)limits.finish();
}

void read_slo(Fields& fields, ModelSpec& spec) {
  auto slo = fields.child("slo");
  spec.slo.latency = slo.duration("latency", spec.slo.latency);
  spec.slo.percentile = slo.number("percentile", 50, 99.99, spec.slo.percentile);
  if (spec.slo.latency <= 0s) slo.problem("latency", "must be longer than 0s");
  (void)slo.finish();
}

/// Records a problem at `key` where there is no such policy, or not with such a target.
void check_policy(const std::string& text, const std::string& key, Fields& fields) {
  const auto choice = read_policy_choice(text);
  const Status known =
      choice ? check_one_of(policy_names(), choice->policy) : Status(fail(choice.error()));
  if (!known) fields.problem(key, known.error().message);
}

void read_shadow(Fields& fields, ModelSpec& spec) {
  spec.shadow = fields.texts("shadow");
  if (spec.shadow.size() > kShadowsMax) {
    fields.problem(
        "shadow", fmt::format("{} policies: expected at most {}", spec.shadow.size(), kShadowsMax));
  }
  std::set<std::string> seen;
  for (const auto& name : spec.shadow) {
    check_policy(name, "shadow", fields);
    if (name == spec.policy) {
      fields.problem("shadow", fmt::format("'{}' is the model's acting policy already: its own "
                                           "estimate is made beside every shadow's",
                                           name));
    }
    if (!seen.insert(name).second)
      fields.problem("shadow", fmt::format("'{}' is given twice", name));
  }
}

/// Where the artefact must be: a manifest's file on this machine, a stored spec's perhaps elsewhere
/// only.
enum class Artifact { kHere, kAnywhere };

ModelSpec read_model(Fields& root, const std::string& folder, Artifact where) {
  ModelSpec spec;
  read_metadata(root, spec);
  auto fields = root.child("spec");
  const std::string artifact = fields.text("artifact");
  spec.artifact = locate(artifact, folder).string();
  std::error_code ignored;
  const bool there = where == Artifact::kAnywhere
                         ? std::filesystem::path(spec.artifact).is_absolute()
                         : std::filesystem::is_regular_file(spec.artifact, ignored);
  if (fields.ok() && !there) {
    fields.problem("artifact",
                   fmt::format("'{}' is not there: looked in {} and {}", artifact,
                               folder.empty() ? "." : folder, working_folder().string()));
  }
  spec.runtime = fields.choice("runtime", {"process"}, spec.runtime);
  read_sizes(fields, spec);
  spec.sizing = read_sizing(fields, spec.resources);
  spec.concurrency = static_cast<int>(fields.integer("concurrency", 1, 1000, spec.concurrency));
  read_slo(fields, spec);
  spec.admission = read_admission(fields);
  spec.policy = fields.text("policy", spec.policy);
  check_policy(spec.policy, "policy", fields);
  read_shadow(fields, spec);
  spec.priority = fields.number("priority", 0.001, 1000, spec.priority);
  auto placement = fields.child("placement");
  spec.clouds = placement.texts("clouds");
  spec.spread = choice_of(placement, "spread", kSpreads, spec.spread);
  spec.anti_affinity = placement.texts("antiAffinity");
  for (const auto& other : spec.anti_affinity) {
    if (other == spec.name) {
      placement.problem("antiAffinity",
                        fmt::format("'{}' is the model itself: name other models", other));
    } else if (!is_name(other)) {
      placement.problem("antiAffinity", fmt::format("'{}' is no model's name", other));
    }
  }
  (void)placement.finish();
  (void)fields.finish();
  return spec;
}

Result<std::vector<ModelSpec>> read_documents(const std::string& text, const std::string& file,
                                              const std::string& folder, Artifact where) {
  auto documents = parse_yaml(text, file);
  if (!documents) return fail(documents.error());
  std::vector<ModelSpec> specs;
  std::set<std::string> names;
  std::vector<std::string> problems;  // of each document the first
  for (const auto& document : *documents) {
    Fields root(document, file);
    root.choice("apiVersion", {kApiVersion});
    if (root.text("kind", "") == "Scenario")
      root.problem("kind", "a Scenario is no Model: `starling-lab replay` plays it");
    root.choice("kind", {"Model"});
    auto spec = root.ok() ? read_model(root, folder, where) : ModelSpec{};
    if (auto status = root.finish(); !status) {
      problems.push_back(status.error().message);
    } else if (!names.insert(spec.name).second) {
      problems.push_back(
          fmt::format("{}: model '{}' is given twice", root.where("metadata"), spec.name));
    } else {
      specs.push_back(std::move(spec));
    }
  }
  if (!problems.empty()) return fail(ErrorCode::kInvalid, "{}", fmt::join(problems, "\n"));
  return specs;
}

}  // namespace

Admission read_admission(Fields& fields) {
  return choice_of(fields, "admission", kAdmissions, Admission::kQueue);
}

const std::vector<std::string>& policy_names() {
  static const std::vector<std::string> names{"learned",   "predictive", "hpa",       "kpa",
                                              "ray-serve", "skyserve",   "threshold", "aiad",
                                              "skewness",  "greedy",     "static"};
  return names;
}

Result<std::vector<ModelSpec>> read_models(const std::string& text, const std::string& file,
                                           const std::string& folder) {
  return read_documents(text, file, folder, Artifact::kHere);
}

Result<std::vector<ModelSpec>> read_model_file(const std::string& path) {
  auto text = read_file(path);
  if (!text) return fail(text.error());
  return read_models(*text, path, std::filesystem::path(path).parent_path().string());
}

const char* name_of(Spread spread) {
  switch (spread) {
    case Spread::kCloud:
      return "cloud";
    case Spread::kZone:
      return "zone";
    case Spread::kNone:
      return "none";
  }
  return "";
}

const char* name_of(SizingMode mode) {
  switch (mode) {
    case SizingMode::kOff:
      return "off";
    case SizingMode::kRecommend:
      return "recommend";
    case SizingMode::kAuto:
      return "auto";
  }
  return "";
}

const char* name_of(Admission admission) {
  return admission == Admission::kReject ? "reject" : "queue";
}

std::string tenant_of(const ModelSpec& spec) {
  const auto label = spec.labels.find("tenant");
  return label == spec.labels.end() ? "default" : label->second;
}

SizingSpec read_sizing(Fields& fields, const Resources& first) {
  SizingSpec s;
  if (!fields.has("sizing")) return s;
  auto sizing = fields.child("sizing");
  s.mode = choice_of(sizing, "mode", kSizingModes, s.mode);
  s.period = sizing.duration("period", s.period);
  if (s.period < 1s) sizing.problem("period", "must be at least 1s");
  read_size_limits(
      sizing.child("cpu"), first.cpu_millis, std::min(kCpuMillisMin, first.cpu_millis),
      [](Fields& f, const char* key, std::int64_t d) { return f.cpu_millis(key, d); },
      format_cpu(first.cpu_millis), s.min.cpu_millis, s.max.cpu_millis);
  read_size_limits(
      sizing.child("memory"), first.memory_bytes, std::min(kMemoryBytesMin, first.memory_bytes),
      [](Fields& f, const char* key, std::int64_t d) { return f.memory_bytes(key, d); },
      format_memory(first.memory_bytes), s.min.memory_bytes, s.max.memory_bytes);
  (void)sizing.finish();
  return s;
}

Resources within(const SizingSpec& sizing, const Resources& size) {
  return {std::clamp(size.cpu_millis, sizing.min.cpu_millis,
                     std::max(sizing.min.cpu_millis, sizing.max.cpu_millis)),
          std::clamp(size.memory_bytes, sizing.min.memory_bytes,
                     std::max(sizing.min.memory_bytes, sizing.max.memory_bytes)),
          size.gpus};
}

nlohmann::json to_json(const ModelSpec& spec) {
  nlohmann::json json{
      {"apiVersion", kApiVersion},
      {"kind", "Model"},
      {"metadata", {{"name", spec.name}, {"labels", spec.labels}}},
      {"spec",
       {{"artifact", spec.artifact},
        {"runtime", spec.runtime},
        {"resources",
         {{"cpu", format_cpu(spec.resources.cpu_millis)},
          {"memory", std::to_string(spec.resources.memory_bytes)}}},
        {"concurrency", spec.concurrency},
        {"slo",
         {{"latency", format_duration(spec.slo.latency)}, {"percentile", spec.slo.percentile}}},
        {"replicas", {{"min", spec.replicas.min}, {"max", spec.replicas.max}}},
        {"policy", spec.policy},
        {"priority", spec.priority},
        {"placement", {{"clouds", spec.clouds}, {"spread", name_of(spec.spread)}}}}}};
  // Agents that know neither shadows nor admission nor GPUs still read what has none.
  if (spec.admission == Admission::kReject) json["spec"]["admission"] = name_of(spec.admission);
  if (!spec.shadow.empty()) json["spec"]["shadow"] = spec.shadow;
  if (spec.resources.gpus > 0) json["spec"]["resources"]["gpu"] = spec.resources.gpus;
  if (!spec.anti_affinity.empty()) json["spec"]["placement"]["antiAffinity"] = spec.anti_affinity;
  // Nor do they know of sizing.
  if (const SizingSpec& s = spec.sizing; s != SizingSpec{}) {
    json["spec"]["sizing"] = {
        {"mode", name_of(s.mode)},
        {"period", format_duration(s.period)},
        {"cpu", {{"min", format_cpu(s.min.cpu_millis)}, {"max", format_cpu(s.max.cpu_millis)}}},
        {"memory",
         {{"min", std::to_string(s.min.memory_bytes)},
          {"max", std::to_string(s.max.memory_bytes)}}}};
  }
  return json;
}

Result<ModelSpec> model_spec_from_json(const nlohmann::json& json) {
  // JSON is YAML: one reader, one set of checks and messages.
  auto specs = read_documents(json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace),
                              "model", "", Artifact::kAnywhere);
  if (!specs) return fail(specs.error());
  if (specs->size() != 1) return fail(ErrorCode::kInvalid, "model: expected exactly one");
  return specs->front();
}

}  // namespace starling
