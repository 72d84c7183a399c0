// One node's side of learning together: whom it offers its weights to, whose it fetches, what it
// keeps.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/rng.h"
#include "forecast/federated/merge.h"
#include "forecast/federated/wire.h"

namespace starling::federated {

struct GossipOptions {
  std::size_t peers = 3;                      // that a round's weights are offered to
  std::size_t kept_max = 12;                  // peers whose newest weights are kept
  std::size_t transfers_max = 4;              // fetched at a time; more wait for the next offer
  std::uint64_t bytes_out_max = 64ULL << 20;  // of chunks that one round's weights cost at most
  Duration age_max{12h};                      // older weights are forgotten
  Duration patience{3s};                      // until a chunk is asked for again
  int attempts_max = 5;                       // for one chunk
};

struct GossipCounters {
  std::uint64_t rounds = 0;
  std::uint64_t bytes_in = 0, bytes_out = 0;  // messages whole
  std::uint64_t accepted = 0;                 // weights of peers that came whole and are kept
  RejectionCounts rejected{};
  std::uint64_t rejections() const;
};

struct Outgoing {
  std::string to;  // a node
  std::string bytes;
};

/// Weights of a peer as they are kept: compressed and checked.
struct KeptWeights {
  std::string node;
  std::uint64_t round = 0;
  std::uint64_t amount = 0;
  TimePoint came{};
  std::string bytes;
};

/// A pure state machine; one caller at a time. Offers are pushed to random peers, weights are
/// pulled chunk by chunk: nobody can be made to hold what it did not ask for. It holds at most
/// kept_max + transfers_max compressed weights besides its own.
class GossipNode {
 public:
  GossipNode(std::string self, const Kind& kind, const GossipOptions& options, std::uint64_t seed);

  /// Begins a round with these weights (compressed, of this node's kind) and offers them to random
  /// ones of `peers`. `round` is greater than in any earlier call, also before a restart: the time,
  /// for one.
  std::vector<Outgoing> publish(std::string weights, std::uint64_t amount, std::uint64_t round,
                                std::span<const std::string> peers);
  /// What came from elsewhere, whatever it is.
  std::vector<Outgoing> on_bytes(std::string_view bytes, TimePoint now);
  /// Once a second: asks again, gives up, forgets.
  std::vector<Outgoing> on_tick(TimePoint now);

  /// The newest weights of each peer, decompressed; `round_length` turns their age into rounds.
  std::vector<PeerWeights> weights(TimePoint now, Duration round_length) const;
  const std::map<std::string, KeptWeights>& kept() const { return kept_; }
  bool fetching() const { return !transfers_.empty(); }
  /// Counts what was found out elsewhere, such as kValidation.
  void count(Reason reason) { ++counters_.rejected[static_cast<std::size_t>(reason)]; }
  const GossipCounters& counters() const { return counters_; }

 private:
  struct Transfer {
    Offer offer;
    std::string bytes;
    TimePoint asked{};
    int attempts = 0;
  };
  struct Own {
    std::string bytes;
    std::uint64_t round = 0;
    std::uint64_t sent = 0;
  };
  void on(const Offer& offer, TimePoint now, std::vector<Outgoing>& out);
  void on(const Fetch& fetch, TimePoint now, std::vector<Outgoing>& out);
  void on(const Chunk& chunk, TimePoint now, std::vector<Outgoing>& out);
  std::optional<Reason> refusal_of(const Offer& offer) const;
  void ask(Transfer& transfer, TimePoint now, std::vector<Outgoing>& out);
  void send(std::string to, const LearningMessage& message, std::vector<Outgoing>& out);
  void keep(Transfer transfer, TimePoint now);

  std::string self_;
  Kind kind_;
  GossipOptions options_;
  Rng rng_;
  Own own_;
  std::map<std::string, Transfer> transfers_;  // by peer
  std::map<std::string, KeptWeights> kept_;    // by peer
  GossipCounters counters_;
};

}  // namespace starling::federated
