// Randomness as an argument: a small, seedable generator that can be split into independent
// streams.
#pragma once

#include <cmath>
#include <cstdint>
#include <limits>
#include <random>

namespace starling {

/// xoshiro256** (Blackman & Vigna 2018), seeded through splitmix64. A standard
/// UniformRandomBitGenerator.
class Rng {
 public:
  using result_type = std::uint64_t;

  explicit Rng(std::uint64_t seed) {
    for (auto& word : state_) word = splitmix(seed);
  }

  static constexpr result_type min() { return 0; }
  static constexpr result_type max() { return std::numeric_limits<result_type>::max(); }

  result_type operator()() {
    const std::uint64_t result = rotl(state_[1] * 5, 7) * 9;
    const std::uint64_t t = state_[1] << 17;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= t;
    state_[3] = rotl(state_[3], 45);
    return result;
  }

  /// An independent stream for part `salt` of the work, so that parts do not disturb each other's
  /// draws.
  Rng split(std::uint64_t salt) const {
    std::uint64_t mixed = state_[0] ^ rotl(state_[3], 17) ^ (salt * 0x9e3779b97f4a7c15ULL);
    return Rng(splitmix(mixed));
  }

  /// Uniform in [0, 1).
  double uniform() { return static_cast<double>((*this)() >> 11) * 0x1.0p-53; }
  double uniform(double low, double high) { return low + (high - low) * uniform(); }
  /// Uniform in {0, …, n − 1}; n must be positive.
  std::uint64_t below(std::uint64_t n) {
    return static_cast<std::uint64_t>((static_cast<__uint128_t>((*this)()) * n) >> 64);
  }
  bool chance(double probability) { return uniform() < probability; }
  double exponential(double mean) { return -mean * std::log1p(-uniform()); }
  double normal() { return std::normal_distribution<double>()(*this); }
  /// 0 for a mean that is not positive.
  std::int64_t poisson(double mean) {
    return mean > 0 ? std::poisson_distribution<std::int64_t>(mean)(*this) : 0;
  }
  double gamma(double shape, double scale) {
    return std::gamma_distribution<double>(shape, scale)(*this);
  }

 private:
  static constexpr std::uint64_t rotl(std::uint64_t x, int k) { return (x << k) | (x >> (64 - k)); }
  static constexpr std::uint64_t splitmix(std::uint64_t& x) {
    std::uint64_t z = (x += 0x9e3779b97f4a7c15ULL);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31);
  }

  std::uint64_t state_[4];
};

}  // namespace starling
