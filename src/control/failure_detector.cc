#include "control/failure_detector.h"

#include <algorithm>
#include <cmath>

namespace starling {
namespace {

constexpr std::size_t kIntervalsMin = 8;  // fewer say little: until then a pace is assumed
constexpr double kIntervalMax = 4;        // in heartbeats: what an outage leaves is no sample

}  // namespace

DetectorOptions fixed_thresholds(Duration heartbeat) {
  DetectorOptions options;
  options.heartbeat = heartbeat;
  options.suspect_min = options.suspect_max = 3 * heartbeat;
  options.suspicion_min = options.suspicion_max = heartbeat;
  options.silence_max = 4 * heartbeat;
  options.relays = 0;
  options.slowness_max = 0;
  return options;
}

const char* name_of(MemberState state) {
  switch (state) {
    case MemberState::kAlive:
      return "alive";
    case MemberState::kSuspect:
      return "suspect";
    case MemberState::kDead:
      return "dead";
    case MemberState::kLeft:
      return "left";
  }
  return "?";
}

const FailureDetector::Pulse* FailureDetector::find(const std::string& node) const {
  const auto found = pulses_.find(node);
  return found == pulses_.end() ? nullptr : &found->second;
}

bool FailureDetector::sign_of_life(Pulse& pulse, TimePoint at) {
  if (at <= pulse.alive) return false;
  pulse.alive = at;
  pulse.state = MemberState::kAlive;
  pulse.accusers.clear();
  pulse.probe_pause = {};
  return true;
}

bool FailureDetector::heard(const std::string& node, TimePoint at) {
  Pulse& pulse = pulses_[node];
  const double interval_s = seconds(at - pulse.direct);
  const bool sample = pulse.direct != TimePoint{} && !pulse.resumes && interval_s > 0 &&
                      interval_s <= kIntervalMax * seconds(options_.heartbeat);
  if (sample) pulse.intervals_s[pulse.seen++ % kIntervals] = static_cast<float>(interval_s);
  pulse.resumes = false;
  pulse.direct = std::max(pulse.direct, at);
  return sign_of_life(pulse, at);
}

bool FailureDetector::vouched(const std::string& node, TimePoint at) {
  Pulse& pulse = pulses_[node];
  const bool doubtful =
      pulse.far && !pulse.accusers.empty() && at <= pulse.told_dead - options_.far_doubt;
  return !doubtful && sign_of_life(pulse, at);
}

void FailureDetector::set_far(const std::string& node, bool far, TimePoint now) {
  Pulse& pulse = pulses_[node];
  if (pulse.far == far) return;
  pulse.far = far;
  pulse.accusers.clear();
  // It has not been heard itself, which is no silence.
  if (!far && pulse.state != MemberState::kDead) forgive(node, now);
}

void FailureDetector::told_dead(const std::string& node, const std::string& by, TimePoint now) {
  const auto found = pulses_.find(node);
  if (found == pulses_.end() || !found->second.far) return;
  Pulse& pulse = found->second;
  if (pulse.accusers.insert(by).second) pulse.told_dead = now;
}

void FailureDetector::accused(const std::string& node, const std::string& by) {
  const auto found = pulses_.find(node);
  if (found != pulses_.end()) found->second.accusers.insert(by);
}

FailureDetector::Pace FailureDetector::pace(const Pulse& pulse) const {
  const double heartbeat_s = seconds(options_.heartbeat);
  const std::size_t count = std::min(pulse.seen, kIntervals);
  if (count < kIntervalsMin) return {heartbeat_s, heartbeat_s / 4};
  double sum = 0, squares = 0;
  for (std::size_t i = 0; i < count; ++i) {
    sum += pulse.intervals_s[i];
    squares += static_cast<double>(pulse.intervals_s[i]) * pulse.intervals_s[i];
  }
  const double mean = sum / static_cast<double>(count);
  return {mean, std::sqrt(std::max(0.0, squares / static_cast<double>(count) - mean * mean))};
}

Duration FailureDetector::threshold(const Pulse& pulse, double deviations, Duration low,
                                    Duration high) const {
  const Pace p = pace(pulse);
  return std::clamp(from_seconds(p.mean_s + deviations * p.deviation_s), low, high);
}

Duration FailureDetector::suspect_after(const std::string& node) const {
  const Pulse* pulse = find(node);
  return pulse == nullptr ? options_.suspect_max : suspect_after(*pulse);
}

Duration FailureDetector::suspect_after(const Pulse& pulse) const {
  if (pulse.far) return patient(far_silence());
  const Duration calm =
      threshold(pulse, options_.suspect_deviations, options_.suspect_min, options_.suspect_max);
  return patient(calm);
}

/// From the longest to the shortest by the logarithm of those who agree, as Lifeguard has it: the
/// first of them says most.
Duration FailureDetector::suspicion_of(const Pulse& pulse) const {
  const int needed = std::min(options_.accusers, witnesses_);
  double agreed = 1;
  if (needed > 0)
    agreed =
        std::min(1.0, std::log1p(static_cast<double>(pulse.accusers.size())) / std::log1p(needed));
  const double longest = seconds(options_.suspicion_max), least = seconds(options_.suspicion_min);
  return patient(from_seconds(longest - agreed * (longest - least)));
}

Duration FailureDetector::suspicion(const std::string& node) const {
  const Pulse* pulse = find(node);
  return pulse == nullptr ? options_.suspicion_max : suspicion_of(*pulse);
}

MemberState FailureDetector::judge(const std::string& node, TimePoint now) {
  const auto found = pulses_.find(node);
  if (found == pulses_.end()) return MemberState::kDead;
  Pulse& pulse = found->second;
  const Duration silence = now - pulse.alive;
  const bool denied = pulse.far && !pulse.accusers.empty();
  const bool calm = pulse.state == MemberState::kAlive && !denied && silence < options_.suspect_min;
  if (calm) return MemberState::kAlive;  // nearly always: nothing more is worked out
  if (pulse.state == MemberState::kAlive && (denied || silence >= suspect_after(pulse))) {
    pulse.state = MemberState::kSuspect;
    // From now, not from when it was due: after a pause of this node's own the suspect still gets
    // its time to answer.
    pulse.suspected = now;
  }
  const Duration longest = options_.silence_max + (pulse.far ? suspect_after(pulse) : Duration{});
  const bool over =
      pulse.state == MemberState::kSuspect && now - pulse.suspected >= suspicion_of(pulse);
  if (pulse.state != MemberState::kDead && (over || silence >= longest)) {
    pulse.state = MemberState::kDead;
    pulse.probe_pause = options_.dead_probe_min;
    pulse.probe_at = now + pulse.probe_pause;
  }
  return pulse.state;
}

bool FailureDetector::probe_due(const std::string& node, TimePoint now) {
  const auto found = pulses_.find(node);
  if (found == pulses_.end() || options_.relays == 0) return false;
  Pulse& pulse = found->second;
  if (pulse.far || now - pulse.direct < options_.probe_min) return false;
  const Duration silent_after =
      threshold(pulse, options_.probe_deviations, options_.probe_min, options_.probe_max);
  if (now - pulse.direct < silent_after || now < pulse.probe_at) return false;
  if (pulse.state == MemberState::kDead) {
    pulse.probe_pause = std::min(2 * pulse.probe_pause, options_.dead_probe_max);
    pulse.probe_at = now + pulse.probe_pause;
  } else {
    // Of a node that is heard through others only, once a heartbeat is enough.
    const bool heard_of = now - pulse.alive < silent_after;
    pulse.probe_at = now + (heard_of ? options_.heartbeat : options_.probe_interval);
  }
  return true;
}

Duration FailureDetector::silence(const std::string& node, TimePoint now) const {
  const Pulse* pulse = find(node);
  return pulse == nullptr ? options_.silence_max : now - pulse->alive;
}

void FailureDetector::slow(TimePoint now) {
  if (now - slow_at_ < options_.heartbeat) return;
  slow_at_ = faded_at_ = now;
  slowness_ = std::min(slowness_ + 1, options_.slowness_max);
}

void FailureDetector::fade(TimePoint now) {
  if (slowness_ == 0 || now - faded_at_ < options_.slowness_fades) return;
  faded_at_ = now;
  prompt();
}

void FailureDetector::forgive(const std::string& node, TimePoint now) {
  Pulse& pulse = pulses_[node];
  pulse.resumes = true;
  pulse.direct = std::max(pulse.direct, now);
  sign_of_life(pulse, now);
}

}  // namespace starling
