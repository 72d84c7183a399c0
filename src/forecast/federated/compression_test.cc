// Weights on the wire: how much they lose, that error feedback gives it back, and what is refused.
#include "forecast/federated/compression.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cmath>
#include <limits>

#include "forecast/federated/bytes.h"
#include "forecast/federated/values_for_tests.h"

namespace starling::federated {
namespace {

Kind kind_of(std::size_t count) { return {.architecture = 11, .base = 22, .count = count}; }

/// The first bytes of a message with other weights put over it.
std::string with(std::string bytes, std::size_t at, const std::string& over) {
  return bytes.replace(at, over.size(), over);
}

Reason reason_of(const std::string& bytes, const Kind& expected) {
  const auto values = decompress(bytes, expected);
  EXPECT_FALSE(values.has_value());
  return values ? Reason::kUnasked : values.error().reason;
}

RC_GTEST_PROP(Compression, BlocksLoseAtMostHalfAStepOfTheirLargestValue, ()) {
  const auto values = *rc::gen::nonEmpty(some_weights());
  const Kind kind = kind_of(values.size());
  const auto back = decompress(compress(values, kind, Encoding::kInt8), kind);
  RC_ASSERT(back.has_value());
  for (std::size_t first = 0; first < values.size(); first += kBlock) {
    const std::size_t last = std::min(values.size(), first + kBlock);
    float largest = 0;
    for (std::size_t i = first; i < last; ++i) largest = std::max(largest, std::abs(values[i]));
    for (std::size_t i = first; i < last; ++i) {
      RC_ASSERT(std::abs((*back)[i] - values[i]) <= largest / 127 * 0.5001F + 1e-30F);
    }
  }
}

RC_GTEST_PROP(Compression, HalvesLoseAtMostOneIn2048, ()) {
  const auto values = *some_weights();
  const Kind kind = kind_of(values.size());
  const auto back = decompress(compress(values, kind, Encoding::kHalf), kind);
  RC_ASSERT(back.has_value());
  for (std::size_t i = 0; i < values.size(); ++i) {
    RC_ASSERT(std::abs((*back)[i] - values[i]) <= std::abs(values[i]) / 2048 + 0x1p-25F);
  }
}

RC_GTEST_PROP(Compression, WithErrorFeedbackWhatIsSentAddsUpToWhatWasToBeSent, (bool blocks)) {
  const Kind kind = kind_of(*rc::gen::inRange<std::size_t>(1, 600));
  Compressor compressor(kind, blocks ? Encoding::kInt8 : Encoding::kHalf);
  std::vector<double> wished(kind.count), sent(kind.count);
  double largest = 0;
  for (int round = 0; round < 8; ++round) {
    const auto values = *some_weights_of(kind.count);
    const auto decoded = decompress(compressor.encode(values), kind);
    RC_ASSERT(decoded.has_value());
    for (std::size_t i = 0; i < kind.count; ++i) {
      wished[i] += values[i];
      sent[i] += (*decoded)[i];
      largest = std::max(largest, static_cast<double>(std::abs(values[i])));
    }
  }
  for (std::size_t i = 0; i < kind.count; ++i) {
    const double owed = compressor.residual()[i];
    RC_ASSERT(std::abs(wished[i] - sent[i] - owed) <= 1e-5 * largest);
    RC_ASSERT(std::abs(owed) <= 0.01 * largest);  // one round's rounding, not eight
  }
}

TEST(Compression, BytesTakeAQuarterOfAFloatAndHalvesHalf) {
  EXPECT_LT(compressed_size(1'000'000, Encoding::kInt8), 1'020'000U);
  EXPECT_LT(compressed_size(1'000'000, Encoding::kHalf), 2'000'100U);
  const std::vector<float> values(1000, 0.5F);
  for (const Encoding encoding : {Encoding::kHalf, Encoding::kInt8}) {
    EXPECT_EQ(compress(values, kind_of(1000), encoding).size(), compressed_size(1000, encoding));
    EXPECT_EQ(encoding_named(name_of(encoding)), encoding);
  }
  EXPECT_FALSE(encoding_named("int4"));
}

TEST(Compression, NamesWhyItRefuses) {
  const std::vector<float> values(300, 0.25F);
  const Kind kind = kind_of(300);
  for (const Encoding encoding : {Encoding::kHalf, Encoding::kInt8}) {
    const std::string bytes = compress(values, kind, encoding);
    ASSERT_TRUE(decompress(bytes, kind));
    EXPECT_EQ(reason_of("", kind), Reason::kMalformed);
    EXPECT_EQ(reason_of("no weights at all, but long enough", kind), Reason::kMalformed);
    EXPECT_EQ(reason_of(bytes.substr(0, bytes.size() - 1), kind), Reason::kLength);
    EXPECT_EQ(reason_of(bytes + "x", kind), Reason::kLength);
    EXPECT_EQ(reason_of(bytes, kind_of(301)), Reason::kLength);
    EXPECT_EQ(reason_of(bytes, {.architecture = 12, .base = 22, .count = 300}),
              Reason::kArchitecture);
    EXPECT_EQ(reason_of(bytes, {.architecture = 11, .base = 23, .count = 300}), Reason::kBase);
  }
  const std::size_t header = compressed_size(0, Encoding::kHalf);
  EXPECT_EQ(reason_of(with(compress(values, kind, Encoding::kHalf), header, "\xff\x7f"), kind),
            Reason::kNotFinite);
  for (const float scale :
       {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity(),
        std::numeric_limits<float>::max(), -1.0F}) {
    std::string over;
    put(over, scale);
    EXPECT_EQ(reason_of(with(compress(values, kind, Encoding::kInt8), header, over), kind),
              Reason::kNotFinite);
  }
}

}  // namespace
}  // namespace starling::federated
