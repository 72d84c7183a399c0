// Evaluation cases: what was known of a workload at one moment, and what then came; and their file.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "forecast/forecaster.h"

namespace starling {

/// Points with their mask, oldest first; a missing one is kept at 0.
struct MaskedPoints {
  std::vector<double> values;
  std::vector<std::uint8_t> present;

  std::size_t size() const { return values.size(); }
  bool any_present() const;
  bool operator==(const MaskedPoints&) const = default;
};

struct ForecastCase {
  std::string id;
  std::string dataset;
  std::string workload;
  Duration step{1min};
  int season = 0;  // steps in a day, 0 where unknown; a forecaster judges whether history reaches
  std::optional<int> moment = std::nullopt;  // which of those that a trace was cut at
  MaskedPoints history;
  MaskedPoints future;  // its length is the horizon

  /// What a forecaster may see. Cases know no calendar: the history starts at the epoch.
  HistoryView view() const;
};

/// Reads CSV, gzipped or not, with the header `id,dataset,workload,step_s,season,history,future`
/// (columns in any order, others ignored); history and future are numbers between `;`, oldest
/// first, empty where missing; an empty season is 0. Errors name file and line: no such file,
/// damaged gzip, a column or cell missing, text in a number, a value that is not finite, a step
/// that is not positive, an empty future, an id twice, a line over 16 MB, a file over 4 GB.
Result<std::vector<ForecastCase>> read_cases(const std::string& path);

/// Writes that form, every value exactly; gzipped when the name ends in ".gz". The file is replaced
/// at once.
Status write_cases(const std::string& path, const std::vector<ForecastCase>& cases);

}  // namespace starling
