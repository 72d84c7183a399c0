// How an agent asks about the silent and for what it has missed, and passes on what others ask.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <vector>

#include "control/effects.h"
#include "control/membership.h"

namespace starling {

/// Indirect probing as in SWIM (Das, Gupta & Motivala 2002): a member that is silent is asked
/// itself and through others, so that one bad link between two nodes declares nobody dead.
class Prober {
 public:
  /// `self` is the name of this node. Both outlive it.
  Prober(const std::string& self, Membership& members, const DetectorOptions& options)
      : self_(self), members_(members), options_(options) {}

  /// Asks whoever it is time to ask, and makes of answers that did not come what they mean.
  void on_tick(TimePoint now, Effects& out);
  /// Asks a node for all that it has to tell, once within a heartbeat's time.
  void fetch(const std::string& node, TimePoint now, Effects& out);
  /// A probe of another node, with what is known here of that one.
  void pass_on(const Probe& probe, TimePoint now, Effects& out) const;
  /// What one that passed a probe on told of the target.
  void on_relayed_answer(const ProbeAnswer& answer);
  /// A number that no probe of this node had before.
  std::uint64_t next_number() { return ++probes_; }

 private:
  /// Until it is clear whether at least those who were to pass a probe on answered.
  struct Round {
    std::uint64_t number = 0;
    TimePoint sent{};
    bool answered = false;
  };

  std::vector<std::string> relays_for(const std::string& target) const;
  void ask(const Member& about, bool relays, TimePoint now, Effects& out);
  void end_rounds(TimePoint now);

  const std::string& self_;
  Membership& members_;
  const DetectorOptions& options_;
  std::deque<Round> rounds_;
  std::string asked_to_;  // the member after which the next tick goes on to ask
  std::uint64_t probes_ = 0;
  std::map<std::string, TimePoint> fetched_;  // whose content was asked for, within a beat's time
  int fetches_ = 0;                           // since the last tick
};

}  // namespace starling
