// Manifests from where the command line takes them, and as it prints them.
#include "apps/cli/manifests.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

namespace starling::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using Json = nlohmann::json;

constexpr const char* kModel =
    "apiVersion: starling/v1\nkind: Model\nmetadata: { name: NAME }\nspec: { artifact: a.pt }\n";

std::string model_text(const std::string& name) {
  std::string text = kModel;
  return text.replace(text.find("NAME"), 4, name);
}

class Manifests : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::temp_directory_path() /
              ("starling-manifests-" + std::to_string(::getpid()));
    std::filesystem::create_directories(folder_);
    write("a.pt", "not read here");
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string write(const std::string& name, const std::string& text) const {
    std::ofstream(folder_ / name) << text;
    return (folder_ / name).string();
  }
  std::string artifact() const { return std::filesystem::canonical(folder_ / "a.pt").string(); }

  /// A spec in which no field is what it would be by itself.
  ModelSpec full(const std::string& name) const {
    ModelSpec spec;
    spec.name = name;
    spec.labels = {{"tenant", "demo: the \"first\""}, {"version", "1.0"}, {"none", "null"}};
    spec.artifact = artifact();
    spec.resources = {500, (1LL << 30) + 1, 2};
    spec.sizing = {SizingMode::kAuto, {250, 256LL << 20, 0}, {2000, 3LL << 30, 0}, 20min};
    spec.concurrency = 3;
    spec.slo = {1500ms, 99.9};
    spec.admission = Admission::kReject;
    spec.replicas = {0, 7};
    spec.policy = "learned";
    spec.shadow = {"hpa", "kpa"};
    spec.priority = 2.5;
    spec.clouds = {"aws", "on"};
    spec.spread = Spread::kNone;
    spec.anti_affinity = {"tones"};
    return spec;
  }

  std::filesystem::path folder_;
};

Json listed(const std::vector<ModelSpec>& specs) {
  Json models = Json::array();
  for (const auto& spec : specs)
    models.push_back({{"name", spec.name}, {"manifest", to_json(spec)}});
  return models;
}

TEST_F(Manifests, TheFirstProblemOfEachDocumentOfEachFileIsTold) {
  std::string negative = model_text("b");
  negative += "  # below\n---\n" + model_text("c");
  negative.replace(negative.find("{ artifact: a.pt }"), 18, "{ artifact: a.pt, concurrency: 0 }");
  const auto texts =
      manifest_texts({write("1.yaml", model_text("a")), write("2.yaml", negative),
                      write("3.yaml", "kind: Model\n"), write("4.yaml", model_text("a"))});
  ASSERT_TRUE(texts) << texts.error().message;
  const auto models = models_of(*texts);
  ASSERT_FALSE(models);
  EXPECT_THAT(models.error().message, HasSubstr("2.yaml:4: spec.concurrency"));
  EXPECT_THAT(models.error().message, HasSubstr("3.yaml:1: apiVersion: is missing"));
  EXPECT_THAT(models.error().message, HasSubstr("4.yaml: model 'a' is in "));
  EXPECT_EQ(std::count(models.error().message.begin(), models.error().message.end(), '\n'), 2)
      << models.error().message;
}

TEST_F(Manifests, WhatIsPrintedIsReadBackAsItWas) {
  ModelSpec plain;
  plain.name = "plain";
  plain.artifact = artifact();
  const std::vector<ModelSpec> specs{full("digits"), plain};
  const std::string text = manifests_yaml(listed(specs));
  const auto again = read_models(text, "printed.yaml", "");
  ASSERT_TRUE(again) << again.error().message << "\n" << text;
  EXPECT_EQ(*again, specs) << text;
}

TEST_F(Manifests, ArePrintedAsPeopleWriteThem) {
  ModelSpec plain;
  plain.name = "plain";
  plain.artifact = artifact();
  const std::string text = manifests_yaml(listed({plain, full("digits")}));
  EXPECT_TRUE(text.starts_with("apiVersion: starling/v1\nkind: Model\nmetadata:\n  name: plain\n"))
      << text;
  EXPECT_THAT(text, HasSubstr("\n---\napiVersion: starling/v1\n"));
  EXPECT_THAT(text, HasSubstr("    memory: 256Mi\n"));
  EXPECT_THAT(text, HasSubstr("  shadow: [hpa, kpa]\n"));
  EXPECT_THAT(text, Not(HasSubstr("[]"))) << "what is left out is none";
  EXPECT_EQ(manifests_yaml(Json::array()), "");
}

TEST_F(Manifests, ComeFromFilesFoldersAndStandardInput) {
  write("b.yaml", model_text("b"));
  write("c.yml", model_text("c"));
  write("d.json", R"({"apiVersion": "starling/v1", "kind": "Model", "metadata": {"name": "d"},
                      "spec": {"artifact": "a.pt"}})");
  write("notes.txt", "no manifest");
  write("weights.json", "{}");
  std::FILE* input = std::tmpfile();
  ASSERT_NE(input, nullptr);
  std::string given = model_text("given");
  given.replace(given.find("a.pt"), 4, artifact());
  std::fputs(given.c_str(), input);
  std::rewind(input);
  const auto texts = manifest_texts(
      {folder_.string(), "-", (folder_ / "b.yaml").string(), (folder_ / "d.json").string()}, input);
  std::fclose(input);
  ASSERT_TRUE(texts) << texts.error().message;
  const auto names = model_names_of(*texts);
  ASSERT_TRUE(names) << names.error().message;
  EXPECT_THAT(*names, ElementsAre("given", "b", "c", "d"));
  const auto models = models_of(*texts);
  ASSERT_TRUE(models) << models.error().message;
  EXPECT_EQ(models->size(), 4U);
}

TEST_F(Manifests, NamesAreReadWithoutTheRest) {
  const std::string text =
      "apiVersion: starling/v1\nkind: Model\nmetadata: { name: gone }\n"
      "spec: { artifact: gone.pt, polisy: none }\n";
  const auto names = model_names_of({{"m.yaml", "", text}});
  ASSERT_TRUE(names) << names.error().message;
  EXPECT_THAT(*names, ElementsAre("gone"));
  const auto nameless = model_names_of({{"m.yaml", "", "apiVersion: starling/v1\nkind: Model\n"}});
  ASSERT_FALSE(nameless);
  EXPECT_THAT(nameless.error().message, HasSubstr("metadata.name: is missing"));
  EXPECT_FALSE(model_names_of({{"m.yaml", "", "apiVersion: starling/v1\nkind: Scenario\n"}}));
}

TEST_F(Manifests, AModelInTwoFilesIsRefusedAndAFileNamedTwiceIsOne) {
  write("a.yaml", model_text("same"));
  write("b.yaml", model_text("same"));
  const auto twice = models_of(*manifest_texts({folder_.string()}));
  ASSERT_FALSE(twice);
  EXPECT_THAT(twice.error().message, HasSubstr("b.yaml: model 'same' is in "));
  const auto file = (folder_ / "a.yaml").string();
  EXPECT_EQ(manifest_texts({file, (folder_ / "." / "a.yaml").string()})->size(), 1U);
}

TEST_F(Manifests, AFolderWithoutAnyIsRefused) {
  const auto texts = manifest_texts({folder_.string()});
  ASSERT_FALSE(texts);
  EXPECT_THAT(texts.error().message, HasSubstr("no manifest given"));
  EXPECT_FALSE(manifest_texts({(folder_ / "missing.yaml").string()}));
}

}  // namespace
}  // namespace starling::cli
