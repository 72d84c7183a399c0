// What `starling node drain` says of what is left on a node.
#include "apps/cli/drain.h"

#include <gtest/gtest.h>

namespace starling::cli {
namespace {

using Json = nlohmann::json;

Json status(int owned, const Json& replicas) {
  return {
      {"nodes",
       {{{"name", "a"}, {"state", "alive"}, {"scheduling", "schedulable"}},
        {{"name", "b"}, {"state", "alive"}, {"scheduling", "draining"}, {"owned_models", owned}}}},
      {"models", {{{"name", "m"}, {"unplaced", 0}}, {{"name", "big"}, {"unplaced", 1}}}},
      {"replicas", replicas}};
}

Json replica(const char* id, const char* model, const char* node, const char* state = "ready") {
  return {{"id", id}, {"model", model}, {"node", node}, {"state", state}};
}

TEST(Drain, CountsWhatIsOnTheNodeAlone) {
  const auto drain = drain_state(
      status(2, {replica("m-b-1", "m", "b"), replica("m-a-1", "m", "a"),
                 replica("m-b-2", "m", "b", "draining"), replica("big-b-1", "big", "b")}),
      "b");
  EXPECT_FALSE(drain.empty());
  EXPECT_EQ(drain.scheduling, "draining");
  EXPECT_EQ(drain_line(drain),
            "3 replicas and 2 models to decide for left (1 is stopping; no other node has room to "
            "replace 1)");
  const auto table = drain_table(drain);
  EXPECT_NE(table.find("waits for its replacement"), std::string::npos) << table;
  EXPECT_NE(table.find("no other node has room for its replacement"), std::string::npos) << table;
  EXPECT_NE(table.find("finishes its requests"), std::string::npos) << table;
  const Json json = drain_json(drain, "b");
  EXPECT_EQ(json["replicas"].size(), 3u);
  EXPECT_EQ(json["empty"], false);
}

TEST(Drain, IsDoneWhenNothingRunsAndNothingIsDecidedThere) {
  const Json elsewhere = Json::array({replica("m-a-1", "m", "a")});
  EXPECT_TRUE(drain_state(status(0, elsewhere), "b").empty());
  const auto deciding = drain_state(status(1, elsewhere), "b");
  EXPECT_FALSE(deciding.empty());
  EXPECT_EQ(drain_line(deciding), "0 replicas and 1 model to decide for left");
  EXPECT_FALSE(drain_state(status(0, elsewhere), "c").known);
}

}  // namespace
}  // namespace starling::cli
