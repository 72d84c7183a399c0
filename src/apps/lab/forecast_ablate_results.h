// The results of an ablation: a file that grows by a line a cell, and tables of means over seeds.
#pragma once

#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "base/result.h"
#include "forecast/meta/ablation.h"

namespace starling::lab {

/// Cells in a file of one JSON object a line, each with the settings and data it was made with.
class AblationResults {
 public:
  /// Reads what is there; a file that does not exist is empty, and a last line without its end, as
  /// a killed run leaves it, is cut off. Errors name file and line: no such JSON, a field missing,
  /// cells of other settings.
  static Result<AblationResults> open(const std::filesystem::path& path,
                                      const std::string& settings);

  bool contains(const std::string& regime, const std::string& method, std::uint64_t seed) const;
  /// Appends a line at once.
  Status add(const AblationCell& cell);
  const std::vector<AblationCell>& cells() const { return cells_; }

 private:
  std::filesystem::path path_;
  std::string settings_;
  std::vector<AblationCell> cells_;
};

/// Two tables, methods by regimes: WQL relative to the last value's; and the change against the
/// network as it is, in per cent, paired by seed. Cells without a finished seed are "-". `markdown`
/// for documents.
std::string ablation_tables(const std::vector<AblationCell>& cells, bool markdown);

/// {"regimes": {regime: [{"method","seeds","relative_wql","relative_wql_ci":[lo,hi],
/// "change_percent","change_percent_ci":[lo,hi],"by_set":{…}}]}}; an interval is null with one
/// seed.
nlohmann::json ablation_json(const std::vector<AblationCell>& cells);

}  // namespace starling::lab
