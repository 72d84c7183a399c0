// Which version of a node's weights serves: trained on a schedule, taken on when validation allows
// it, taken back when live forecasts say so.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "forecast/online/model_track.h"

namespace starling {

struct VersionOptions {
  Duration interval{1h};           // from one training to the next; 0: never
  double gain_min = 0.01;          // share of the held-out loss that a new version must take off
  Duration probation{3h};          // in which a new version can still be taken back …
  std::int64_t points_min = 1000;  // … once so many of its forecasts have their outcome
  double worse_max = 0.03;         // how much worse it may fare than the version before
  std::size_t kept_max = 5;        // versions that can be gone back to, the serving one included
};

/// What changed, for the log and the counters.
struct VersionChange {
  enum class Kind { kPromoted, kRefused, kFailed, kConfirmed, kRolledBack };
  Kind kind = Kind::kFailed;
  std::string version;  // the one that it is about
  std::string reason;   // for people
};

/// A pure state machine: idle → training → (refused | serving on probation) → (confirmed | rolled
/// back) → idle. Hours differ in how hard they are to forecast, so the live loss of a version is
/// measured against exponential smoothing on the same points (PairedLosses), and that ratio is
/// compared with the one of the version before; where that one has no record, with 1. A new version
/// is never trained while another is on probation.
class VersionKeeper {
 public:
  /// `kept`: versions to go back to, newest first, without the serving one.
  VersionKeeper(std::string serving, std::vector<std::string> kept, TimePoint now,
                const VersionOptions& options = {});

  const std::string& serving() const { return kept_.front(); }
  /// The serving version, then those to go back to.
  const std::vector<std::string>& kept() const { return kept_; }
  bool on_probation() const { return probation_.has_value(); }

  /// Whether training starts now; the next call says no until its end is told.
  bool start_training(TimePoint now);
  /// `loss_before` and `loss_after` on what was held out, of the serving and of the new version;
  /// `live` is the serving version's record so far.
  VersionChange trained(TimePoint now, const std::string& version, double loss_before,
                        double loss_after, const PairedLosses& live);
  VersionChange training_failed(TimePoint now, const std::string& reason);
  /// `live` is the record of the serving version since it was promoted. A change, if one is due; a
  /// rollback leaves the version before as the serving one.
  std::optional<VersionChange> observe(TimePoint now, const PairedLosses& live);

 private:
  struct Probation {
    TimePoint until{};
    double ratio_max = 0;
  };
  VersionOptions options_;
  std::vector<std::string> kept_;
  TimePoint due_{};
  bool training_ = false;
  std::optional<Probation> probation_;
};

const char* name_of(VersionChange::Kind kind);

}  // namespace starling
