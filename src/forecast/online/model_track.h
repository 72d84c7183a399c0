// What is known of how one model was forecast: whom to trust, how far off the quantiles were,
// and whether its demand still behaves as it did.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "forecast/forecaster.h"
#include "forecast/online/calibration.h"
#include "forecast/online/drift.h"
#include "forecast/online/expert_weights.h"

namespace starling {

struct TrackOptions {
  ExpertWeightOptions weights = {};
  double calibration_rate = 0.005;  // γ of QuantileCalibrator, for each step that is scored
  DriftOptions drift = {};
  double asked_share = 0.02;  // an expert trusted less …
  int asked_every = 8;        // … speaks only every so often, which saves its work
  std::size_t yardstick = 0;  // the expert that the first is compared with in take_losses
};

/// Two experts on the points of which both spoke: summed mean pinball losses, in units of each
/// history's spread.
struct PairedLosses {
  std::int64_t points = 0;
  double first = 0;
  double yardstick = 0;
};

/// What each expert says of one history: a forecast of every step, or nothing when it is silent.
using Spoken = std::vector<std::vector<Quantiles>>;

/// Remembers its forecasts until what they spoke of has come, and learns from it:
///  1. every known point is one round of ExpertWeights. An expert's loss is the mean pinball loss
///     of what it said of that point 1, 2, 4, 8 and 15 steps before, and at the end of a horizon of
///     up to 16, divided by the larger of the round's largest loss and half of the history's
///     spread; so it is within [0, 1] and calm windows do not count as much as restless ones;
///  2. the issued quantiles are calibrated, each in units of its own width: by what all models have
///     in common (PooledCalibrator, the caller's, apart for near, middle and far steps), then by
///     this model's own record (QuantileCalibrator, all steps ahead in one). Counts that seldom
///     change are issued whole and not calibrated: a shift by a fraction of a unit would turn every
///     outcome that was met exactly into an error;
///  3. the loss one step ahead goes to the DriftDetector; drift sets the weights back to the prior.
/// Outcomes come after the steps they take, so regret is that of rounds so delayed. Not thread
/// safe; the same calls give the same answers. About 30 kB.
class ModelTrack {
 public:
  /// `prior`: one weight an expert.
  explicit ModelTrack(std::vector<double> prior, const TrackOptions& options = {});

  /// Learns from the points that the history has now and did not have at the last call. Returns
  /// whether they brought drift. A history of another step drops what is waiting for its outcome.
  /// `pool` is given the outcomes of forecasts that it calibrated.
  bool observe(const HistoryView& history, PooledCalibrator* pool = nullptr);

  /// Whether this expert is trusted enough, or its turn has come, to be asked for the next mix.
  bool worth_asking(std::size_t expert) const;

  struct Mixed {
    std::vector<Quantiles> steps;  // calibrated
    std::vector<double> shares;    // one an expert
  };
  /// Mixes what the experts say of the steps after `history`; at least one of them speaks, and
  /// those who do speak of equally many steps. A second mix of the same moment replaces the first.
  Mixed mix(const HistoryView& history, const Spoken& spoken,
            const PooledCalibrator* pool = nullptr);

  CoverageSoFar coverage() const { return coverage_.so_far(); }
  /// Since the last call.
  PairedLosses take_losses() { return std::exchange(paired_, {}); }
  /// What was said until now counts no more in take_losses: another expert is to be judged.
  void forget_losses();
  /// The end of the step that brought the last drift.
  std::optional<TimePoint> drift() const { return drift_; }

 private:
  struct Said {  // about one step
    int ahead = 0;
    std::vector<float> experts;  // [experts × levels]
    Quantiles pooled;            // as the pool calibrated the mix
    Quantiles issued;
  };
  struct Waiting {
    TimePoint origin{};
    double spread = 0;
    bool steady = false;  // a count that seldom changes: not calibrated
    bool paired = true;   // counts in take_losses
    std::vector<double> shares;
    std::vector<Said> said;
  };
  struct Round;
  void settle(TimePoint time, double actual, PooledCalibrator* pool);
  void score(const Waiting& waiting, const Said& said, double actual, Round& round,
             PooledCalibrator* pool);

  TrackOptions options_;
  ExpertWeights weights_;
  QuantileCalibrator calibrator_;
  DriftDetector detector_;
  CoverageMeter coverage_;
  PairedLosses paired_;
  std::deque<Waiting> waiting_;  // the oldest first
  Duration step_{};
  TimePoint settled_{};  // points before it have been learned from
  std::uint64_t turn_ = 0;
  std::optional<TimePoint> drift_;
  bool drifted_ = false;  // in this observe()
};

}  // namespace starling
