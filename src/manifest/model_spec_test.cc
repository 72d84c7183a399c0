#include "manifest/model_spec.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace starling {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

class ModelManifest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string folder =
        (std::filesystem::temp_directory_path() / "starling-manifest-XXXXXX").string();
    ASSERT_NE(::mkdtemp(folder.data()), nullptr);
    folder_ = folder;
    std::ofstream(folder_ / "digits.pt") << "not read here";
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  Result<std::vector<ModelSpec>> read(const std::string& spec_lines) {
    return read_models(
        "apiVersion: starling/v1\nkind: Model\nmetadata: { name: digits }\nspec:\n" + spec_lines,
        "m.yaml", folder_.string());
  }
  std::string problem(const std::string& spec_lines) {
    auto result = read(spec_lines);
    return result ? "accepted" : result.error().message;
  }

  std::filesystem::path folder_;
};

TEST_F(ModelManifest, ReadsEveryKeyOfTheDesign) {
  const auto specs = read(R"(
  artifact: digits.pt
  runtime: process
  resources: { cpu: 500m, memory: 1Gi }
  concurrency: 2
  slo: { latency: 1.5s, percentile: 95 }
  replicas: { min: 2, max: 9 }
  policy: hpa
  priority: 3
  placement: { clouds: [aws, azure], spread: cloud }
)");
  ASSERT_TRUE(specs) << specs.error().message;
  const auto& spec = specs->front();
  EXPECT_EQ(spec.resources, (Resources{500, 1LL << 30}));
  EXPECT_EQ(spec.slo, (Slo{1500ms, 95}));
  EXPECT_EQ(spec.replicas, (ReplicaLimits{2, 9}));
  EXPECT_EQ(spec.policy, "hpa");
  EXPECT_EQ(spec.clouds, (std::vector<std::string>{"aws", "azure"}));
}

TEST_F(ModelManifest, GpusAndModelsToKeepApart) {
  const auto plain = read("  artifact: digits.pt\n")->front();
  EXPECT_FALSE(to_json(plain)["spec"]["resources"].contains("gpu")) << "older agents read it";
  EXPECT_FALSE(to_json(plain)["spec"]["placement"].contains("antiAffinity"));
  const auto specs = read(
      "  artifact: digits.pt\n  resources: { gpu: 2 }\n"
      "  placement: { antiAffinity: [tones] }\n");
  ASSERT_TRUE(specs) << specs.error().message;
  EXPECT_EQ(specs->front().resources.gpus, 2);
  EXPECT_EQ(specs->front().anti_affinity, std::vector<std::string>{"tones"});
  const auto again = model_spec_from_json(to_json(specs->front()));
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ(*again, specs->front());
  EXPECT_THAT(problem("  artifact: digits.pt\n  resources: { gpu: 0.5 }\n"),
              HasSubstr("spec.resources.gpu"));
  EXPECT_THAT(problem("  artifact: digits.pt\n  placement: { antiAffinity: [digits] }\n"),
              HasSubstr("the model itself"));
}

TEST_F(ModelManifest, AdmissionIsQueueUnlessItSaysReject) {
  const auto plain = read("  artifact: digits.pt\n")->front();
  EXPECT_EQ(plain.admission, Admission::kQueue);
  EXPECT_EQ(read("  artifact: digits.pt\n  admission: queue\n")->front(), plain);
  EXPECT_FALSE(to_json(plain)["spec"].contains("admission"))
      << "agents that know no admission control read it";
  const auto spec = read("  artifact: digits.pt\n  admission: reject\n")->front();
  EXPECT_EQ(spec.admission, Admission::kReject);
  const auto again = model_spec_from_json(to_json(spec));
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ(*again, spec);
  EXPECT_THAT(problem("  artifact: digits.pt\n  admission: rejekt\n"),
              AllOf(HasSubstr("m.yaml:6: spec.admission: 'rejekt' is unknown"),
                    HasSubstr("did you mean 'reject'?")));
  EXPECT_THAT(problem("  artifact: digits.pt\n  admision: reject\n"), HasSubstr("admission"));
}

TEST_F(ModelManifest, JsonFormReadsBackAsTheSameSpec) {
  const auto spec = read("  artifact: digits.pt\n  slo: { latency: 80ms }\n")->front();
  const auto again = model_spec_from_json(to_json(spec));
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ(*again, spec);
}

TEST_F(ModelManifest, UnknownKeyNamesFileLineAndNearestKey) {
  EXPECT_THAT(problem("  artifact: digits.pt\n  replicsa: { min: 1 }\n"),
              AllOf(HasSubstr("m.yaml:6: spec.replicsa"), HasSubstr("did you mean 'replicas'")));
}

TEST_F(ModelManifest, WrongUnitSaysWhatIsExpected) {
  EXPECT_THAT(
      problem("  artifact: digits.pt\n  slo: { latency: 150 }\n"),
      AllOf(HasSubstr("m.yaml:6: spec.slo.latency"), HasSubstr("a duration such as 150ms")));
  EXPECT_THAT(problem("  artifact: digits.pt\n  resources: { memory: 256Mo }\n"),
              HasSubstr("an amount of memory such as 256Mi"));
}

TEST_F(ModelManifest, NegativeAndContradictoryLimitsAreRefused) {
  EXPECT_THAT(problem("  artifact: digits.pt\n  replicas: { min: -1 }\n"),
              AllOf(HasSubstr("spec.replicas.min"), HasSubstr("out of range")));
  EXPECT_THAT(problem("  artifact: digits.pt\n  replicas: { min: 5, max: 2 }\n"),
              HasSubstr("below min"));
}

TEST_F(ModelManifest, MissingArtefactSaysWhereItLooked) {
  EXPECT_THAT(problem("  artifact: /no/such/place.pt\n"),
              HasSubstr("'/no/such/place.pt' is not there"));
  EXPECT_THAT(problem("  artifact: nowhere.pt\n"),
              AllOf(HasSubstr("'nowhere.pt' is not there"), HasSubstr(folder_.string())));
}

TEST_F(ModelManifest, UnknownPolicyListsTheKnownOnes) {
  EXPECT_THAT(problem("  artifact: digits.pt\n  policy: hpaa\n"), HasSubstr("did you mean 'hpa'"));
}

TEST_F(ModelManifest, PoliciesMayHaveATargetOfTheirOwn) {
  const auto specs = read("  artifact: digits.pt\n  policy: hpa@0.5\n  shadow: [hpa, kpa@0.8]\n");
  ASSERT_TRUE(specs) << specs.error().message;
  EXPECT_EQ(specs->front().policy, "hpa@0.5");
  EXPECT_EQ(specs->front().shadow, (std::vector<std::string>{"hpa", "kpa@0.8"}));
  EXPECT_EQ(*model_spec_from_json(to_json(specs->front())), specs->front());
  EXPECT_THAT(problem("  artifact: digits.pt\n  policy: hpa@50\n"),
              AllOf(HasSubstr("spec.policy: 'hpa@50'"), HasSubstr("from 0.01 to 1")));
  EXPECT_THAT(problem("  artifact: digits.pt\n  shadow: [static@2]\n"),
              AllOf(HasSubstr("spec.shadow"), HasSubstr("no policy 'static' takes a target")));
}

TEST_F(ModelManifest, ShadowPoliciesAreReadAndReadBack) {
  EXPECT_FALSE(to_json(read("  artifact: digits.pt\n")->front())["spec"].contains("shadow"))
      << "agents that know no shadows read it";
  const auto specs = read("  artifact: digits.pt\n  shadow: [hpa, kpa]\n");
  ASSERT_TRUE(specs) << specs.error().message;
  EXPECT_EQ(specs->front().shadow, (std::vector<std::string>{"hpa", "kpa"}));
  const auto again = model_spec_from_json(to_json(specs->front()));
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ(*again, specs->front());
}

TEST_F(ModelManifest, ShadowsThatCannotBeAreRefused) {
  const auto of = [&](const std::string& shadow) {
    return problem("  artifact: digits.pt\n  policy: hpa\n  shadow: " + shadow + "\n");
  };
  EXPECT_THAT(of("[kpq]"), AllOf(HasSubstr("m.yaml:7: spec.shadow: 'kpq' is unknown"),
                                 HasSubstr("did you mean 'kpa'")));
  EXPECT_THAT(of("kpa"), HasSubstr("expected a list"));
  EXPECT_THAT(of("[kpa, aiad, kpa]"), HasSubstr("'kpa' is given twice"));
  EXPECT_THAT(of("[hpa]"), HasSubstr("'hpa' is the model's acting policy already"));
  EXPECT_THAT(of("[kpa, aiad, greedy, static, skewness]"),
              HasSubstr("5 policies: expected at most 4"));
}

TEST_F(ModelManifest, SizingIsReadWithItsLimitsAndReadBack) {
  EXPECT_FALSE(to_json(read("  artifact: digits.pt\n")->front())["spec"].contains("sizing"))
      << "agents that know no sizing read it";
  const auto given = read(
      "  artifact: digits.pt\n  sizing: { mode: auto, period: 1m, cpu: { min: 50m, max: 1 }, "
      "memory: { min: 64Mi, max: 1Gi } }\n");
  ASSERT_TRUE(given) << given.error().message;
  EXPECT_EQ(given->front().sizing,
            (SizingSpec{SizingMode::kAuto, {50, 64LL << 20}, {1000, 1LL << 30}, 1min}));
  const auto again = model_spec_from_json(to_json(given->front()));
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ(*again, given->front());
}

TEST_F(ModelManifest, SizingSpansAQuarterToFourTimesTheFirstSizeUnlessItSaysOtherwise) {
  const auto plain = read("  artifact: digits.pt\n  sizing: { mode: recommend }\n")->front();
  EXPECT_EQ(plain.sizing.min, (Resources{62, 64LL << 20}));
  EXPECT_EQ(plain.sizing.max, (Resources{1000, 1LL << 30}));
  EXPECT_EQ(plain.sizing.period, 10min);
  EXPECT_EQ(model_spec_from_json(to_json(plain)).value(), plain);
  const auto tiny = read(
      "  artifact: digits.pt\n  resources: { cpu: 10m, memory: 16Mi }\n  sizing: { mode: auto }\n");
  EXPECT_EQ(tiny->front().sizing.min, (Resources{10, 16LL << 20})) << "no replica can have less";
}

TEST_F(ModelManifest, SizingThatCannotBeIsRefused) {
  const auto of = [&](const std::string& sizing) {
    return problem("  artifact: digits.pt\n  sizing: " + sizing + "\n");
  };
  EXPECT_THAT(of("{ mode: automatic }"),
              AllOf(HasSubstr("m.yaml:6: spec.sizing.mode"), HasSubstr("'automatic' is unknown")));
  EXPECT_THAT(of("{ mode: auto, memroy: {} }"),
              AllOf(HasSubstr("spec.sizing.memroy"), HasSubstr("did you mean 'memory'")));
  EXPECT_THAT(of("{ cpu: { min: 300m } }"),
              AllOf(HasSubstr("spec.sizing.cpu.min"),
                    HasSubstr("leaves out the first size, spec.resources' 250m")));
  EXPECT_THAT(of("{ memory: { max: 128Mi } }"),
              AllOf(HasSubstr("spec.sizing.memory.max"), HasSubstr("leaves out the first size")));
  EXPECT_THAT(of("{ cpu: { min: 5m } }"), HasSubstr("below what a replica can have at all"));
  EXPECT_THAT(of("{ cpu: { min: 200m, max: 100m } }"), HasSubstr("max: is below min"));
  EXPECT_THAT(of("{ period: 0s }"), HasSubstr("spec.sizing.period: must be at least 1s"));
  EXPECT_THAT(of("auto"), HasSubstr("spec.sizing"));
}

TEST_F(ModelManifest, BrokenYamlNamesLineAndColumn) {
  const auto result = read_models("apiVersion: [starling/v1\nkind: Model\n", "m.yaml", "");
  ASSERT_FALSE(result);
  EXPECT_THAT(result.error().message, AllOf(HasSubstr("m.yaml:"), HasSubstr("not valid YAML")));
}

TEST_F(ModelManifest, MalformedYamlOfWhichTheParserMakesNoEndIsRefused) {
  const auto result = read_models(
      " ,\atiabels: { tenant: demo } }\nspec:\n  artifact0=.1.a ]xad: null }\n", "m.yaml", "");
  ASSERT_FALSE(result);
  EXPECT_THAT(result.error().message, HasSubstr("m.yaml: more than 100000 values"));
}

TEST_F(ModelManifest, TwoDocumentsOfOneNameAreRefused) {
  const std::string one =
      "apiVersion: starling/v1\nkind: Model\nmetadata: { name: a }\nspec: { artifact: digits.pt "
      "}\n";
  const auto result = read_models(one + "---\n" + one, "m.yaml", folder_.string());
  ASSERT_FALSE(result);
  EXPECT_THAT(result.error().message, HasSubstr("'a' is given twice"));
}

}  // namespace
}  // namespace starling
