// The artefact's round trip, and that no damaged file is taken for a
// forecaster.
#include "forecast/net/artifact.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "base/rng.h"
#include "forecast/net/half.h"

namespace starling {
namespace {

ForecasterArtifact small_artifact() {
  ForecasterArtifact artifact{
      .networks = {},
      .inner_rate = 0.05,
      .inner_steps = 3,
      .seed = 7,
      .commit = "abc123",
      .data = "made up",
      .sources = {{.name = "a.csv", .workloads = 3, .points = 90, .sha256 = "00ff"}}};
  Rng rng(1);
  for (const Regime regime : kRegimes) {
    TrainedNetwork network{.shape = {regime, 4}, .weights = {}, .steps = 100, .held_out = {}};
    network.held_out.push_back({.dataset = "a", .windows = 9, .loss = 0.5, .coverage_90 = 0.91});
    for (std::int64_t i = 0; i < weight_count(network.shape); ++i) {
      network.weights.push_back(from_half(to_half(static_cast<float>(rng.normal()))));
    }
    artifact.networks.push_back(std::move(network));
  }
  return artifact;
}

const std::string& small_bytes() {
  static const std::string bytes = encode_artifact(small_artifact());
  return bytes;
}

TEST(Artifact, ReadsBackWhatWasWritten) {
  const ForecasterArtifact written = small_artifact();
  const auto read = decode_artifact(encode_artifact(written), "f.bin");
  ASSERT_TRUE(read) << read.error().message;
  ASSERT_EQ(read->networks.size(), 2U);
  for (const Regime regime : kRegimes) {
    EXPECT_EQ(read->network(regime).shape, written.network(regime).shape);
    EXPECT_EQ(read->network(regime).weights, written.network(regime).weights);
    EXPECT_EQ(read->network(regime).held_out[0].coverage_90, 0.91);
  }
  EXPECT_EQ(read->sources, written.sources);
  EXPECT_EQ(read->commit, written.commit);
  EXPECT_EQ(read->version(), written.version());
  EXPECT_EQ(read->inner_rate, written.inner_rate);
  EXPECT_EQ(read->data, written.data);
  EXPECT_EQ(encode_artifact(*read), encode_artifact(written));
}

TEST(Artifact, AnotherVersionSaysHowToMendIt) {
  std::string bytes = encode_artifact(small_artifact());
  const std::string field = "\"version\":2";
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
  const std::string& bytes = small_bytes();
  const auto length = *rc::gen::inRange<std::size_t>(0, bytes.size());
  const auto read = decode_artifact(bytes.substr(0, length), "f.bin");
  RC_ASSERT(!read);
  RC_ASSERT(read.error().message.rfind("f.bin: ", 0) == 0U);
}

RC_GTEST_PROP(Artifact, EveryAlteredWeightByteIsRefused, ()) {
  std::string bytes = small_bytes();
  const std::size_t payload = bytes.find('\n') + 1;
  const auto at = *rc::gen::inRange(payload, bytes.size());
  bytes[at] = static_cast<char>(bytes[at] ^ *rc::gen::inRange(1, 256));
  RC_ASSERT(!decode_artifact(bytes, "f.bin"));
}

RC_GTEST_PROP(Artifact, EveryAlteredHeaderIsRefused, ()) {
  const std::string& bytes = small_bytes();
  std::string altered = bytes;
  const auto at = *rc::gen::inRange<std::size_t>(0, bytes.find('\n'));
  altered[at] = static_cast<char>(*rc::gen::inRange(1, 128));
  RC_ASSERT(altered == bytes || !decode_artifact(altered, "f.bin"));
}

TEST(Artifact, NetworksTrainedTogetherAreJoined) {
  const ForecasterArtifact whole = small_artifact();
  ForecasterArtifact one = whole, two = whole;
  one.networks.erase(one.networks.begin());
  two.networks.pop_back();
  EXPECT_EQ(encode_artifact(join(one, two).value()), encode_artifact(whole));
  EXPECT_NE(join(one, one).error().message.find("both forecasters hold a network for long"),
            std::string::npos);
  two.seed = 8;
  EXPECT_NE(join(one, two).error().message.find("seed 7 and 8"), std::string::npos);
}

TEST(Artifact, OneNetworkServesBothRegimes) {
  ForecasterArtifact artifact = small_artifact();
  artifact.networks.pop_back();
  EXPECT_EQ(artifact.network(Regime::kLong).shape.regime, Regime::kShort);
}

}  // namespace
}  // namespace starling
