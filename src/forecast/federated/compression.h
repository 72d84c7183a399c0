// Weights on the wire: half floats or blocks of eight-bit integers, with error feedback.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "forecast/federated/rejection.h"

namespace starling::federated {

enum class Encoding : std::uint8_t {
  kHalf,  // IEEE 754 half precision, two bytes a value
  kInt8   // blocks of kBlock values, each a scale and one signed byte a value
};
const char* name_of(Encoding encoding);
std::optional<Encoding> encoding_named(std::string_view name);

inline constexpr std::size_t kBlock = 256;
inline constexpr std::size_t kValuesMax = 8 << 20;

/// Which values belong together: those of one architecture, taken from the same base.
struct Kind {
  std::uint64_t architecture = 0;  // fingerprint of the layout
  std::uint64_t base = 0;  // fingerprint of the weights that differences are to; 0: whole weights
  std::size_t count = 0;   // of values
  bool operator==(const Kind&) const = default;
};

/// A header and the values. Non-finite values must not come in; those beyond a half's range are cut
/// to it.
std::string compress(std::span<const float> values, const Kind& kind, Encoding encoding);

/// Bytes that `compress` makes of so many values.
std::size_t compressed_size(std::size_t count, Encoding encoding);

/// The values, if they are of the kind that is expected. Reads no more than is there and makes no
/// more than kValuesMax values. Rejected: malformed, length, architecture, base, not-finite.
Checked<std::vector<float>> decompress(std::string_view bytes, const Kind& expected);

/// Error feedback (Seide et al. 2014; Karimireddy et al. 2019): what one round's rounding took away
/// is added to the next round's values, so that the sum of what was sent follows the sum of what
/// was to be.
class Compressor {
 public:
  Compressor(const Kind& kind, Encoding encoding);

  /// `values` has kind.count entries.
  std::string encode(std::span<const float> values);
  /// What is still owed.
  const std::vector<float>& residual() const { return residual_; }

 private:
  Kind kind_;
  Encoding encoding_;
  std::vector<float> residual_;
};

}  // namespace starling::federated
