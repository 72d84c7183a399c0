#include "control/effects.h"

namespace starling {

const char* name_of(PlacementEvent event) {
  switch (event) {
    case PlacementEvent::kStart:
      return "start";
    case PlacementEvent::kReady:
      return "ready";
    case PlacementEvent::kUnready:
      return "unready";
    case PlacementEvent::kStop:
      return "stop";
    case PlacementEvent::kFail:
      return "fail";
  }
  return "";
}

}  // namespace starling
