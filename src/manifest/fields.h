// Reads a YAML mapping field by field and reports the first thing wrong with file, line and path.
#pragma once

#include <yaml-cpp/yaml.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

namespace starling {

/// Parses the documents of a YAML text. `file` is only used in messages.
/// Errors: not YAML (with line and column), larger than 1 MiB, no document at all.
Result<std::vector<YAML::Node>> parse_yaml(const std::string& text, const std::string& file);

/// A view on one mapping. Every getter returns its fallback once something went wrong; `finish`
/// then returns the first problem, unknown keys included. Child views share the problem.
class Fields {
 public:
  Fields(YAML::Node node, std::string file, std::string path = "");

  bool has(const std::string& key);
  /// Whether a mapping, not a single value, is under `key`: for keys that take either.
  bool has_mapping(const std::string& key);
  /// The mapping under `key`; an empty view when it is absent.
  Fields child(const std::string& key);
  /// The mappings of the sequence under `key`.
  std::vector<Fields> children(const std::string& key);

  std::string text(const std::string& key, std::optional<std::string> fallback = std::nullopt);
  /// One of `choices`.
  std::string choice(const std::string& key, const std::vector<std::string>& choices,
                     std::optional<std::string> fallback = std::nullopt);
  /// A list of them; empty when it is absent.
  std::vector<std::string> choices(const std::string& key, const std::vector<std::string>& known);
  double number(const std::string& key, double low, double high,
                std::optional<double> fallback = std::nullopt);
  std::int64_t integer(const std::string& key, std::int64_t low, std::int64_t high,
                       std::optional<std::int64_t> fallback = std::nullopt);
  Duration duration(const std::string& key, std::optional<Duration> fallback = std::nullopt);
  std::int64_t cpu_millis(const std::string& key,
                          std::optional<std::int64_t> fallback = std::nullopt);
  std::int64_t memory_bytes(const std::string& key,
                            std::optional<std::int64_t> fallback = std::nullopt);
  std::vector<std::string> texts(const std::string& key);
  std::vector<std::pair<std::string, std::string>> text_pairs(const std::string& key);

  /// Records a problem at `key`, for checks between fields. The first one recorded is reported.
  void problem(const std::string& key, const std::string& message);
  bool ok() const;

  /// The first problem of this view and all its children, or an unknown key of this view.
  /// Call it on the children first: an unknown key is looked for only in the view it is called on.
  Status finish();

  /// "models.yaml:12: spec.slo.latency"
  std::string where(const std::string& key) const;

 private:
  YAML::Node find(const std::string& key);
  template <typename T>
  T parsed(const std::string& key, std::optional<T> fallback,
           const std::function<Result<T>(const std::string&)>& parse);

  YAML::Node node_;
  std::string file_;
  std::string path_;
  std::vector<std::string> known_;
  std::shared_ptr<std::optional<Error>> problem_;
};

/// Errors: one that is not known, with the nearest and all that are.
Status check_one_of(const std::vector<std::string>& known, const std::string& value);

}  // namespace starling
