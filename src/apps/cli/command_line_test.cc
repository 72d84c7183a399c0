// What is said of words that are wrong.
#include "apps/cli/command_line.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace starling::cli {
namespace {

using ::testing::HasSubstr;

struct Said {
  std::optional<int> exit_code;
  std::string out, err;
};

/// Of a program that applies files and gets kinds.
Said said_of(std::vector<std::string> words) {
  CLI::App app{"A program.", "program"};
  app.require_subcommand(1);
  std::vector<std::string> files;
  std::string kind, output;
  auto* apply = app.add_subcommand("apply", "Applies files");
  apply->add_option("-f,--filename", files, "Files")->required();
  auto* get = app.add_subcommand("get", "Gets a kind");
  get->add_option("kind", kind, "A kind")->required();
  get->add_option("-o,--output", output, "A format");
  words.insert(words.begin(), "program");
  std::vector<char*> argv;
  for (auto& word : words) argv.push_back(word.data());
  testing::internal::CaptureStdout();
  testing::internal::CaptureStderr();
  Said said;
  said.exit_code = parse_command_line(app, static_cast<int>(argv.size()), argv.data());
  said.out = testing::internal::GetCapturedStdout();
  said.err = testing::internal::GetCapturedStderr();
  return said;
}

TEST(CommandLine, AWordWithoutItsOptionGetsTheOption) {
  const auto said = said_of({"apply", "ok.yaml"});
  EXPECT_EQ(said.exit_code, kUsage);
  EXPECT_THAT(said.err, HasSubstr("did you mean `program apply -f ok.yaml`?"));
  EXPECT_THAT(said_of({"apply"}).err, HasSubstr("--filename is required\n"));
}

TEST(CommandLine, AnUnknownOptionIsNamedAlsoWhereSomethingIsMissing) {
  EXPECT_THAT(said_of({"get", "--wotch"}).err, HasSubstr("there is no option '--wotch'"));
  EXPECT_THAT(said_of({"get", "--outptu=json"}).err, HasSubstr("(did you mean '--output'?)"));
  EXPECT_THAT(said_of({"get"}).err, HasSubstr("kind is required"));
  EXPECT_FALSE(said_of({"get", "models"}).exit_code.has_value());
}

TEST(CommandLine, TheVersionIsFoundWhicheverWayItIsAskedFor) {
  EXPECT_THAT(said_of({"--version"}).out, HasSubstr("program "));
  const auto word = said_of({"version"});
  EXPECT_EQ(word.exit_code, 0);
  EXPECT_EQ(word.out, said_of({"--version"}).out);
  const auto letter = said_of({"-v"});
  EXPECT_EQ(letter.exit_code, kUsage);
  EXPECT_THAT(letter.err, HasSubstr("there is no option '-v' (did you mean '--version'?)"));
}

}  // namespace
}  // namespace starling::cli
