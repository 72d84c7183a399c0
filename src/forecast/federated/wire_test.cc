// The messages of learning together: round trips, bounds, and what is refused.
#include "forecast/federated/wire.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>

namespace starling::federated {
namespace {

const Offer kOffer{.node = "aws-1",
                   .round = 1700,
                   .architecture = 5,
                   .base = 6,
                   .amount = 4000,
                   .bytes = 90'000,
                   .checksum = 0xfedcba9876543210};

std::vector<LearningMessage> one_of_each() {
  return {kOffer, Fetch{"aws-2", 1700, 1},
          Chunk{"aws-1", 1700, 1, std::string(kChunkBytes, '\xee')}};
}

TEST(LearningWire, EveryMessageSurvivesTheTripWithinTheBound) {
  for (const LearningMessage& message : one_of_each()) {
    const std::string bytes = encode(message);
    EXPECT_LE(bytes.size(), kFrameBytesMax);
    const auto back = decode_learning(bytes);
    ASSERT_TRUE(back) << back.error().detail;
    EXPECT_EQ(*back, message);
  }
}

TEST(LearningWire, RefusesWhatIsCutTooLongOrOfAnotherVersionByName) {
  for (const LearningMessage& message : one_of_each()) {
    const std::string bytes = encode(message);
    for (const std::size_t length : {std::size_t{0}, std::size_t{3}, std::size_t{5}, std::size_t{9},
                                     std::size_t{14}, std::size_t{18}}) {
      const auto cut = decode_learning(bytes.substr(0, length));
      ASSERT_FALSE(cut);
      EXPECT_EQ(cut.error().reason, Reason::kMalformed);
    }
    std::string later = bytes;
    later[4] = 9;
    EXPECT_EQ(decode_learning(later).error().reason, Reason::kMalformed)
        << "a later version's kind";
    EXPECT_FALSE(decode_learning("{\"protocol\":1,\"kind\":\"heartbeat\"}"));
  }
  EXPECT_FALSE(decode_learning(encode(kOffer) + "x"));
  EXPECT_EQ(decode_learning(std::string(kFrameBytesMax + 1, 'x')).error().reason,
            Reason::kTooLarge);
  Offer nothing = kOffer;
  nothing.amount = 0;
  EXPECT_FALSE(decode_learning(encode(nothing)));
  for (const std::string name : {"", "a.b", "a b", "*", ">"}) {
    Fetch fetch{name, 1, 0};
    EXPECT_FALSE(decode_learning(encode(fetch)))
        << "'" << name << "' would be a subject of its own";
  }
}

RC_GTEST_PROP(LearningWire, NeverReadsWhatIsNotThere, (const std::string& noise)) {
  (void)decode_learning(noise);
  std::string damaged = encode(kOffer);
  const auto at = *rc::gen::inRange<std::size_t>(0, damaged.size());
  damaged[at] = static_cast<char>(*rc::gen::inRange(0, 256));
  const auto read = decode_learning(damaged);
  if (read) RC_ASSERT(encode(*read) == damaged);
}

}  // namespace
}  // namespace starling::federated
