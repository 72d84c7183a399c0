// A fleet too large to run every agent of: a few agents in full, the others as stand-ins.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "base/rng.h"
#include "control/agent.h"
#include "control/cells.h"
#include "forecast/forecaster.h"

namespace starling {

struct ScaleSetup;

/// CPU seconds of single calls of the agents, and what went over their wires.
struct ScaleMeter {
  std::vector<double> decisions_s, ticks_s, accounts_s;
  double messages_in = 0, messages_out = 0, bytes_in = 0, bytes_out = 0;
  std::map<std::string, double> bytes_in_by_kind;
};

/// A stand-in sends what a full agent would send to the full ones, by the real codec: heartbeats
/// with its replicas and the accounts of the models that it owns, beats between them, at once when
/// a replica changes; in a fleet of several cells beats to its cell, changes to all and, as a
/// relay, digests; reports of the requests at its gateway; calls for bids; probes of the silent. It
/// answers probes and bids, starts what it is awarded, and decides nothing: its models' replicas
/// come and go by chance at ScaleSetup::changes_per_hour. A model's requests come in at three
/// gateways.
class ScaleFleet {
 public:
  static constexpr Duration kTick{100ms};    // a step
  static constexpr Duration kColdStart{2s};  // of every replica

  /// The same setup gives the same fleet.
  explicit ScaleFleet(const ScaleSetup& setup);

  /// Virtual time goes on by one step.
  void step();
  /// Virtual time since the start.
  Duration now() const { return now_; }
  /// From now on; earlier figures are dropped.
  void measure() { meter_ = {}; }
  /// Since measure().
  const ScaleMeter& meter() const { return meter_; }
  /// Nodes that run the full agent.
  int agents() const;
  /// CPU seconds of the longest tick so far: the one that ranks all models first.
  double longest_tick_s() const { return longest_tick_s_; }

  /// One node in a hundred: among them nodes that run replicas of the full agents' models.
  std::vector<std::string> some() const;
  /// The nodes of one region. No sampled agent is there.
  std::vector<std::string> region() const;
  /// The nodes stop at once, with all that they run; nobody is told.
  void kill(const std::vector<std::string>& names);
  /// For good: to see what they held.
  void drop_agents();
  /// Every full agent sees a live owner of each model, and whoever is one decides.
  bool owned() const;
  /// Every model that full agents own has a ready replica on a live node, as they see it.
  bool placed() const;

 private:
  struct Node {
    NodeInfo info;
    std::uint64_t incarnation = 0;
    bool up = true;
    std::unique_ptr<Agent> agent;  // none: a stand-in
    std::string path, cell;        // see cells.h
    std::string scope;             // a full agent's: what it listens to
    // What everybody knows of it, as digests tell.
    std::uint64_t content = 0, content_before = 0;
    Duration content_at{};
    // A stand-in's:
    Heartbeat beat;
    Heartbeat told;         // in a fleet of several cells
    std::size_t bytes = 0;  // of the heartbeat
    int beats = 0;
    bool changed = false;
    Duration figures_at{};
    Duration gone_at{};  // a replica went that nobody was told of; 0: none
    std::map<std::string, Duration> starting, stopping;
    std::uint64_t roster_told = 0;  // as a relay
    int digests = 0;
    // A full agent's:
    std::shared_ptr<const FleetView> account;
    std::map<std::string, Duration> cold;
    std::vector<std::pair<std::string, Forecast>> forecasts;
  };
  struct Letter {
    std::size_t to;
    std::shared_ptr<const Message> message;
    std::size_t bytes;
  };

  TimePoint at() const { return start_ + now_; }
  /// Some time in the last step.
  TimePoint moment() { return at() - Duration(static_cast<std::int64_t>(rng_.below(kTick / 1us))); }
  std::size_t wire_bytes(const Message& message) const;
  void post(std::size_t to, Message message, std::size_t bytes = 0);
  struct EffectRunner;
  void carry_out(std::size_t from, Effects effects);
  void stand_in(std::size_t who, const Message& message);
  void tell(std::size_t who);
  // In a fleet of several cells, scale_fleet_cells.cc:
  bool divided() const { return nodes_.size() > kCellMax; }
  void draw_cells();
  void tell_in_cell(std::size_t who);
  void send_change(std::size_t who, bool figures);
  void note_content(Node& node, std::uint64_t content);
  void run_stand_in_replicas(std::size_t who);
  void changes();
  void digests();
  Digest digest_of(const std::string& cell, const Node& relay) const;
  void send_digest(const std::string& cell, std::size_t relay);
  void to_full(std::size_t from, const Message& message, const std::string& path);
  void give_accounts();
  void gateways();
  void calls_for_bids();
  void probes_of_the_silent();
  void run_replicas(Node& node);
  void ticks();

  int models_ = 0;
  Rng rng_;
  TimePoint start_;
  Duration now_{};
  std::vector<Node> nodes_;
  std::map<std::string, std::size_t> index_;
  std::vector<std::size_t> full_;
  std::vector<ModelSpec> specs_;
  std::vector<Letter> letters_;
  std::deque<std::pair<Duration, std::string>> dying_;  // since when: others still ask for it
  std::map<std::string, Duration> died_;
  struct Cell {
    std::vector<std::size_t> nodes;  // by name
    std::vector<std::string> relays;
    Duration period{};
    std::size_t turn = 0;
    std::deque<std::pair<Duration, std::size_t>> soon;  // digests that cannot wait, by relay
  };
  std::map<std::string, Cell> cells_;
  std::deque<std::pair<std::size_t, std::string>> extra_;  // node and replica, that may stop
  double changes_per_hour_ = 0;
  bool accounts_given_ = false;
  std::unique_ptr<Forecaster> forecaster_;
  ScaleMeter meter_;
  double longest_tick_s_ = 0;
};

}  // namespace starling
