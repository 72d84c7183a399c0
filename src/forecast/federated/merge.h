// What a node makes of its peers' weights: an average that a minority of liars cannot pull far.
#pragma once

#include <span>
#include <string>
#include <vector>

namespace starling::federated {

/// A peer's newest weights, as differences to the common base.
struct PeerWeights {
  std::string node;
  std::vector<float> values;
  double amount = 1;  // of data that they were trained on, in windows, as the peer says
  double age = 0;     // rounds since they came
};

struct MergeOptions {
  /// Share of the values that are dropped from each end, coordinate by coordinate. As many liars do
  /// no harm.
  double trim = 0.25;
  /// Longest distance of a peer from this node, in median distances of all peers.
  double reach = 1.5;
  double half_life = 4;  // rounds in which weights lose half of their say
  double amount_max =
      3;  // most that a peer's data counts, in medians over all: it may claim what it likes
};

struct Merged {
  std::vector<float> values;
  std::size_t clipped = 0;  // peers that were too far away
  std::size_t trimmed = 0;  // values dropped from each end
};

/// How many of `values` are dropped from each end: the share rounded to the nearest, at least one
/// of three or more, and at least one stays.
std::size_t trimmed_count(std::size_t values, double share);

/// Gossip averaging, robust in two ways. First each peer's distance from this node is cut to
/// `reach` medians (clipping as in He, Karimireddy & Jaggi 2022, "Byzantine-robust decentralized
/// learning via ClippedGossip"), then each coordinate is the trimmed mean (Yin et al. 2018) of the
/// peers' and this node's, weighted by data amount and age. With at most `trimmed` liars every
/// coordinate lies between the least and the greatest of the honest ones. All vectors have the same
/// length; without peers `own` comes back.
Merged merge(std::span<const float> own, double own_amount, std::span<const PeerWeights> peers,
             const MergeOptions& options = {});

}  // namespace starling::federated
