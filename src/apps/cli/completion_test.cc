// What shells offer after the words of a line.
#include "apps/cli/completion.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <vector>

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

TEST_F(CompletionTest, AnOptionThatTakesMoreIsOfferedMore) {
  EXPECT_TRUE(completion({"apply", "-f", "a.yaml"}, "").files);
  EXPECT_THAT(offered({"apply", "--policy", "hpa"}, "k"), ElementsAre("kpa"));
  EXPECT_THAT(offered({"apply", "-f", "a.yaml"}, "--po"), ElementsAre("--policy"));
}

TEST_F(CompletionTest, TheWordsOfAnotherProgramAreNotKnown) {
  EXPECT_THAT(offered({"lab"}, ""), IsEmpty());
  EXPECT_TRUE(completion({"lab"}, "").files);
}

TEST_F(CompletionTest, ChoicesThatStandForNumbersAreOfferedByTheirNames) {
  app_.add_option("--attack", number_, "How")
      ->transform(CLI::CheckedTransformer(std::map<std::string, int>{{"flip", 0}, {"mix", 1}}));
  EXPECT_THAT(offered({"--attack"}, ""), ElementsAre("flip", "mix"));
}

TEST_F(CompletionTest, OfAListTheLastValueIsCompleted) {
  EXPECT_THAT(offered({"apply", "--policy"}, "hpa,"), ElementsAre("hpa,hpa", "hpa,kpa"));
  EXPECT_THAT(offered({"apply"}, "--policy=hpa,k"), ElementsAre("--policy=hpa,kpa"));
  EXPECT_THAT(offered({"delete"}, "a,"), IsEmpty()) << "no list in one word";
}

TEST_F(CompletionTest, FilesAreOfferedWhereTextMayBeAnything) {
  EXPECT_TRUE(completion({"apply", "-f"}, "").files);
  EXPECT_FALSE(completion({"get", "--limit"}, "").files);
  EXPECT_FALSE(completion({"get"}, "").files);
  EXPECT_EQ(lines_of({{{"get", "List things"}, {"x", ""}}, true}), "get\tList things\nx\n:files\n");
}

/// What the shell's function offers for a line, of a program that writes its words to a file and
/// offers these lines.
class CompletionScript : public ::testing::Test {
 protected:
  ~CompletionScript() override { std::filesystem::remove_all(folder_); }

  std::string file(const std::string& name) const {
    std::ifstream in(folder_ / name);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  /// `ask`: what the shell is to run after it has read the script.
  std::string offered(const std::string& shell, const std::string& ask, const std::string& lines) {
    std::filesystem::create_directories(folder_);
    std::ofstream(folder_ / "lines") << lines;
    std::ofstream(folder_ / "starling")
        << "#!/bin/sh\nprintf '%s|' \"$@\" > " << (folder_ / "words").string() << "\ncat "
        << (folder_ / "lines").string() << "\n";
    std::filesystem::permissions(folder_ / "starling", std::filesystem::perms::owner_all);
    std::ofstream(folder_ / "test") << *completion_script(shell) << ask;
    const auto command = fmt::format("PATH={}:$PATH {} {} > {}", folder_.string(), shell,
                                     (folder_ / "test").string(), (folder_ / "out").string());
    EXPECT_EQ(std::system(command.c_str()), 0);
    return file("out");
  }
  std::string bash(const std::string& line, const std::string& lines) {
    return offered("bash",
                   fmt::format("COMP_LINE='{}' COMP_POINT={}\n_starling\n"
                               "printf '%s\\n' \"${{COMPREPLY[@]}}\"\n",
                               line, line.size()),
                   lines);
  }

  std::filesystem::path folder_ =
      std::filesystem::temp_directory_path() / fmt::format("starling-completion-{}", ::getpid());
};

TEST_F(CompletionScript, BashAsksForTheWordBeingTypedAndReplacesWhatReadlineCallsAWord) {
  EXPECT_EQ(bash("starling get models di", "digits\tA model\n"), "digits\n");
  EXPECT_EQ(file("words"), "__complete|get|models|di|");
  EXPECT_EQ(bash("starling get ", "models\nnodes\n"), "models\nnodes\n");
  EXPECT_EQ(file("words"), "__complete|get||");
  EXPECT_EQ(bash("starling get --output=j", "--output=json\n"), "json\n");
  EXPECT_EQ(file("words"), "__complete|get|--output=j|");
  (void)bash("starling get --server 127.0.0.1:80 mo", "models\n");
  EXPECT_EQ(file("words"), "__complete|get|--server|127.0.0.1:80|mo|");
}

TEST_F(CompletionScript, FishShowsWhatTheProgramOffers) {
  if (std::system("fish --version > /dev/null 2>&1") != 0) GTEST_SKIP() << "fish is not installed";
  EXPECT_EQ(offered("fish", "complete -C 'starling get models di'\n", "digits\tA model\n"),
            "digits\tA model\n");
  EXPECT_EQ(file("words"), "__complete|get|models|di|");
}

TEST(CompletionScripts, OtherShellsHaveNone) { EXPECT_FALSE(completion_script("tcsh")); }

}  // namespace
}  // namespace starling::cli
