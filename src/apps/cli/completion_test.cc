// What shells offer after the words of a line.
#include "apps/cli/completion.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace starling::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

using Words = std::vector<std::string>;

/// A program that gets kinds of things, applies files and has commands for nodes.
class CompletionTest : public ::testing::Test {
 protected:
  CompletionTest() {
    auto* get = app_.add_subcommand("get", "List things");
    get->add_option("kind", text_, "A kind");
    get->add_option("name", text_, "A name");
    get->add_option("-o,--output", text_, "How")->check(CLI::IsMember({"table", "wide", "json"}));
    get->add_flag("-w,--watch", flag_, "Again");
    get->add_option("--limit", number_, "At most");
    auto* apply = app_.add_subcommand("apply", "Apply files");
    apply->add_option("-f,--filename", words_, "Files");
    apply->add_option("--policy", words_, "Policies")->delimiter(',');
    auto* node = app_.add_subcommand("node", "Nodes");
    node->add_subcommand("cordon", "No more")->add_option("node", text_, "A node");
    node->add_subcommand("drain", "Empty it")->add_option("node", text_, "A node");
    auto* remove = app_.add_subcommand("delete", "Delete models");
    remove->add_option("model", words_, "Models");
  }

  Completion completion(const Words& before, const std::string& word) const {
    return complete(app_, before, word, {"lab"}, [](const ValuePlace& place) {
      std::optional<Words> names;
      if (place.option == "kind") names = {"models", "nodes"};
      if (place.option == "name" && place.earlier == Words{"models"}) names = {"digits", "tones"};
      if (place.option == "model") names = {"digits", "tones"};
      if (place.option == "node" && place.command == "node drain") names = {"aws-1"};
      if (place.option == "--policy") names = {"hpa", "kpa"};
      return names;
    });
  }
  Words offered(const Words& before, const std::string& word) const {
    Words found;
    for (const auto& candidate : completion(before, word).candidates)
      found.push_back(candidate.word);
    return found;
  }

  CLI::App app_{"A program.", "program"};
  std::string text_;
  Words words_;
  int number_ = 0;
  bool flag_ = false;
};

TEST_F(CompletionTest, CommandsAreOfferedThoseOfOtherProgramsToo) {
  EXPECT_THAT(offered({}, ""), ElementsAre("get", "apply", "node", "delete", "lab"));
  EXPECT_THAT(offered({}, "a"), ElementsAre("apply"));
  EXPECT_THAT(offered({"node"}, ""), ElementsAre("cordon", "drain"));
  EXPECT_EQ(completion({}, "a").candidates.at(0).help, "Apply files");
}

TEST_F(CompletionTest, OptionsAreOfferedByTheirLongNames) {
  EXPECT_THAT(offered({"get"}, "-"), ElementsAre("--help", "--output", "--watch", "--limit"));
  EXPECT_THAT(offered({"get", "models"}, "--w"), ElementsAre("--watch"));
}

TEST_F(CompletionTest, AnOptionsChoicesAreOfferedWhicheverWayItIsGiven) {
  EXPECT_THAT(offered({"get", "-o"}, ""), ElementsAre("table", "wide", "json"));
  EXPECT_THAT(offered({"get", "--output"}, "w"), ElementsAre("wide"));
  EXPECT_THAT(offered({"get"}, "--output=j"), ElementsAre("--output=json"));
  EXPECT_FALSE(completion({"get", "-o"}, "").files);
}

TEST_F(CompletionTest, NamesGoByWhatStandsBeforeThem) {
  EXPECT_THAT(offered({"get"}, ""), ElementsAre("models", "nodes"));
  EXPECT_THAT(offered({"get", "models"}, ""), ElementsAre("digits", "tones"));
  EXPECT_THAT(offered({"get", "--watch", "-o", "wide", "models"}, "d"), ElementsAre("digits"));
  EXPECT_THAT(offered({"get", "models", "digits"}, ""), IsEmpty());
  EXPECT_THAT(offered({"node", "drain"}, ""), ElementsAre("aws-1"));
  EXPECT_THAT(offered({"delete", "digits"}, "t"), ElementsAre("tones"));
}

TEST_F(CompletionTest, OfAListTheLastValueIsCompleted) {
  EXPECT_THAT(offered({"apply", "--policy"}, "hpa,"), ElementsAre("hpa,hpa", "hpa,kpa"));
  EXPECT_THAT(offered({"apply"}, "--policy=hpa,k"), ElementsAre("--policy=hpa,kpa"));
}

TEST_F(CompletionTest, FilesAreOfferedWhereTextMayBeAnything) {
  EXPECT_TRUE(completion({"apply", "-f"}, "").files);
  EXPECT_FALSE(completion({"get", "--limit"}, "").files);
  EXPECT_FALSE(completion({"get"}, "").files);
  EXPECT_EQ(lines_of({{{"get", "List things"}, {"x", ""}}, true}), "get\tList things\nx\n:files\n");
}

TEST(CompletionScript, BashAsksTheProgramForTheWordBeingTyped) {
  EXPECT_FALSE(completion_script("tcsh"));
  const auto folder =
      std::filesystem::temp_directory_path() / fmt::format("starling-completion-{}", ::getpid());
  std::filesystem::create_directories(folder);
  std::ofstream(folder / "starling") << "#!/bin/sh\nshift\nprintf '%s|' \"$@\" >&2\n"
                                        "printf 'digits\\tA model\\ntones\\n'\n";
  std::filesystem::permissions(folder / "starling", std::filesystem::perms::owner_all);
  std::ofstream(folder / "test.sh") << *completion_script("bash") << R"(
PATH="$(dirname "$0"):$PATH"
COMP_WORDS=(starling get models di) COMP_CWORD=3
_starling
printf '%s\n' "${COMPREPLY[@]}"
)";
  const auto out = (folder / "out").string();
  EXPECT_EQ(std::system(fmt::format("bash {}/test.sh > {}", folder.string(), out).c_str()), 0);
  std::ifstream in(out);
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  EXPECT_EQ(text, "digits\ntones\n");
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace starling::cli
