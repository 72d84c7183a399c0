// Implements forecast/online/version_keeper.h.
#include "forecast/online/version_keeper.h"

#include <fmt/format.h>

#include <algorithm>

namespace starling {

VersionKeeper::VersionKeeper(std::string serving, std::vector<std::string> kept, TimePoint now,
                             const VersionOptions& options)
    : options_(options), kept_(std::move(kept)), due_(now + options.interval) {
  std::erase(kept_, serving);
  kept_.insert(kept_.begin(), std::move(serving));
  if (kept_.size() > options_.kept_max) kept_.resize(std::max<std::size_t>(1, options_.kept_max));
}

bool VersionKeeper::start_training(TimePoint now) {
  if (options_.interval <= Duration::zero() || training_ || probation_ || now < due_) return false;
  training_ = true;
  return true;
}

VersionChange VersionKeeper::trained(TimePoint now, const std::string& version, double loss_before,
                                     double loss_after, const PairedLosses& live) {
  using Kind = VersionChange::Kind;
  training_ = false;
  due_ = now + options_.interval;
  const auto told = fmt::format("held-out loss {:.4f}, of the serving {} {:.4f}", loss_after,
                                serving(), loss_before);
  // Written so that a loss that is not a number is refused.
  const bool better = loss_after < loss_before * (1 - options_.gain_min);
  if (!better || version == serving()) return {Kind::kRefused, version, told};
  const bool known = live.points >= options_.points_min && live.yardstick > 0;
  const double before = known ? live.first / live.yardstick : 1;
  probation_ = Probation{now + options_.probation, before * (1 + options_.worse_max)};
  std::erase(kept_, version);
  kept_.insert(kept_.begin(), version);
  if (kept_.size() > options_.kept_max) kept_.resize(std::max<std::size_t>(2, options_.kept_max));
  return {Kind::kPromoted, version, told};
}

VersionChange VersionKeeper::training_failed(TimePoint now, const std::string& reason) {
  training_ = false;
  due_ = now + options_.interval;
  return {VersionChange::Kind::kFailed, serving(), reason};
}

std::optional<VersionChange> VersionKeeper::observe(TimePoint now, const PairedLosses& live) {
  using Kind = VersionChange::Kind;
  if (!probation_) return std::nullopt;
  const double ratio = live.yardstick > 0 ? live.first / live.yardstick : 0;
  const auto told =
      fmt::format("live loss {:.3f} of smoothing's on {} points, at most {:.3f} is allowed", ratio,
                  live.points, probation_->ratio_max);
  if (live.points >= options_.points_min && ratio > probation_->ratio_max) {
    const std::string worse = serving();
    kept_.erase(kept_.begin());
    probation_.reset();
    due_ = now + options_.interval;
    return VersionChange{Kind::kRolledBack, worse, told + "; back to " + serving()};
  }
  if (now < probation_->until) return std::nullopt;
  probation_.reset();
  return VersionChange{Kind::kConfirmed, serving(), told};
}

const char* name_of(VersionChange::Kind kind) {
  switch (kind) {
    case VersionChange::Kind::kPromoted:
      return "promoted";
    case VersionChange::Kind::kRefused:
      return "refused";
    case VersionChange::Kind::kConfirmed:
      return "confirmed";
    case VersionChange::Kind::kRolledBack:
      return "rolled back";
    case VersionChange::Kind::kFailed:
      break;
  }
  return "failed";
}

}  // namespace starling
