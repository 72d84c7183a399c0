// The command line as its user reads it, pinned in tests/transcripts.
#include "tests/transcript.h"

#include <gtest/gtest.h>

#include "tests/one_node.h"

namespace starling::system_test {
namespace {

TranscriptOptions in_folder(const TemporaryFolder& folder) {
  TranscriptOptions options;
  options.run.directory = STARLING_SOURCE_DIR "/tests/transcripts/inputs";
  options.run.environment = {"DIR=" + folder.path().string(),
                             "MODELS=" STARLING_SOURCE_DIR "/models",
                             "STARLING_FLEET=" + (folder.path() / "no-fleet").string()};
  options.placeholders = {{STARLING_SOURCE_DIR, "<source>"}, {folder.path().string(), "<dir>"}};
  return options;
}

TEST(Transcript, Help) { expect_transcript("help", in_folder({})); }
TEST(Transcript, WrongCommands) { expect_transcript("commands", in_folder({})); }
TEST(Transcript, Manifests) { expect_transcript("manifests", in_folder({})); }
TEST(Transcript, TracesAndScenarios) { expect_transcript("traces", in_folder({})); }
TEST(Transcript, TraceCommands) { expect_transcript("trace-commands", in_folder({})); }
TEST(Transcript, Agents) { expect_transcript("agents", in_folder({})); }

TEST(Transcript, FleetOfOne) {
  const RunningFleet* fleet = one_node();
  if (fleet == nullptr) GTEST_SKIP() << missing_programs();
  const TemporaryFolder folder;
  auto options = in_folder(folder);
  options.run.environment.back() = "STARLING_FLEET=" + fleet->data();
  const auto& member = fleet->members().front();
  options.run.environment.push_back("AGENT=" + member.api);
  options.placeholders.push_back({fleet->data(), "<fleet>"});
  options.placeholders.push_back({member.api, "<agent>"});
  expect_transcript("fleet-of-one", options);
}

}  // namespace
}  // namespace starling::system_test
