// Packed messages: what comes back, what they save, and what is refused.
#include "control/packing.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>
#include <zlib.h>

#include "control/codec.h"
#include "control/values_for_tests.h"

namespace starling {
namespace {

using namespace testing_values;

RC_GTEST_PROP(Packing, GivesBackWhatItWasGiven, (const std::string& text)) {
  const auto back = unpack(pack(text), text.size());
  RC_ASSERT(back.has_value());
  RC_ASSERT(*back == text);
}

TEST(Packing, OneMessageDoesNotDependOnThoseBefore) {
  const std::string beat = encode(Beat{"node-7", 1'700'000'000'123'456, 12, 11, true});
  const std::string first = pack(beat);
  pack(std::string(100'000, 'x'));
  EXPECT_FALSE(unpack(pack(beat).substr(0, 9), 1000));
  EXPECT_EQ(pack(beat), first);
  EXPECT_EQ(*unpack(first, 1000), beat);
}

TEST(Packing, ShortMessagesBecomeMuchShorter) {
  Change change;
  change.node = "inference-eu-17";
  change.incarnation = 1'732'900'123'456'789;
  change.sequence = 40'031;
  change.since = 39'977;
  change.turned = {{"llama-chat-inference-eu-17-6281c0b5d4e15-9", ReplicaState::kReady,
                    "10.20.4.17:31877", Duration(31'204'551)}};
  for (const Message& message : std::vector<Message>{
           change, Beat{"inference-eu-17", 1'732'900'123'456'789, 40'032, 40'031, true}}) {
    const std::string text = encode(message), packed = encode(message, WireForm::kPacked);
    EXPECT_LT(packed.size(), 0.6 * static_cast<double>(text.size())) << text;
  }
  const Message bids =
      BidRequest{"a.1/m/2", "inference-eu-17", "llama-chat", {500, 1 << 30}, 2, {}};
  EXPECT_LT(encode(bids, WireForm::kPacked).size(), encode(bids).size() / 2);
}

TEST(Packing, DamagedBytesAreRefusedByName) {
  const std::string packed = pack(R"({"kind":"beat","of":["a",1,8,7],"protocol":1})");
  EXPECT_FALSE(unpack("", 1000));
  EXPECT_FALSE(unpack("{}", 1000));
  EXPECT_THAT(decode("\x02xyz").error().message, testing::HasSubstr("a form that is not known"));
  EXPECT_FALSE(unpack("\x01", 1000));
  for (std::size_t size = 1; size < packed.size(); ++size)
    EXPECT_FALSE(unpack(packed.substr(0, size), 1000)) << size;
  EXPECT_FALSE(unpack(packed + "x", 1000)) << "followed by something";
  EXPECT_THAT(decode(packed.substr(0, packed.size() - 1)).error().message,
              testing::HasSubstr("malformed message: packed bytes that are damaged, cut"));
}

RC_GTEST_PROP(Packing, AnyBytesAreAnswered, (const std::string& bytes)) {
  const auto text = unpack("\x01" + bytes, 1000);
  RC_ASSERT(!text || text->size() <= 1000);
}

TEST(Packing, ABombIsNotUnpacked) {
  EXPECT_TRUE(unpack(pack(std::string(kTextBytesMax, ' ')), kTextBytesMax));
  const std::string bomb = pack(std::string(kTextBytesMax + 1, ' '));
  EXPECT_LT(bomb.size(), 10'000u);
  const auto message = decode(bomb);
  ASSERT_FALSE(message);
  EXPECT_EQ(message.error().code, ErrorCode::kTooLarge);
  const std::string nested = pack(pack("{}"));
  EXPECT_THAT(decode(nested).error().message, testing::HasSubstr("not JSON"));
}

TEST(Packing, TheDictionaryOfTheFirstFormStaysAsItIs) {
  // Agents that run read by it. Another dictionary is another form: see packing_dictionary().
  const std::string_view text = packing_dictionary();
  EXPECT_EQ(crc32(0, reinterpret_cast<const Bytef*>(text.data()), static_cast<uInt>(text.size())),
            1060481857u);
}

}  // namespace
}  // namespace starling
