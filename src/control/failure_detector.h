// When a silent node is suspected and when it is dead: by the pace at which its heartbeats came so
// far, by what others say of it, and by how well this node itself does.
#pragma once

#include <array>
#include <cstdint>
#include <set>
#include <string>
#include <unordered_map>

#include "base/clock.h"

namespace starling {

enum class MemberState { kAlive, kSuspect, kDead, kLeft };
const char* name_of(MemberState state);
/// Dead or left: it takes no part.
constexpr bool is_gone(MemberState state) {
  return state == MemberState::kDead || state == MemberState::kLeft;
}

struct DetectorOptions {
  Duration heartbeat{500ms};
  /// A silence is long when it lasts the mean time between heartbeats and so many deviations more,
  /// within these bounds. After the first, others are asked; after the second, the node is suspect.
  double probe_deviations = 3;
  Duration probe_min{750ms};
  Duration probe_max{1250ms};
  double suspect_deviations = 6;
  Duration suspect_min{1200ms};
  Duration suspect_max{1500ms};
  /// A suspect is dead after the first of these when nobody else misses it, after the second when
  /// `accusers` others do, or where there is nobody to ask.
  Duration suspicion_max{1200ms};
  Duration suspicion_min{700ms};
  int accusers = 3;
  Duration silence_max{6s};  // longer is dead, whatever else
  int relays = 3;            // others that are asked about a silent node; 0: nobody, nor itself
  Duration probe_interval{300ms};  // between such rounds
  Duration dead_probe_min{5s};     // likewise for the dead, doubled from round to round …
  Duration dead_probe_max{60s};    // … up to this
  /// Of a far node, of which only digests tell, a silence is long when it lasts so many of their
  /// periods and so long on top.
  int far_periods = 3;
  Duration far_margin{2s};
  /// Where it is told to be dead, only what was heard later than so long before that speaks for it.
  Duration far_doubt{1100ms};
  int slowness_max = 4;         // of this node itself; every point adds a quarter to its patience
  Duration slowness_fades{2s};  // a point less after so long without a sign of it
};

/// Suspect after three missed heartbeats and dead after four, nobody asked: what the detector is
/// measured against.
DetectorOptions fixed_thresholds(Duration heartbeat = 500ms);

/// Adaptive as the accrual detectors are (Hayashibara et al. 2004, "The φ accrual failure
/// detector", here by mean and deviation as in Jacobson 1988), asks others as SWIM does (Das et al.
/// 2002), and is slower to accuse where it is itself in trouble, quicker where others agree
/// (Dadgar et al. 2018, "Lifeguard"). It keeps time and state; who is asked and how is the agent's.
class FailureDetector {
 public:
  explicit FailureDetector(DetectorOptions options) : options_(options) {}

  /// A heartbeat of the node itself arrived. Returns false, and nothing changes, where it was known
  /// to be alive at that time.
  bool heard(const std::string& node, TimePoint at);
  /// It was alive at that time, as others know or as it answers through them.
  bool vouched(const std::string& node, TimePoint at);
  /// `by` misses it, too.
  void accused(const std::string& node, const std::string& by);
  /// The node is far from now on, or no more.
  void set_far(const std::string& node, bool far, TimePoint now);
  /// How often digests tell of each far node.
  void set_far_period(Duration period) { far_period_ = period; }
  /// How long after the last word of it a far node is missed.
  Duration far_silence() const { return options_.far_periods * far_period_ + options_.far_margin; }
  /// A relay tells that a far node is dead: unless another one knows better, it soon is.
  void told_dead(const std::string& node, const std::string& by, TimePoint now);
  /// How many could say so. Fewer than `accusers`, and fewer need to agree.
  void set_witnesses(int count) { witnesses_ = count; }

  /// Moves the node on: alive, suspect, dead, in this order while nothing is heard.
  MemberState judge(const std::string& node, TimePoint now);
  /// Whether it is time to ask it and others about its silence; if so, the next time is set. Of a
  /// far node its cell is asked.
  bool probe_due(const std::string& node, TimePoint now);
  Duration silence(const std::string& node, TimePoint now) const;
  /// How long a silence makes it suspect, and how long a suspect has from then on.
  Duration suspect_after(const std::string& node) const;
  Duration suspicion(const std::string& node) const;

  /// Signs that this node itself is slow or cut off: late ticks, probes that not even the relays
  /// answer, being suspected. Several within one heartbeat count once.
  void slow(TimePoint now);
  /// A sign of the contrary.
  void prompt() { slowness_ = slowness_ > 0 ? slowness_ - 1 : 0; }
  /// Forgets such signs with time.
  void fade(TimePoint now);
  int slowness() const { return slowness_; }

  /// Counts a node as heard just now, without a sample of its pace.
  void forgive(const std::string& node, TimePoint now);
  void forget(const std::string& node) { pulses_.erase(node); }

 private:
  static constexpr std::size_t kIntervals = 32;  // the window

  /// Of one node.
  struct Pulse {
    std::array<float, kIntervals> intervals_s{};  // between its heartbeats, the last ones
    std::size_t seen = 0;
    TimePoint direct{};  // its own heartbeat last came
    TimePoint alive{};   // any sign of life
    MemberState state = MemberState::kAlive;
    TimePoint suspected{};
    std::set<std::string> accusers;
    TimePoint probe_at{};
    Duration probe_pause{};  // once it is dead
    bool resumes = false;    // the next interval began before a pause of this node's
    bool far = false;
    TimePoint told_dead{};  // by the last of the accusers of a far node
  };
  struct Pace {
    double mean_s;
    double deviation_s;
  };

  Pace pace(const Pulse& pulse) const;
  Duration threshold(const Pulse& pulse, double deviations, Duration low, Duration high) const;
  Duration patient(Duration time) const { return time * (4 + slowness_) / 4; }
  bool sign_of_life(Pulse& pulse, TimePoint at);
  Duration suspicion_of(const Pulse& pulse) const;
  Duration suspect_after(const Pulse& pulse) const;
  const Pulse* find(const std::string& node) const;

  DetectorOptions options_;
  std::unordered_map<std::string, Pulse> pulses_;
  Duration far_period_{1s};
  int witnesses_ = 0;
  int slowness_ = 0;
  TimePoint slow_at_{};   // the last sign of it …
  TimePoint faded_at_{};  // … or the last point that it lost since
};

}  // namespace starling
