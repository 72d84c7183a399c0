// The table of learning together: what people read of each node.
#include "apps/cli/learning_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace starling::cli {
namespace {

using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using Json = nlohmann::json;

Json node_of(const std::string& name) {
  return {{"node", name},
          {"exchange", true},
          {"serving", "18534a50"},
          {"origin", "averaged with 2 peers"},
          {"rounds", 7},
          {"bytes_out", 2.3e6},
          {"bytes_in", 1500},
          {"accepted", 5},
          {"peers", {Json{{"node", "b"}}, Json{{"node", "c"}}}},
          {"loss", {{"own", 0.5}, {"merged", nullptr}}},
          {"merges_taken", 3},
          {"epsilon", nullptr},
          {"rejected", {{"stale", 2}, {"validation", 1}}}};
}

TEST(LearningTable, ShowsWhatServesWhereItCameFromAndWhyThingsWereRejected) {
  Json off = node_of("b");
  off["exchange"] = false;
  off["rejected"] = Json::object();
  off["epsilon"] = 2.918;
  const std::string text =
      learning_table({{"nodes", {node_of("a"), off}}, {"unreachable", Json::array()}});
  EXPECT_THAT(text, ContainsRegex("a +18534a50 +averaged with 2 peers +7 +2\\.3 MB +2 KB +2 "
                                  "+0\\.5000 +- +3 +- +2 stale, 1 validation"));
  EXPECT_THAT(text, ContainsRegex("b +18534a50 .* off .* 2\\.92 +-"));
}

TEST(LearningTable, ThePolicysWeightsHaveATableOfTheirOwnWhereAgentsTellOfThem) {
  Json newer = node_of("a");
  newer["policy"] = node_of("a");
  newer["policy"]["serving"] = "edc1c8b3";
  const std::string text =
      learning_table({{"nodes", {newer, node_of("b")}}, {"unreachable", Json::array()}});
  EXPECT_THAT(text,
              ContainsRegex("a +edc1c8b3 +averaged with 2 peers +7 .* 2 stale, 1 validation"));
  EXPECT_THAT(text, ContainsRegex("NODE +POLICY +FROM"));
  EXPECT_THAT(learning_table({{"nodes", {node_of("b")}}}), testing::Not(HasSubstr("POLICY")));
}

}  // namespace
}  // namespace starling::cli
