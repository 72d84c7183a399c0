// Implements forecast/federated/wire.h.
#include "forecast/federated/wire.h"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <string>

#include "forecast/federated/bytes.h"
#include "forecast/net/sha256.h"

namespace starling::federated {
namespace {

constexpr std::uint32_t kMessageMagic = 0x31474c53;  // "SLG1"
enum class MessageKind : std::uint8_t { kOffer = 1, kFetch = 2, kChunk = 3 };

void put_name(std::string& out, const std::string& name) {
  assert(name.size() <= kNameBytesMax);
  put(out, static_cast<std::uint8_t>(name.size()));
  out += name;
}

std::string start_frame(MessageKind kind, const std::string& node, std::uint64_t round) {
  std::string out;
  put(out, kMessageMagic);
  put(out, kind);
  put_name(out, node);
  put(out, round);
  return out;
}

struct Writer {
  std::string operator()(const Offer& m) const {
    std::string out = start_frame(MessageKind::kOffer, m.node, m.round);
    put(out, m.architecture);
    put(out, m.base);
    put(out, m.amount);
    put(out, m.bytes);
    put(out, m.checksum);
    return out;
  }
  std::string operator()(const Fetch& m) const {
    std::string out = start_frame(MessageKind::kFetch, m.node, m.round);
    put(out, m.index);
    return out;
  }
  std::string operator()(const Chunk& m) const {
    assert(m.bytes.size() <= kChunkBytes);
    std::string out = start_frame(MessageKind::kChunk, m.node, m.round);
    put(out, m.index);
    out += m.bytes;
    return out;
  }
};

/// As NATS subjects allow them, since answers go to them.
bool is_name(std::string_view name) {
  return !name.empty() && name.size() <= kNameBytesMax &&
         std::all_of(name.begin(), name.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '-' || c == '_';
         });
}

Checked<LearningMessage> cut() {
  return reject(Reason::kMalformed, "a message that was cut or added to");
}

Checked<LearningMessage> read_offer(ByteReader reader, Offer offer) {
  const auto architecture = reader.take<std::uint64_t>();
  const auto base = reader.take<std::uint64_t>();
  const auto amount = reader.take<std::uint64_t>();
  const auto bytes = reader.take<std::uint32_t>();
  const auto checksum = reader.take<std::uint64_t>();
  if (!checksum || !reader.rest().empty()) return cut();
  if (*amount == 0 || *amount > kAmountMax) {
    return reject(Reason::kMalformed,
                  fmt::format("an offer of {} windows; expected 1 to {}", *amount, kAmountMax));
  }
  offer.architecture = *architecture;
  offer.base = *base;
  offer.amount = *amount;
  offer.bytes = *bytes;
  offer.checksum = *checksum;
  return offer;
}

Checked<LearningMessage> read_chunk(ByteReader reader, Chunk chunk) {
  if (reader.rest().empty() || reader.rest().size() > kChunkBytes) {
    return reject(Reason::kMalformed, fmt::format("a chunk of {} bytes; expected 1 to {}",
                                                  reader.rest().size(), kChunkBytes));
  }
  chunk.bytes = reader.rest();
  return chunk;
}

}  // namespace

std::string encode(const LearningMessage& message) { return std::visit(Writer{}, message); }

Checked<LearningMessage> decode_learning(std::string_view bytes) {
  if (bytes.size() > kFrameBytesMax) {
    return reject(Reason::kTooLarge, fmt::format("a message of {} bytes: at most {} are read",
                                                 bytes.size(), kFrameBytesMax));
  }
  ByteReader reader(bytes);
  const auto magic = reader.take<std::uint32_t>();
  const auto kind = reader.take<std::uint8_t>();
  if (!kind || *magic != kMessageMagic)
    return reject(Reason::kMalformed, "no message of this version");
  const auto length = reader.take<std::uint8_t>();
  if (!length || reader.rest().size() < *length) return cut();
  const std::string node(reader.rest().substr(0, *length));
  reader = ByteReader(reader.rest().substr(*length));
  if (!is_name(node))
    return reject(Reason::kMalformed, "a message whose sender has no node's name");
  const auto round = reader.take<std::uint64_t>();
  if (!round) return cut();
  if (*kind == static_cast<std::uint8_t>(MessageKind::kOffer)) {
    return read_offer(reader, {.node = node, .round = *round});
  }
  const auto index = reader.take<std::uint32_t>();
  if (!index) return cut();
  if (*kind == static_cast<std::uint8_t>(MessageKind::kFetch)) {
    if (!reader.rest().empty()) return cut();
    return Fetch{node, *round, *index};
  }
  if (*kind == static_cast<std::uint8_t>(MessageKind::kChunk)) {
    return read_chunk(reader, {.node = node, .round = *round, .index = *index, .bytes = {}});
  }
  return reject(Reason::kMalformed, fmt::format("a message of the unknown kind {}", *kind));
}

std::uint64_t fingerprint(std::string_view bytes) {
  return std::stoull(sha256(bytes).substr(0, 16), nullptr, 16);
}

}  // namespace starling::federated
