// Implements apps/agent/weight_exchange.h.
#include "apps/agent/weight_exchange.h"

#include <algorithm>
#include <cmath>

#include "base/log.h"

namespace starling::agent {

using Json = nlohmann::json;

Json number_or_null(std::optional<double> value) {
  return value && std::isfinite(*value) ? Json(*value) : Json();
}

WeightExchange::WeightExchange(std::string self, std::vector<float> base,
                               const federated::Kind& kind, const LearningOptions& options,
                               Duration round_length, std::uint64_t seed, Send send, Peers peers)
    : base_(std::move(base)),
      options_(options),
      round_length_(round_length),
      send_(std::move(send)),
      peers_(std::move(peers)),
      gossip_(std::move(self), kind, options.gossip, seed),
      compressor_(kind, options.encoding) {}

/// Without the lock: a peer's answer may come before the sending returns.
void WeightExchange::deliver(const std::vector<federated::Outgoing>& out) const {
  for (const auto& one : out) send_(one.to, one.bytes);
}

void WeightExchange::receive(std::string_view bytes, TimePoint now) {
  if (!options_.exchange) return;
  std::vector<federated::Outgoing> out;
  {
    const std::lock_guard lock(mutex_);
    const auto refused = gossip_.counters().rejections();
    out = gossip_.on_bytes(bytes, now);
    if (refused == 0 && gossip_.counters().rejections() > 0) {
      spdlog::warn("learning: refused what a peer sent; `starling learning status` counts why");
    }
  }
  deliver(out);
}

void WeightExchange::tick(TimePoint now) {
  std::vector<federated::Outgoing> out;
  {
    const std::lock_guard lock(mutex_);
    out = gossip_.on_tick(now);
  }
  deliver(out);
}

std::vector<float> WeightExchange::differences(std::span<const float> weights) const {
  std::vector<float> all(weights.begin(), weights.end());
  for (std::size_t i = 0; i < all.size(); ++i) all[i] -= base_[i];
  return all;
}

void WeightExchange::publish(std::span<const float> trained, std::uint64_t amount, TimePoint now) {
  if (!options_.exchange || trained.size() != base_.size()) return;
  const std::vector<std::string> peers = peers_();
  std::vector<federated::Outgoing> out;
  {
    const std::lock_guard lock(mutex_);
    // Milliseconds, so that rounds grow over a restart too.
    round_ =
        std::max<std::uint64_t>(round_ + 1, static_cast<std::uint64_t>(unix_seconds(now) * 1000));
    out = gossip_.publish(compressor_.encode(differences(trained)), amount, round_, peers);
  }
  deliver(out);
}

std::optional<WeightExchange::Merged> WeightExchange::merge(std::span<const float> own,
                                                            std::uint64_t amount,
                                                            TimePoint now) const {
  if (!options_.exchange || own.size() != base_.size()) return std::nullopt;
  std::vector<federated::PeerWeights> peers;
  {
    const std::lock_guard lock(mutex_);
    peers = gossip_.weights(now, round_length_);
  }
  if (peers.empty()) return std::nullopt;
  auto merged =
      federated::merge(differences(own), static_cast<double>(amount), peers, options_.merge);
  for (std::size_t i = 0; i < base_.size(); ++i) merged.values[i] += base_[i];
  return Merged{std::move(merged.values), peers.size()};
}

void WeightExchange::judged(double own_loss, double merged_loss, bool better) {
  const std::lock_guard lock(mutex_);
  own_loss_ = own_loss;
  merged_loss_ = merged_loss;
  if (!better) gossip_.count(federated::Reason::kValidation);
}

void WeightExchange::took_merge() {
  const std::lock_guard lock(mutex_);
  ++merges_taken_;
}

void WeightExchange::serves(const std::string& version, const std::string& origin) {
  const std::lock_guard lock(mutex_);
  serving_ = version;
  origin_ = origin;
}

Json WeightExchange::status(TimePoint now) const {
  const std::lock_guard lock(mutex_);
  const auto& counters = gossip_.counters();
  Json rejected = Json::object();
  for (std::size_t i = 0; i < federated::kReasons; ++i) {
    if (counters.rejected[i] == 0) continue;
    rejected[federated::name_of(static_cast<federated::Reason>(i))] = counters.rejected[i];
  }
  Json peers = Json::array();
  for (const auto& [node, kept] : gossip_.kept()) {
    peers.push_back(
        {{"node", node}, {"age_s", seconds(now - kept.came)}, {"windows", kept.amount}});
  }
  return {{"exchange", options_.exchange},
          {"serving", serving_},
          {"origin", origin_},
          {"rounds", counters.rounds},
          {"bytes_out", counters.bytes_out},
          {"bytes_in", counters.bytes_in},
          {"accepted", counters.accepted},
          {"peers", peers},
          {"loss", {{"own", number_or_null(own_loss_)}, {"merged", number_or_null(merged_loss_)}}},
          {"merges_taken", merges_taken_},
          {"rejected", rejected}};
}

std::map<std::string, std::uint64_t> WeightExchange::counters(const std::string& prefix) const {
  const std::lock_guard lock(mutex_);
  const auto& c = gossip_.counters();
  std::map<std::string, std::uint64_t> all{{prefix + "_rounds", c.rounds},
                                           {prefix + "_bytes_sent", c.bytes_out},
                                           {prefix + "_bytes_received", c.bytes_in},
                                           {prefix + "_updates_accepted", c.accepted},
                                           {prefix + "_merges_taken", merges_taken_}};
  for (std::size_t i = 0; i < federated::kReasons; ++i) {
    const auto* reason = federated::name_of(static_cast<federated::Reason>(i));
    all[fmt::format("{}_rejections{{reason={}}}", prefix, reason)] = c.rejected[i];
  }
  return all;
}

}  // namespace starling::agent
