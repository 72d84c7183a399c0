// Why something that a peer sent is not used: one list, for counters, logs and tests.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <tl/expected.hpp>

namespace starling::federated {

enum class Reason : std::uint8_t {
  kMalformed,     // not what a peer would write
  kTooLarge,      // over a bound of this node
  kLength,        // cut, added to, or of another number of weights
  kArchitecture,  // weights of another network
  kBase,          // a difference to weights that this node does not start from
  kNotFinite,     // NaN or infinite
  kChecksum,      // not the bytes that were offered
  kStale,         // no newer than what is known of that peer, or too old
  kUnasked,       // a part that nobody asked for
  kBusy,          // more at once than this node keeps room for
  kSilent,        // the peer offered and then did not send
  kValidation     // this node's own held-out windows speak against what came of it
};
inline constexpr std::size_t kReasons = 12;

/// In lower case with hyphens, as metrics label it.
const char* name_of(Reason reason);

struct Rejection {
  Reason reason = Reason::kMalformed;
  std::string detail;  // for people
};

/// How often each happened.
using RejectionCounts = std::array<std::uint64_t, kReasons>;

template <typename T>
using Checked = tl::expected<T, Rejection>;

[[nodiscard]] inline tl::unexpected<Rejection> reject(Reason reason, std::string detail) {
  return tl::unexpected<Rejection>(Rejection{reason, std::move(detail)});
}

}  // namespace starling::federated
