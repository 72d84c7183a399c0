// Models by their labels.
#include "apps/cli/label_selector.h"

#include <gtest/gtest.h>

namespace starling::cli {
namespace {

bool selects(const std::string& selector, const nlohmann::json& labels) {
  const auto parsed = LabelSelector::parse(selector);
  EXPECT_TRUE(parsed) << selector;
  return parsed && parsed->selects({{"manifest", {{"metadata", {{"labels", labels}}}}}});
}

TEST(LabelSelector, AllOfItMustHold) {
  const nlohmann::json labels{{"tenant", "demo"}, {"tier", "gold"}};
  EXPECT_TRUE(selects("tenant=demo", labels));
  EXPECT_TRUE(selects("tenant=demo,tier=gold", labels));
  EXPECT_FALSE(selects("tenant=demo,tier=iron", labels));
  EXPECT_FALSE(selects("tenant!=demo", labels));
  EXPECT_TRUE(selects("tier!=iron", labels));
  EXPECT_TRUE(selects("tenant==demo", labels));
  EXPECT_FALSE(selects("tenant=", labels)) << "a label without a value is another one";
}

TEST(LabelSelector, WhatHasNoLabelHasNoValueOfIt) {
  EXPECT_FALSE(selects("tenant=demo", nlohmann::json::object()));
  EXPECT_TRUE(selects("tenant!=demo", nlohmann::json::object()));
}

TEST(LabelSelector, WhatSaysNothingIsRefused) {
  for (const auto* text :
       {"", "tenant", "=demo", "!=demo", "tenant=demo,,tier=gold", ",", "tenant=demo,",
        "tenant=demo, tier=gold", "tenant=!demo", "tenant!demo"}) {
    const auto parsed = LabelSelector::parse(text);
    EXPECT_FALSE(parsed) << text;
  }
  EXPECT_EQ(LabelSelector::parse("tenant").error().message,
            "'tenant' selects nothing: expected KEY=VALUE or KEY!=VALUE without blanks, such as "
            "tenant=demo,tier!=gold");
}

}  // namespace
}  // namespace starling::cli
