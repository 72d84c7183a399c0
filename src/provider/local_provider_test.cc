// Nodes as processes of this machine, with a script in the agent's place.
#include "provider/local_provider.h"

#include <sys/stat.h>

#include <thread>

#include "base/file.h"
#include "provider/keeper.h"
#include "provider/provider_for_tests.h"

namespace starling {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class LocalProviderTest : public testing_provider::ProviderTest {
 protected:
  ~LocalProviderTest() override { (void)end_local_nodes(options_); }

  std::unique_ptr<NodeProvider> provider() {
    auto made = make_local_provider(options_);
    EXPECT_TRUE(made) << made.error().message;
    return std::move(*made);
  }

  LocalProviderOptions options_{
      "burst", folder_ / "nodes",
      script("agent", "trap 'exit 0' TERM\necho \"$@\"\nwhile :; do sleep 0.05; done\n"), 15s};
};

TEST_F(LocalProviderTest, KeepsTheContract) { keeps_the_contract(*provider()); }

TEST_F(LocalProviderTest, AnotherAgentFindsTheNodesAgainAndTheirConfigurationIsPrivate) {
  ASSERT_TRUE(provider()->create({"burst-1", "token: secret\n"}));
  const auto again = provider();
  EXPECT_THAT(*again->list(), ElementsAre("burst-1"));
  const auto file = options_.directory / "burst-1" / "node.yaml";
  EXPECT_EQ(*read_file(file), "token: secret\n");
  struct stat status {};
  ASSERT_EQ(::stat(file.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600u);
  ASSERT_TRUE(again->remove("burst-1"));
  EXPECT_FALSE(std::filesystem::exists(file.parent_path()));
}

TEST_F(LocalProviderTest, ANodeWhoseProcessEndedIsNotThereAndComesBackEmpty) {
  auto nodes = provider();
  ASSERT_TRUE(nodes->create({"burst-1", "a"}));
  const auto folder = options_.directory / "burst-1";
  std::ofstream(folder / "history") << "old";
  ::kill(std::stoi(*read_file(folder / "agent.pid")), SIGKILL);
  for (int i = 0; i < 1000 && !nodes->list()->empty(); ++i) std::this_thread::sleep_for(10ms);
  EXPECT_THAT(*nodes->list(), IsEmpty());
  ASSERT_TRUE(nodes->create({"burst-1", "a"}));
  EXPECT_THAT(*nodes->list(), ElementsAre("burst-1"));
  EXPECT_FALSE(std::filesystem::exists(folder / "history"));
}

TEST_F(LocalProviderTest, ANumberThatIsAnotherProcesssByNowIsNoNode) {
  auto nodes = provider();
  std::filesystem::create_directories(options_.directory / "burst-1");
  std::ofstream(options_.directory / "burst-1" / "agent.pid") << ::getpid();
  EXPECT_THAT(*nodes->list(), IsEmpty());
  EXPECT_TRUE(nodes->remove("burst-1")) << "and this process lives on";
}

TEST_F(LocalProviderTest, AnAgentThatEndsAtOnceIsToldWithItsLastWords) {
  options_.program = script("broken", "echo 'node.yaml:3: bad port' >&2; exit 1\n");
  const auto made = provider()->create({"burst-1", "a"});
  ASSERT_FALSE(made);
  EXPECT_THAT(made.error().message, HasSubstr("node burst-1 ended at once: node.yaml:3: bad port"));
}

TEST_F(LocalProviderTest, NamesOfOthersAreLeftAlone) {
  auto nodes = provider();
  std::filesystem::create_directories(options_.directory / "aws-1");
  EXPECT_FALSE(nodes->create({"aws-1", "a"}));
  EXPECT_FALSE(nodes->remove("aws-1"));
  EXPECT_FALSE(nodes->remove("../nodes"));
  EXPECT_TRUE(std::filesystem::exists(options_.directory / "aws-1"));
}

TEST_F(LocalProviderTest, NodesAreKeptAsLongAsAnyAgentHasTheProviderOpen) {
  std::filesystem::create_directories(options_.directory);
  EXPECT_FALSE(is_kept(options_.keeper_file()));
  auto one = provider();
  auto other = provider();
  EXPECT_TRUE(is_kept(options_.keeper_file()));
  one.reset();
  EXPECT_TRUE(is_kept(options_.keeper_file()));
  other.reset();
  EXPECT_FALSE(is_kept(options_.keeper_file()));
}

}  // namespace
}  // namespace starling
