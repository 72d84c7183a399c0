#include "apps/cli/manifests.h"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <map>

#include "base/file.h"
#include "base/units.h"
#include "manifest/fields.h"

namespace starling::cli {
namespace {

constexpr std::size_t kInputBytesMax = 1 << 20;  // as much YAML as is read
constexpr const char* kInputName = "standard input";

Result<std::string> read_input(std::FILE* input) {
  std::string text;
  std::array<char, 1 << 16> chunk{};
  while (const std::size_t got = std::fread(chunk.data(), 1, chunk.size(), input)) {
    text.append(chunk.data(), got);
    if (text.size() > kInputBytesMax) {
      return fail(ErrorCode::kTooLarge, "{}: longer than {} bytes", kInputName, kInputBytesMax);
    }
  }
  if (std::ferror(input) != 0)
    return fail(ErrorCode::kInvalid, "{}: {}", kInputName, std::strerror(errno));
  return text;
}

bool is_manifest(const std::filesystem::path& path) {
  const auto extension = path.extension();
  return extension == ".yaml" || extension == ".yml";
}

Status add_folder(const std::string& folder, std::vector<std::string>& paths) {
  std::error_code error;
  std::filesystem::directory_iterator entry(folder, error);
  for (; !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) {
    if (is_manifest(entry->path())) paths.push_back(entry->path().lexically_normal().string());
  }
  if (error) return fail(ErrorCode::kInvalid, "{}: {}", folder, error.message());
  return {};
}

/// Folders by what they hold; "-" stays.
Result<std::vector<std::string>> paths_of(const std::vector<std::string>& names) {
  std::vector<std::string> paths;
  for (const auto& name : names) {
    std::error_code error;
    if (name == "-" || !std::filesystem::is_directory(name, error)) {
      paths.push_back(std::filesystem::path(name).lexically_normal().string());
    } else if (auto status = add_folder(name, paths); !status) {
      return fail(status.error());
    }
  }
  std::sort(paths.begin(), paths.end());
  paths.erase(std::unique(paths.begin(), paths.end()), paths.end());
  return paths;
}

Result<ManifestText> manifest_text(const std::string& path, std::FILE* input) {
  const bool from_input = path == "-";
  auto text = from_input ? read_input(input) : read_file(path);
  if (!text) return fail(text.error());
  if (from_input) return ManifestText{kInputName, "", std::move(*text)};
  return ManifestText{path, std::filesystem::path(path).parent_path().string(), std::move(*text)};
}

/// Bytes as people write them, where that loses none.
void shorten_memory(nlohmann::json& manifest, const char* where) {
  const nlohmann::json::json_pointer at(where);
  if (!manifest.contains(at) || !manifest[at].is_string()) return;
  const auto bytes = parse_memory_bytes(manifest[at].get<std::string>());
  if (!bytes) return;
  const std::string shorter = format_memory(*bytes);
  const auto again = parse_memory_bytes(shorter);
  if (again && *again == *bytes) manifest[at] = shorter;
}

/// Empty lists and mappings are left out: they say what a manifest without them says.
void emit(YAML::Emitter& out, const nlohmann::json& value) {
  if (value.is_object()) {
    out << YAML::BeginMap;
    for (const auto& [key, child] : value.items()) {
      if (child.is_structured() && child.empty()) continue;
      out << YAML::Key << key << YAML::Value;
      emit(out, child);
    }
    out << YAML::EndMap;
  } else if (value.is_array()) {
    out << YAML::Flow << YAML::BeginSeq;
    for (const auto& child : value) emit(out, child);
    out << YAML::EndSeq;
  } else if (value.is_string()) {
    out << value.get<std::string>();
  } else {
    out << (value.is_number_float() ? fmt::format("{}", value.get<double>()) : value.dump());
  }
}

}  // namespace

Result<std::vector<ManifestText>> manifest_texts(const std::vector<std::string>& names,
                                                 std::FILE* input) {
  const auto paths = paths_of(names);
  if (!paths) return fail(paths.error());
  if (paths->empty()) {
    return fail(ErrorCode::kInvalid,
                "no manifest given: name a .yaml file, or a folder that holds some");
  }
  std::vector<ManifestText> texts;
  for (const auto& path : *paths) {
    auto text = manifest_text(path, input);
    if (!text) return fail(text.error());
    texts.push_back(std::move(*text));
  }
  return texts;
}

Result<std::vector<ModelSpec>> models_of(const std::vector<ManifestText>& texts) {
  std::vector<ModelSpec> specs;
  std::map<std::string, std::string> given;  // models, by where
  std::vector<std::string> problems;
  for (const auto& [name, folder, text] : texts) {
    const auto read = read_models(text, name, folder);
    if (!read) {
      problems.push_back(read.error().message);
      continue;
    }
    for (const auto& spec : *read) {
      if (const auto [first, is_new] = given.emplace(spec.name, name); !is_new) {
        problems.push_back(fmt::format("{}: model '{}' is in {}, too: leave one of them out", name,
                                       spec.name, first->second));
      }
      specs.push_back(spec);
    }
  }
  if (!problems.empty()) return fail(ErrorCode::kInvalid, "{}", fmt::join(problems, "\n"));
  return specs;
}

Result<std::vector<std::string>> model_names_of(const std::vector<ManifestText>& texts) {
  std::vector<std::string> names;
  for (const auto& text : texts) {
    const auto documents = parse_yaml(text.text, text.name);
    if (!documents) return fail(documents.error());
    for (const auto& document : *documents) {
      Fields root(document, text.name);
      (void)root.text("apiVersion");
      (void)root.choice("kind", {"Model"});
      names.push_back(root.child("metadata").text("name"));
      (void)root.child("spec");
      if (auto status = root.finish(); !status) return fail(status.error());
    }
  }
  return names;
}

std::string manifests_yaml(const nlohmann::json& models) {
  std::string text;
  for (const auto& model : models) {
    nlohmann::json manifest = model.at("manifest");
    for (const char* where :
         {"/spec/resources/memory", "/spec/sizing/memory/min", "/spec/sizing/memory/max"})
      shorten_memory(manifest, where);
    YAML::Emitter out;
    emit(out, manifest);
    text += (text.empty() ? "" : "---\n") + std::string(out.c_str()) + "\n";
  }
  return text;
}

}  // namespace starling::cli
