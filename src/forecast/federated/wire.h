// What nodes say to each other while they learn together: three short messages, binary and bounded.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "forecast/federated/compression.h"

namespace starling::federated {

inline constexpr std::size_t kFrameBytesMax = 64 << 10;
inline constexpr std::size_t kChunkBytes =
    48 << 10;  // of the weights in one Chunk; the last may be shorter
inline constexpr std::size_t kNameBytesMax = 128;
inline constexpr std::uint64_t kAmountMax = 1'000'000'000'000;

/// "I trained these weights; fetch them if you like."
struct Offer {
  std::string node;
  std::uint64_t round = 0;  // grows with every offer of this node, over its restarts too
  std::uint64_t architecture = 0;
  std::uint64_t base = 0;
  std::uint64_t amount = 0;  // windows trained on
  std::uint32_t bytes = 0;   // of the compressed weights
  std::uint64_t checksum = 0;
  bool operator==(const Offer&) const = default;
};

/// "Send me this chunk of that round's weights."
struct Fetch {
  std::string node;  // who asks
  std::uint64_t round = 0;
  std::uint32_t index = 0;
  bool operator==(const Fetch&) const = default;
};

struct Chunk {
  std::string node;  // whose weights they are
  std::uint64_t round = 0;
  std::uint32_t index = 0;
  std::string bytes;
  bool operator==(const Chunk&) const = default;
};

using LearningMessage = std::variant<Offer, Fetch, Chunk>;

/// At most kFrameBytesMax; names and chunks within their bounds.
std::string encode(const LearningMessage& message);

/// Rejected: too-large, malformed (no such kind or version, cut, bytes left over, a name that is no
/// node's). A later version's kinds are malformed to this one, which drops them.
Checked<LearningMessage> decode_learning(std::string_view bytes);

/// The first eight bytes of the SHA-256.
std::uint64_t fingerprint(std::string_view bytes);

}  // namespace starling::federated
