// Policies with targets of their own, as people write them.
#include "manifest/policy_choice.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "manifest/model_spec.h"

namespace starling {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

std::string problem(const std::string& text) {
  const auto choice = read_policy_choice(text);
  return choice ? "" : choice.error().message;
}

TEST(PolicyChoice, ANameMayHaveATarget) {
  EXPECT_EQ(read_policy_choice("hpa")->policy, "hpa");
  EXPECT_FALSE(read_policy_choice("hpa")->target);
  const auto half = read_policy_choice("hpa@0.5");
  ASSERT_TRUE(half) << half.error().message;
  EXPECT_EQ(half->policy, "hpa");
  EXPECT_EQ(half->target, 0.5);
  EXPECT_EQ(read_policy_choice("predictive@-0.7")->target, -0.7);
  EXPECT_EQ(bare_policy("hpa@0.5"), "hpa");
  EXPECT_EQ(bare_policy("hpa"), "hpa");
}

TEST(PolicyChoice, WhatIsWrongIsSaidWithWhatIsRight) {
  EXPECT_THAT(problem("hpa@70"),
              AllOf(HasSubstr("'hpa@70': expected a target from 0.01 to 1"), HasSubstr("hpa@0.7")));
  for (const auto* text :
       {"hpa@", "hpa@x", "hpa@0.5%", "hpa@nan", "hpa@inf", "hpa@0.5@0.6", "hpa@0"})
    EXPECT_THAT(problem(text), HasSubstr("from 0.01 to 1")) << text;
  EXPECT_THAT(problem("hpb@0.5"), HasSubstr("did you mean 'hpa'"));
  EXPECT_THAT(problem("static@2"), HasSubstr("no policy 'static' takes a target"));
}

TEST(PolicyChoice, AllPoliciesButStaticTakeOne) {
  for (const auto& policy : policy_names())
    EXPECT_EQ(read_policy_choice(policy + "@0.5").has_value(), policy != "static") << policy;
}

}  // namespace
}  // namespace starling
