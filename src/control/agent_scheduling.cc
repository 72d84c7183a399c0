// What an agent makes of its operator's will: cordon, drain, uncordon.
#include "control/agent.h"

namespace starling {

Effects Agent::set_scheduling(Scheduling scheduling, TimePoint now) {
  if (scheduling == scheduling_) return {};
  scheduling_ = scheduling;
  beat_soon_ = true;
  // What is decided next here must go by it already, not only by the next heartbeat.
  membership_.on_heartbeat(heartbeat(now, false), now);
  return {Notice{fmt::format("this node is now {}", name_of(scheduling))}};
}

}  // namespace starling
