// The artefact's round trip, and that no damaged file is taken for a forecaster.
#include "forecast/net/artifact.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "base/rng.h"

namespace starling {
namespace {

ForecasterArtifact small_artifact() {
  ForecasterArtifact artifact{.hidden = 4,
                              .inner_rate = 0.05,
                              .inner_steps = 3,
                              .seed = 7,
                              .steps = 100,
                              .data = "made up",
                              .weights = {}};
  Rng rng(1);
  for (std::int64_t i = 0; i < weight_count(4); ++i) {
    artifact.weights.push_back(static_cast<float>(rng.normal()));
  }
  return artifact;
}

TEST(Artifact, ReadsBackWhatWasWritten) {
  const ForecasterArtifact written = small_artifact();
  const auto read = decode_artifact(encode_artifact(written), "f.bin");
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->weights, written.weights);
  EXPECT_EQ(read->version(), written.version());
  EXPECT_EQ(read->inner_rate, written.inner_rate);
  EXPECT_EQ(read->data, written.data);
  EXPECT_EQ(encode_artifact(*read), encode_artifact(written));
}

TEST(Artifact, AnotherVersionSaysHowToMendIt) {
  std::string bytes = encode_artifact(small_artifact());
  const std::string field = "\"version\":1";
  bytes.replace(bytes.find(field), field.size(), "\"version\":9");
  const auto read = decode_artifact(bytes, "f.bin");
  ASSERT_FALSE(read);
  EXPECT_NE(read.error().message.find("format version 9"), std::string::npos)
      << read.error().message;
  EXPECT_NE(read.error().message.find("starling-lab forecast train"), std::string::npos);
}

TEST(Artifact, AMissingFileIsNamed) {
  const auto read = read_artifact("/nowhere/forecaster.bin");
  ASSERT_FALSE(read);
  EXPECT_NE(read.error().message.find("/nowhere/forecaster.bin"), std::string::npos);
}

RC_GTEST_PROP(Artifact, EveryCutIsRefused, ()) {
  const std::string bytes = encode_artifact(small_artifact());
  const auto length = *rc::gen::inRange<std::size_t>(0, bytes.size());
  const auto read = decode_artifact(bytes.substr(0, length), "f.bin");
  RC_ASSERT(!read);
  RC_ASSERT(read.error().message.rfind("f.bin: ", 0) == 0U);
}

RC_GTEST_PROP(Artifact, EveryAlteredWeightByteIsRefused, ()) {
  std::string bytes = encode_artifact(small_artifact());
  const std::size_t payload = bytes.find('\n') + 1;
  const auto at = *rc::gen::inRange(payload, bytes.size());
  bytes[at] = static_cast<char>(bytes[at] ^ *rc::gen::inRange(1, 256));
  RC_ASSERT(!decode_artifact(bytes, "f.bin"));
}

RC_GTEST_PROP(Artifact, AnAlteredHeaderNeverCrashes, ()) {
  std::string bytes = encode_artifact(small_artifact());
  const auto at = *rc::gen::inRange<std::size_t>(0, bytes.find('\n'));
  bytes[at] = static_cast<char>(*rc::gen::inRange(1, 128));
  const auto read = decode_artifact(bytes, "f.bin");
  if (read) RC_ASSERT(read->weights == small_artifact().weights);
}

}  // namespace
}  // namespace starling
