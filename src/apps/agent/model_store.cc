// Implements apps/agent/model_store.h.
#include "apps/agent/model_store.h"

#include <algorithm>
#include <utility>

#include "base/file.h"
#include "base/log.h"

namespace starling::agent {
namespace {

constexpr std::string_view kPrefix = "forecaster-";
constexpr std::string_view kSuffix = ".bin";

}  // namespace

Result<ModelStore> ModelStore::open(const std::filesystem::path& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) {
    return fail(ErrorCode::kInvalid, "{}: cannot be made: {}", folder.string(), error.message());
  }
  return ModelStore(folder);
}

std::filesystem::path ModelStore::file_of(const std::string& version) const {
  return folder_ / fmt::format("{}{}{}", kPrefix, version, kSuffix);
}

Result<std::optional<ForecasterArtifact>> ModelStore::serving() const {
  const auto named = folder_ / "serving";
  std::error_code error;
  if (!std::filesystem::exists(named, error)) return std::nullopt;
  auto version = read_file(named, 64);
  if (!version) return fail(version.error());
  version->erase(std::min(version->find('\n'), version->size()));
  auto artifact = read(*version);
  if (!artifact) {
    return fail(artifact.error().code, "{} (remove {} to keep to the configured forecaster)",
                artifact.error().message, named.string());
  }
  return std::move(*artifact);
}

ForecasterArtifact ModelStore::serving_or(const ForecasterArtifact& configured) const {
  auto chosen = serving();
  if (!chosen) {
    spdlog::error("the node's own forecaster: {}; the configured one serves instead",
                  chosen.error().message);
    return configured;
  }
  return *chosen ? std::move(**chosen) : configured;
}

std::vector<std::string> ModelStore::versions() const {
  std::vector<std::pair<std::filesystem::file_time_type, std::string>> found;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder_, error)) {
    const std::string name = entry.path().filename().string();
    if (!name.starts_with(kPrefix) || !name.ends_with(kSuffix)) continue;
    found.emplace_back(entry.last_write_time(error),
                       name.substr(kPrefix.size(), name.size() - kPrefix.size() - kSuffix.size()));
  }
  std::sort(found.rbegin(), found.rend());
  std::vector<std::string> versions;
  for (auto& [time, version] : found) versions.push_back(std::move(version));
  return versions;
}

Result<ForecasterArtifact> ModelStore::read(const std::string& version) const {
  return read_artifact(file_of(version));
}

Status ModelStore::write(const ForecasterArtifact& artifact) {
  return write_artifact(file_of(artifact.version()), artifact);
}

Status ModelStore::serve(const std::string& version, const std::vector<std::string>& kept) {
  if (auto written = write_file_atomically(folder_ / "serving", version + "\n"); !written) {
    return written;
  }
  for (const std::string& other : versions()) {
    if (other == version || std::find(kept.begin(), kept.end(), other) != kept.end()) continue;
    std::error_code error;
    std::filesystem::remove(file_of(other), error);
  }
  return {};
}

}  // namespace starling::agent
