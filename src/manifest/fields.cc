#include "manifest/fields.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "base/nearest.h"
#include "base/units.h"
#include "manifest/yaml_size.h"

namespace starling {
namespace {

constexpr std::size_t kDocumentBytesMax = 1 << 20;
constexpr int kDocumentPartsMax = 100'000;

Result<double> parse_number(const std::string& text) {
  char* end = nullptr;
  const double value = std::strtod(text.c_str(), &end);
  if (text.empty() || *end != '\0' || !std::isfinite(value)) {
    return fail(ErrorCode::kInvalid, "'{}' is not a number", text);
  }
  return value;
}

Result<std::int64_t> parse_integer(const std::string& text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) {
    return fail(ErrorCode::kInvalid, "'{}' is not a whole number", text);
  }
  return value;
}

template <typename T>
std::function<Result<T>(const std::string&)> bounded(Result<T> (*parse)(const std::string&), T low,
                                                     T high) {
  return [=](const std::string& text) -> Result<T> {
    auto value = parse(text);
    if (value && (*value < low || *value > high)) {
      return fail(ErrorCode::kInvalid, "{} is out of range: expected {} to {}", text, low, high);
    }
    return value;
  };
}

}  // namespace

Status check_one_of(const std::vector<std::string>& known, const std::string& value) {
  if (std::find(known.begin(), known.end(), value) != known.end()) return {};
  return fail(ErrorCode::kInvalid, "'{}' is unknown{}: expected one of {}", value,
              did_you_mean(value, known), fmt::join(known, ", "));
}

Result<std::vector<YAML::Node>> parse_yaml(const std::string& text, const std::string& file) {
  if (text.size() > kDocumentBytesMax) {
    return fail(ErrorCode::kTooLarge, "{}: longer than {} bytes", file, kDocumentBytesMax);
  }
  try {
    if (Status size = check_yaml_size(text, file, kDocumentPartsMax); !size) {
      return fail(size.error());
    }
    std::vector<YAML::Node> documents;
    for (auto& node : YAML::LoadAll(text)) {
      if (!node.IsNull()) documents.push_back(node);
    }
    if (documents.empty())
      return fail(ErrorCode::kInvalid, "{}: empty: expected a YAML document", file);
    return documents;
  } catch (const YAML::Exception& e) {
    return fail(ErrorCode::kInvalid, "{}:{}:{}: not valid YAML: {}", file, e.mark.line + 1,
                e.mark.column + 1, e.msg);
  }
}

Fields::Fields(YAML::Node node, std::string file, std::string path)
    : node_(std::move(node)),
      file_(std::move(file)),
      path_(std::move(path)),
      problem_(std::make_shared<std::optional<Error>>()) {
  if (node_.IsDefined() && !node_.IsNull() && !node_.IsMap()) {
    problem("", "expected a mapping of keys to values");
  }
}

std::string Fields::where(const std::string& key) const {
  YAML::Node at = node_;
  if (node_.IsDefined() && node_.IsMap() && !key.empty()) {
    for (const auto& entry : node_) {
      if (entry.first.IsScalar() && entry.first.Scalar() == key) at.reset(entry.first);
    }
  }
  std::string path = path_;
  if (!key.empty()) path += path.empty() ? key : "." + key;
  const int line = at.IsDefined() ? at.Mark().line + 1 : 0;
  const std::string place = line > 0 ? fmt::format("{}:{}", file_, line) : file_;
  return path.empty() ? place : place + ": " + path;
}

void Fields::problem(const std::string& key, const std::string& message) {
  if (ok()) *problem_ = Error{ErrorCode::kInvalid, where(key) + ": " + message};
}

bool Fields::ok() const { return !problem_->has_value(); }

YAML::Node Fields::find(const std::string& key) {
  known_.push_back(key);
  if (!node_.IsDefined() || !node_.IsMap()) return YAML::Node(YAML::NodeType::Undefined);
  const YAML::Node& constant = node_;
  return constant[key];
}

bool Fields::has(const std::string& key) {
  const auto found = find(key);
  return found.IsDefined() && !found.IsNull();
}

bool Fields::has_mapping(const std::string& key) {
  const auto found = find(key);
  return found.IsDefined() && found.IsMap();
}

Fields Fields::child(const std::string& key) {
  Fields view(has(key) ? find(key) : YAML::Node(), file_, path_.empty() ? key : path_ + "." + key);
  if (!view.ok() && ok()) *problem_ = **view.problem_;
  view.problem_ = problem_;
  return view;
}

std::vector<Fields> Fields::children(const std::string& key) {
  std::vector<Fields> views;
  const auto found = find(key);
  if (!found.IsDefined() || found.IsNull()) return views;
  if (!found.IsSequence()) {
    problem(key, "expected a list");
    return views;
  }
  for (std::size_t i = 0; i < found.size(); ++i) {
    Fields view(found[i], file_, fmt::format("{}[{}]", path_.empty() ? key : path_ + "." + key, i));
    if (!view.ok() && ok()) *problem_ = **view.problem_;
    view.problem_ = problem_;
    views.push_back(std::move(view));
  }
  return views;
}

template <typename T>
T Fields::parsed(const std::string& key, std::optional<T> fallback,
                 const std::function<Result<T>(const std::string&)>& parse) {
  const auto found = find(key);
  if (!found.IsDefined() || found.IsNull()) {
    if (!fallback) problem(key, "is missing");
    return fallback.value_or(T{});
  }
  if (!found.IsScalar()) {
    problem(key, "expected a single value");
    return fallback.value_or(T{});
  }
  auto value = parse(found.Scalar());
  if (value) return *value;
  problem(key, value.error().message);
  return fallback.value_or(T{});
}

std::string Fields::text(const std::string& key, std::optional<std::string> fallback) {
  return parsed<std::string>(key, std::move(fallback),
                             [](const std::string& value) -> Result<std::string> {
                               if (value.empty()) return fail(ErrorCode::kInvalid, "is empty");
                               return value;
                             });
}

std::string Fields::choice(const std::string& key, const std::vector<std::string>& choices,
                           std::optional<std::string> fallback) {
  return parsed<std::string>(key, std::move(fallback),
                             [&](const std::string& value) -> Result<std::string> {
                               if (Status known = check_one_of(choices, value); !known)
                                 return fail(known.error());
                               return value;
                             });
}

std::vector<std::string> Fields::choices(const std::string& key,
                                         const std::vector<std::string>& known) {
  std::vector<std::string> values = texts(key);
  for (const auto& value : values) {
    if (const Status chosen = check_one_of(known, value); !chosen)
      problem(key, chosen.error().message);
  }
  return values;
}

double Fields::number(const std::string& key, double low, double high,
                      std::optional<double> fallback) {
  return parsed<double>(key, fallback, bounded(parse_number, low, high));
}

std::int64_t Fields::integer(const std::string& key, std::int64_t low, std::int64_t high,
                             std::optional<std::int64_t> fallback) {
  return parsed<std::int64_t>(key, fallback, bounded(parse_integer, low, high));
}

Duration Fields::duration(const std::string& key, std::optional<Duration> fallback) {
  return parsed<Duration>(key, fallback, [](const std::string& t) { return parse_duration(t); });
}

std::int64_t Fields::cpu_millis(const std::string& key, std::optional<std::int64_t> fallback) {
  return parsed<std::int64_t>(key, fallback,
                              [](const std::string& t) { return parse_cpu_millis(t); });
}

std::int64_t Fields::memory_bytes(const std::string& key, std::optional<std::int64_t> fallback) {
  return parsed<std::int64_t>(key, fallback,
                              [](const std::string& t) { return parse_memory_bytes(t); });
}

std::vector<std::string> Fields::texts(const std::string& key) {
  std::vector<std::string> values;
  const auto found = find(key);
  if (!found.IsDefined() || found.IsNull()) return values;
  if (!found.IsSequence()) {
    problem(key, "expected a list of texts");
    return values;
  }
  for (const auto& item : found) {
    if (item.IsScalar()) {
      values.push_back(item.Scalar());
    } else {
      problem(key, "expected a list of texts");
    }
  }
  return values;
}

std::vector<std::pair<std::string, std::string>> Fields::text_pairs(const std::string& key) {
  std::vector<std::pair<std::string, std::string>> pairs;
  const auto found = find(key);
  if (!found.IsDefined() || found.IsNull()) return pairs;
  if (!found.IsMap()) {
    problem(key, "expected a mapping of names to texts");
    return pairs;
  }
  for (const auto& entry : found) {
    if (entry.first.IsScalar() && entry.second.IsScalar()) {
      pairs.emplace_back(entry.first.Scalar(), entry.second.Scalar());
    } else {
      problem(key, "expected a mapping of names to texts");
    }
  }
  return pairs;
}

Status Fields::finish() {
  if (ok() && node_.IsDefined() && node_.IsMap()) {
    std::vector<std::string> seen;
    for (const auto& entry : node_) {
      const std::string key = entry.first.IsScalar() ? entry.first.Scalar() : "?";
      if (std::find(known_.begin(), known_.end(), key) == known_.end()) {
        std::sort(known_.begin(), known_.end());
        known_.erase(std::unique(known_.begin(), known_.end()), known_.end());
        const auto hint = did_you_mean(key, known_);
        problem(
            key,
            fmt::format("unknown key{}{}", hint,
                        hint.empty() ? fmt::format(": expected {}", fmt::join(known_, ", ")) : ""));
      }
      if (std::find(seen.begin(), seen.end(), key) != seen.end()) problem(key, "given twice");
      seen.push_back(key);
    }
  }
  if (!ok()) return fail(**problem_);
  return {};
}

}  // namespace starling
