// Implements forecast/federated/gossip.h.
#include "forecast/federated/gossip.h"

#include <algorithm>
#include <cassert>
#include <numeric>

namespace starling::federated {

std::uint64_t GossipCounters::rejections() const {
  return std::accumulate(rejected.begin(), rejected.end(), std::uint64_t{0});
}

GossipNode::GossipNode(std::string self, const Kind& kind, const GossipOptions& options,
                       std::uint64_t seed)
    : self_(std::move(self)), kind_(kind), options_(options), rng_(seed) {}

std::vector<Outgoing> GossipNode::publish(std::string weights, std::uint64_t amount,
                                          std::uint64_t round, std::span<const std::string> peers) {
  assert(decompress(weights, kind_).has_value() && round > own_.round);
  ++counters_.rounds;
  own_ = {std::move(weights), round, 0};
  const Offer offer{.node = self_,
                    .round = round,
                    .architecture = kind_.architecture,
                    .base = kind_.base,
                    .amount = std::clamp<std::uint64_t>(amount, 1, kAmountMax),
                    .bytes = static_cast<std::uint32_t>(own_.bytes.size()),
                    .checksum = fingerprint(own_.bytes)};
  std::vector<std::string> chosen(peers.begin(), peers.end());
  std::erase(chosen, self_);
  const std::size_t count = std::min(options_.peers, chosen.size());
  std::vector<Outgoing> out;
  for (std::size_t i = 0; i < count; ++i) {  // the first steps of a Fisher-Yates shuffle
    std::swap(chosen[i], chosen[i + rng_.below(chosen.size() - i)]);
    send(chosen[i], offer, out);
  }
  return out;
}

std::vector<Outgoing> GossipNode::on_bytes(std::string_view bytes, TimePoint now) {
  counters_.bytes_in += bytes.size();
  std::vector<Outgoing> out;
  const auto message = decode_learning(bytes);
  if (!message) {
    count(message.error().reason);
    return out;
  }
  std::visit([&](const auto& m) { on(m, now, out); }, *message);
  return out;
}

std::optional<Reason> GossipNode::refusal_of(const Offer& offer) const {
  if (offer.architecture != kind_.architecture) return Reason::kArchitecture;
  if (offer.base != kind_.base) return Reason::kBase;
  if (offer.bytes > compressed_size(kind_.count, Encoding::kHalf)) return Reason::kTooLarge;
  if (offer.bytes != compressed_size(kind_.count, Encoding::kHalf) &&
      offer.bytes != compressed_size(kind_.count, Encoding::kInt8)) {
    return Reason::kLength;
  }
  const auto known = kept_.find(offer.node);
  if (known != kept_.end() && offer.round <= known->second.round) return Reason::kStale;
  const auto open = transfers_.find(offer.node);
  if (open != transfers_.end()) {
    return offer.round <= open->second.offer.round ? std::optional(Reason::kStale) : std::nullopt;
  }
  if (transfers_.size() >= options_.transfers_max) return Reason::kBusy;
  return std::nullopt;
}

void GossipNode::on(const Offer& offer, TimePoint now, std::vector<Outgoing>& out) {
  if (offer.node == self_) return count(Reason::kUnasked);
  if (const auto refusal = refusal_of(offer)) return count(*refusal);
  Transfer& transfer = transfers_[offer.node];
  transfer = {.offer = offer, .bytes = {}, .asked = now, .attempts = 0};
  ask(transfer, now, out);
}

void GossipNode::on(const Fetch& fetch, TimePoint /*now*/, std::vector<Outgoing>& out) {
  const std::size_t first = fetch.index * kChunkBytes;
  // Who asks for an earlier round learns of the new one by its offer.
  if (fetch.node == self_ || fetch.round != own_.round || first >= own_.bytes.size()) {
    return count(Reason::kStale);
  }
  if (own_.sent >= options_.bytes_out_max) return count(Reason::kBusy);
  Chunk chunk{self_, own_.round, fetch.index, own_.bytes.substr(first, kChunkBytes)};
  own_.sent += chunk.bytes.size();
  send(fetch.node, chunk, out);
}

void GossipNode::on(const Chunk& chunk, TimePoint now, std::vector<Outgoing>& out) {
  const auto found = transfers_.find(chunk.node);
  if (found == transfers_.end() || found->second.offer.round != chunk.round ||
      chunk.index * kChunkBytes != found->second.bytes.size()) {
    return count(Reason::kUnasked);
  }
  Transfer& transfer = found->second;
  const std::size_t missing = transfer.offer.bytes - transfer.bytes.size();
  if (chunk.bytes.size() != std::min(kChunkBytes, missing)) return count(Reason::kLength);
  transfer.bytes += chunk.bytes;
  transfer.attempts = 0;
  if (transfer.bytes.size() < transfer.offer.bytes) return ask(transfer, now, out);
  Transfer whole = std::move(transfer);
  transfers_.erase(found);
  keep(std::move(whole), now);
}

void GossipNode::keep(Transfer transfer, TimePoint now) {
  if (fingerprint(transfer.bytes) != transfer.offer.checksum) return count(Reason::kChecksum);
  if (const auto values = decompress(transfer.bytes, kind_); !values)
    return count(values.error().reason);
  ++counters_.accepted;
  const std::string node = transfer.offer.node;
  kept_[node] = {node, transfer.offer.round, transfer.offer.amount, now, std::move(transfer.bytes)};
  if (kept_.size() <= options_.kept_max) return;
  kept_.erase(std::min_element(kept_.begin(), kept_.end(), [](const auto& a, const auto& b) {
    return a.second.came < b.second.came;
  }));
}

void GossipNode::ask(Transfer& transfer, TimePoint now, std::vector<Outgoing>& out) {
  transfer.asked = now;
  ++transfer.attempts;
  const auto index = static_cast<std::uint32_t>(transfer.bytes.size() / kChunkBytes);
  send(transfer.offer.node, Fetch{self_, transfer.offer.round, index}, out);
}

void GossipNode::send(std::string to, const LearningMessage& message, std::vector<Outgoing>& out) {
  out.push_back({std::move(to), encode(message)});
  counters_.bytes_out += out.back().bytes.size();
}

std::vector<Outgoing> GossipNode::on_tick(TimePoint now) {
  std::vector<Outgoing> out;
  for (auto at = transfers_.begin(); at != transfers_.end();) {
    Transfer& transfer = at->second;
    if (now - transfer.asked < options_.patience) {
      ++at;
    } else if (transfer.attempts < options_.attempts_max) {
      ask(transfer, now, out);
      ++at;
    } else {
      count(Reason::kSilent);
      at = transfers_.erase(at);
    }
  }
  std::erase_if(kept_, [&](const auto& one) {
    const bool old = now - one.second.came > options_.age_max;
    if (old) count(Reason::kStale);
    return old;
  });
  return out;
}

std::vector<PeerWeights> GossipNode::weights(TimePoint now, Duration round_length) const {
  std::vector<PeerWeights> all;
  for (const auto& [node, kept] : kept_) {
    auto values = decompress(kept.bytes, kind_);
    assert(values.has_value());
    all.push_back({.node = node,
                   .values = std::move(*values),
                   .amount = static_cast<double>(kept.amount),
                   .age = seconds(now - kept.came) / std::max(1e-6, seconds(round_length))});
  }
  return all;
}

}  // namespace starling::federated
