// Implements forecast/net/half.h.
#include "forecast/net/half.h"

#include <bit>
#include <cmath>

namespace starling {
namespace {

constexpr std::uint32_t kInfinity = 0x7c00;

}  // namespace

std::uint16_t to_half(float value) {
  const auto sign = static_cast<std::uint32_t>(std::signbit(value)) << 15;
  const float size = std::abs(value);
  if (std::isnan(size)) return static_cast<std::uint16_t>(sign | kInfinity | 1);
  if (size >= 65520) return static_cast<std::uint16_t>(sign | kInfinity);
  // Below 2⁻¹⁴ halves are multiples of 2⁻²⁴.
  if (size < 0x1p-14F) {
    return static_cast<std::uint16_t>(sign |
                                      static_cast<std::uint32_t>(std::nearbyint(size * 0x1p24F)));
  }
  const auto bits = std::bit_cast<std::uint32_t>(size);
  const std::uint32_t kept = (bits >> 13) - ((127 - 15) << 10);
  const std::uint32_t rest = bits & 0x1fff;
  const bool up = rest > 0x1000 || (rest == 0x1000 && (kept & 1) != 0);
  return static_cast<std::uint16_t>(sign | (kept + up));
}

float from_half(std::uint16_t half) {
  const float sign = (half & 0x8000) != 0 ? -1.0F : 1.0F;
  const std::uint32_t exponent = (half >> 10) & 0x1f;
  const std::uint32_t fraction = half & 0x3ff;
  if (exponent == 0x1f) return sign * (fraction != 0 ? NAN : INFINITY);
  if (exponent == 0) return sign * static_cast<float>(fraction) * 0x1p-24F;
  return sign * std::bit_cast<float>(((exponent + 127 - 15) << 23) | (fraction << 13));
}

}  // namespace starling
