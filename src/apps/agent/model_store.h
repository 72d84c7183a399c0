// A node's own versions of the forecaster's weights, on disk.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "forecast/net/artifact.h"

namespace starling::agent {

/// Files `forecaster-<version>.bin` and `serving` (a line with the serving version) in one folder,
/// each replaced at once. Not thread safe.
class ModelStore {
 public:
  /// Makes the folder. Errors: it cannot be made.
  static Result<ModelStore> open(const std::filesystem::path& folder);

  /// The serving version, if one was chosen. A file that is missing or damaged is an error, which
  /// says how to go on.
  Result<std::optional<ForecasterArtifact>> serving() const;
  /// The serving version, or `configured` where none was chosen. So it is where the chosen one is
  /// damaged, which is logged as an error: that must not keep a node from serving and scaling.
  ForecasterArtifact serving_or(const ForecasterArtifact& configured) const;
  /// Versions in the folder, the newest file first.
  std::vector<std::string> versions() const;

  Result<ForecasterArtifact> read(const std::string& version) const;
  /// Writes a version without serving it.
  Status write(const ForecasterArtifact& artifact);
  /// From now on this version serves, and of the others only `kept` stay.
  Status serve(const std::string& version, const std::vector<std::string>& kept);

 private:
  explicit ModelStore(std::filesystem::path folder) : folder_(std::move(folder)) {}
  std::filesystem::path file_of(const std::string& version) const;
  std::filesystem::path folder_;
};

}  // namespace starling::agent
