// Additive increase, additive decrease on the SLO: the reactive rule of inference servers.
#pragma once

#include "policy/peers/time_window.h"
#include "policy/policy.h"

namespace starling {

struct AiadOptions {
  double slo_share = 1;       // of the SLO's latency that counts as missing it
  Duration up_after{30s};     // over the SLO
  Duration down_after{600s};  // within it
  Duration window{10s};       // of the response time's estimate
};

/// One replica more after the SLO was missed without interruption for `up_after`, one fewer after
/// it was met for `down_after`; both begin anew with each change. It is missed where more of the
/// window's requests, and more than one, were late or refused than it allows, or where Little's law
/// predicts it, as an observation has no latencies: from the window's means, response time =
/// requests in flight / arrivals a second, with one arrival a window at least: a request that
/// outlasts the window of its arrival is late by what is seen of it, not without bound. From zero
/// the first replica comes with the first request, and the last one goes only when nothing is in
/// flight: the rule says nothing of zero.
class AiadPolicy final : public Policy {
 public:
  explicit AiadPolicy(AiadOptions options = {})
      : options_(options),
        arrivals_(options.window),
        in_flight_(options.window),
        missed_(options.window) {}

  std::string name() const override { return "aiad"; }
  Allocation decide(const Observation& observation, const Objective& objective) override;

 private:
  AiadOptions options_;
  TimeWindow arrivals_, in_flight_, missed_;
  Lasting over_, within_;
  std::optional<int> target_;
};

}  // namespace starling
