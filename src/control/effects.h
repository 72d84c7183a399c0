// What the control plane wants done. Pure functions return these; the app or the simulator carries
// them out.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "control/decision.h"
#include "control/messages.h"
#include "control/node_provider.h"
#include "control/ports.h"
#include "trace/series.h"

namespace starling {

struct Send {
  std::string to;
  Message message;
};
struct Broadcast {  // to every other node
  Message message;
};
struct Tell {  // to the nodes that listen to a cell of which `path` is a part, see cells.h
  std::string path;
  Message message;
};
/// From now on this node hears what is told to `scope`, and not the rest; at its start it hears
/// what is told to any.
struct Listen {
  std::string scope;
};
struct StartReplicaEffect {
  ReplicaStart replica;
};
/// One that fails must be told at once, by Agent::on_resize_failed: the books count the new size
/// already.
struct ResizeReplicaEffect {
  std::string id;
  Resources resources;
  Resources before;
};
struct StopReplicaEffect {
  std::string id;
  Duration grace{};
};
struct SetRoutes {
  Routes routes;
  AdmissionLimits limits;
};
/// Asks the learner for quantiles of a model's demand; answered with Agent::on_forecast.
struct WantForecast {
  std::string model;
  Series series;  // requests per second
  int horizon = 1;
  std::string tenant = "default";  // models of one tenant may be forecast alike
};
/// Weights of a model's own that its former owner had, for the learner.
struct TakeFilm {
  std::string model;
  std::string film;
};
/// A decision was taken: for the history.
struct Decided {
  Decision decision;
};
/// What became of the bids that a decision asked for: for the history. `decided` is the decision's
/// time.
struct TenderSettled {
  std::string model;
  std::string owner;
  TimePoint decided{};
  std::string asked;   // "asked for 2 more"
  std::string remark;  // on what came of it; empty: nothing that the bids do not tell
  std::vector<BidOutcome> bids;
};
/// "asked for 2 more; no room for 1 of them"
inline std::string outcome_of(const TenderSettled& tender) {
  return tender.remark.empty() ? tender.asked : tender.asked + "; " + tender.remark;
}
/// What becomes of a replica. One that is unready may be ready again; one that stops drains first.
enum class PlacementEvent { kStart, kReady, kUnready, kStop, kFail };
const char* name_of(PlacementEvent event);

/// A replica on this node changed.
struct PlacementChanged {
  ReplicaStatus replica;
  PlacementEvent event = PlacementEvent::kStart;
  std::string detail;
  std::string owner{};      // who asked for it; empty where the node did it by itself …
  std::uint64_t epoch = 0;  // … and the owner's epoch
};
/// Tells another node what to do about replicas, as an operator would. May fail: who wants it sees
/// from the node's heartbeats whether it was done.
struct MarkNode {
  std::string node;
  Scheduling scheduling = Scheduling::kOpen;
};
/// Something that an operator should know, for the log.
struct Notice {
  std::string text;
};

using Effect = std::variant<Send, Broadcast, Tell, Listen, StartReplicaEffect, ResizeReplicaEffect,
                            StopReplicaEffect, SetRoutes, WantForecast, TakeFilm, Decided,
                            TenderSettled, PlacementChanged, AskProvider, MarkNode, Notice>;
using Effects = std::vector<Effect>;

}  // namespace starling
