// Real faults: three clouds of two nodes, each in a network namespace, with real agents, NATS and
// HAProxy. Clouds are cut off, links lose and delay packets, processes die and freeze, a disk fills
// up, and all agents are replaced under traffic. The tests share a fleet, and each leaves it whole.
// Where STARLING_PREVIOUS names a folder with starlingd and starling-serve of the version before,
// the fleet begins with these and is upgraded first.
#include <gtest/gtest.h>
#include <signal.h>

#include <cstdlib>
#include <set>

#include "base/file.h"
#include "manifest/model_spec.h"
#include "tests/cloud_fleet.h"

namespace starling::system_test {
namespace {

using Failures = std::vector<CloudClient::Failure>;

constexpr Duration kPatience = 90s;
constexpr const char* kSmallDisk = "azure-2";  // the node whose data is on a disk of its own

std::string manifest() {
  return fmt::format(
      "apiVersion: starling/v1\nkind: Model\nmetadata: {{ name: digits }}\n"
      "spec:\n  artifact: {}/models/digits.pt\n  resources: {{ cpu: 250m, memory: 256Mi }}\n"
      "  slo: {{ latency: 250ms }}\n  replicas: {{ min: 3, max: 6 }}\n"
      "  placement: {{ spread: cloud }}\n",
      STARLING_SOURCE_DIR);
}

/// A file system of 96 MB, mounted for as long as the object lives.
class SmallDisk {
 public:
  explicit SmallDisk(std::filesystem::path at) : at_(std::move(at)) {
    std::filesystem::create_directories(at_);
    mounted_ = run("mount -t tmpfs -o size=96m tmpfs " + at_.string()).exit_code == 0;
  }
  ~SmallDisk() {
    if (mounted_) (void)run("umount -l " + at_.string());
  }
  bool mounted() const { return mounted_; }
  std::filesystem::path data() const { return at_ / "data"; }
  /// Whether nothing more fits.
  bool fill() const {
    (void)run("dd if=/dev/zero of=" + ballast() + " bs=4k status=none");
    return std::filesystem::space(at_).available == 0;
  }
  void relieve() const { std::filesystem::remove(ballast()); }

 private:
  std::string ballast() const { return (at_ / "ballast").string(); }
  std::filesystem::path at_;
  bool mounted_ = false;
};

/// What the tests of this program share.
struct World {
  TemporaryFolder folder;
  SmallDisk disk{folder.path() / "disk"};
  std::unique_ptr<CloudNetwork> network;
  std::unique_ptr<CloudFleet> fleet;
  std::string body;  // of a request
};

class CloudsTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    why_not_ = missing_programs();
    if (!why_not_.empty()) return;
    world_ = std::make_unique<World>();
    auto network = CloudNetwork::create({"aws", "azure", "gcp"}, 2);
    if (!network) {
      why_not_ = "this machine gives no network namespaces: " + network.error().message;
      return;
    }
    if (!world_->disk.mounted()) {
      why_not_ = "this machine mounts no file system for a test";
      return;
    }
    world_->network = std::move(*network);
    auto fleet = CloudFleet::start(*world_->network, {{kSmallDisk, world_->disk.data()}},
                                   previous() != nullptr ? previous() : STARLING_BIN_DIR);
    if (!fleet) {
      broken_ = fleet.error().message;
      return;
    }
    world_->fleet = std::move(*fleet);
    broken_ = deploy();
  }
  static void TearDownTestSuite() { world_.reset(); }

  void SetUp() override {
    if (!why_not_.empty()) GTEST_SKIP() << why_not_;
    if (previous() != nullptr && !upgrades()) {
      for (const auto& name : fleet().names())
        if (!runs_this_version(name))
          GTEST_SKIP() << name << " runs the version before; the test of the upgrade comes first";
    }
    ASSERT_EQ(broken_, "");
    ASSERT_TRUE(eventually(kPatience, [] { return whole(); })) << "as the test before left it";
  }
  void TearDown() override {
    for (auto& client : clients_) client->finish();
    if (world_ && world_->network) world_->network->set({});
  }

  static CloudFleet& fleet() { return *world_->fleet; }
  static CloudNetwork& network() { return *world_->network; }

  static const char* previous() { return std::getenv("STARLING_PREVIOUS"); }
  static bool upgrades() {
    const std::string test = testing::UnitTest::GetInstance()->current_test_info()->name();
    return test.find("Upgraded") != std::string::npos;
  }
  static bool runs_this_version(const std::string& name) {
    std::error_code error;
    const auto runs =
        std::filesystem::read_symlink(fmt::format("/proc/{}/exe", fleet().pid(name)), error);
    return runs == std::filesystem::path(STARLING_BIN_DIR) / "starlingd";
  }
  /// Each agent in turn by one of this version, while clients of every cloud send requests.
  void replace_all_agents() {
    client("aws-1", {"aws-1", "aws-2"});
    client("azure-2", {"azure-2", "azure-1"});
    client("gcp-1", {"gcp-1", "gcp-2"});
    wait_for_requests(10);
    for (const auto& name : fleet().names()) {
      ASSERT_TRUE(fleet().stop_agent(name)) << fleet().log(name);
      ASSERT_TRUE(fleet().start_agent(name));
      ASSERT_TRUE(eventually(kPatience, [] { return whole(); }))
          << name << ": " << fleet().log(name);
    }
    wait_for_requests(20);
    expect_served(0);
  }

  /// Why the model does not serve; empty once it does, everywhere.
  static std::string deploy() {
    HttpAnswer applied;
    // The spec store elects its leaders first.
    const bool stored = eventually(kPatience, [&] {
      applied = fleet().send("aws-1", {.method = "PUT",
                                       .address = fleet().node("aws-1").address + ":7070",
                                       .path = "/v1/models/digits",
                                       .body = manifest_json(),
                                       .token = fleet().token()});
      return applied.status / 100 == 2;
    });
    if (!stored) return fmt::format("{} {}", applied.status, applied.body);
    if (!eventually(kPatience, [] { return whole(); })) return fleet().log("aws-1");
    within(fleet().node("aws-1").space, [] {
      world_->body =
          request_of_zeros(fleet().node("aws-1").address + ":8080", "digits").value_or("");
    });
    return world_->body.empty() ? "the gateway does not answer" : "";
  }
  static std::string manifest_json() {
    const auto specs = read_models(manifest(), "digits.yaml", ".");
    return to_json(specs.value().front()).dump();
  }

  /// All see all alive, agree on the owner, and a replica serves in each cloud.
  static bool whole() {
    const auto names = fleet().names();
    if (!fleet().agree(names, names)) return false;
    std::set<std::string> owners;
    for (const auto& name : names) {
      const auto digits = fleet().model(name, "digits");
      owners.insert(digits.value("owner", ""));
      if (digits.value("ready", 0) < 3 || digits.value("draining", 0) > 0) return false;
    }
    return owners.size() == 1 && !owners.contains("");
  }

  /// A client on each of these nodes, of its own gateway alone.
  void clients_on(const std::vector<std::string>& nodes) {
    for (const auto& node : nodes) client(node, {node});
    wait_for_requests(10);
  }
  void client(const std::string& node, std::vector<std::string> gateways) {
    clients_.push_back(
        std::make_unique<CloudClient>(fleet(), node, std::move(gateways), "digits", world_->body));
  }
  /// So many more from each client.
  void wait_for_requests(int more) {
    std::vector<int> until;
    for (const auto& client : clients_) until.push_back(client->sent() + more);
    EXPECT_TRUE(eventually(kPatience, [&] {
      for (std::size_t i = 0; i < clients_.size(); ++i) {
        if (clients_[i]->sent() < until[i]) return false;
      }
      return true;
    }));
  }
  /// Ends the clients. Each may have lost so many requests that were under way, and all together
  /// one in a thousand; more is a failure of the test.
  void expect_served(int under_way_each) {
    int sent = 0, failed = 0;
    double longest_s = 0;
    std::string what;
    for (auto& client : clients_) {
      const Failures failures = client->finish();
      sent += client->sent();
      longest_s = std::max(longest_s, client->longest_s());
      failed += std::max(0, static_cast<int>(failures.size()) - under_way_each);
      for (const auto& f : failures)
        what +=
            fmt::format("{} after {:.2f} s: {} {}\n", client->from(), f.after_s, f.status, f.what);
    }
    EXPECT_LE(failed * 1000, sent) << what;
    fmt::print("{} requests, the longest took {:.1f} s, {} failed\n{}", sent, longest_s, failed,
               what);
    clients_.clear();
  }
  static void pause(Duration time) { std::this_thread::sleep_for(time); }

  std::vector<std::unique_ptr<CloudClient>> clients_;

  static std::unique_ptr<World> world_;
  static std::string why_not_, broken_;
};

std::unique_ptr<World> CloudsTest::world_;
std::string CloudsTest::why_not_, CloudsTest::broken_;

TEST_F(CloudsTest, AgentsOfTheVersionBeforeAreUpgradedOneByOneWithoutAFailedRequest) {
  if (previous() == nullptr)
    GTEST_SKIP() << "STARLING_PREVIOUS names no folder with programs of the version before";
  ASSERT_NE(read_file(previous() + std::string("/starlingd")).value_or(""),
            read_file(STARLING_BIN_DIR "/starlingd").value_or(""))
      << "the version before is this one";
  for (const auto& name : fleet().names()) ASSERT_FALSE(runs_this_version(name)) << name;
  replace_all_agents();
  for (const auto& name : fleet().names()) EXPECT_TRUE(runs_this_version(name)) << name;
}

TEST_F(CloudsTest, ACloudThatIsCutOffServesByItselfAndComesBack) {
  clients_on(fleet().names());
  const auto inside = fleet().names_of("gcp", true), outside = fleet().names_of("gcp", false);
  network().set({.cut = "gcp"});
  EXPECT_TRUE(eventually(kPatience, [&] { return fleet().agree(outside, outside); }));
  EXPECT_TRUE(eventually(kPatience, [&] { return fleet().agree(inside, inside); }));
  for (const auto& name : {"aws-1", "gcp-1"}) {
    EXPECT_TRUE(eventually(kPatience, [&] {
      return fleet().model(name, "digits").value("ready", 0) >= 1;
    })) << name;
  }
  wait_for_requests(100);
  network().set({});
  EXPECT_TRUE(eventually(kPatience, [] { return whole(); }));
  wait_for_requests(20);
  expect_served(1);
}

TEST_F(CloudsTest, ACloudThatIsHeardByNobodyIsDoneWithout) {
  clients_on(fleet().names());
  const auto outside = fleet().names_of("gcp", false);
  network().set({.muted = "gcp"});
  EXPECT_TRUE(eventually(kPatience, [&] { return fleet().agree(outside, outside); }));
  wait_for_requests(40);
  network().set({});
  EXPECT_TRUE(eventually(kPatience, [] { return whole(); }));
  expect_served(1);
}

TEST_F(CloudsTest, SlowLinksThatLosePacketsKillNobody) {
  clients_on(fleet().names());
  network().set({.delay = 100ms, .loss = 0.05});
  const auto until = std::chrono::steady_clock::now() + 20s;
  std::string dead;
  int asked = 0;
  while (std::chrono::steady_clock::now() < until) {
    for (const auto& at : {"aws-1", "gcp-2"}) {
      const auto states = fleet().states(at);
      asked += states.empty() ? 0 : 1;  // none: an answer that took too long
      for (const auto& [name, state] : states) {
        if (state == "dead" || state == "left")
          dead += fmt::format("{} is {} to {}\n", name, state, at);
      }
    }
    pause(250ms);
  }
  EXPECT_EQ(dead, "") << fleet().log("aws-1") << fleet().log("gcp-2");
  EXPECT_GT(asked, 0);
  network().set({});
  expect_served(0);
}

TEST_F(CloudsTest, AFrozenAgentIsDoneWithoutUntilItThaws) {
  clients_on(fleet().names());
  const std::string owner = fleet().model("aws-1", "digits").value("owner", "");
  auto others = fleet().names();
  std::erase(others, owner);
  ::kill(fleet().pid(owner), SIGSTOP);
  EXPECT_TRUE(eventually(kPatience, [&] { return fleet().agree(others, others); }));
  EXPECT_TRUE(eventually(kPatience, [&] {
    return fleet().model(others[0], "digits").value("owner", owner) != owner;
  }));
  ::kill(fleet().pid(owner), SIGCONT);
  EXPECT_TRUE(eventually(kPatience, [] { return whole(); }));
  expect_served(0);
}

TEST_F(CloudsTest, NatsAndHaproxyAreStartedAgainWhenTheyAreKilledOrFrozen) {
  client("aws-1", {"aws-1", "azure-1"});
  client("gcp-1", {"gcp-1", "azure-1"});
  client("azure-1", {"azure-1"});
  wait_for_requests(10);
  const pid_t nats = fleet().child("aws-1", "nats-server"),
              haproxy = fleet().child("gcp-1", "haproxy");
  ASSERT_GT(nats, 0);
  ASSERT_GT(haproxy, 0);
  ::kill(nats, SIGKILL);
  ::kill(haproxy, SIGKILL);
  EXPECT_TRUE(eventually(kPatience, [&] {
    const pid_t new_nats = fleet().child("aws-1", "nats-server"),
                new_haproxy = fleet().child("gcp-1", "haproxy");
    return new_nats > 0 && new_nats != nats && new_haproxy > 0 && new_haproxy != haproxy;
  }));
  const pid_t frozen = fleet().child("azure-2", "nats-server");
  ::kill(frozen, SIGSTOP);
  pause(5s);
  ::kill(frozen, SIGCONT);
  EXPECT_TRUE(eventually(kPatience, [] { return whole(); }));
  wait_for_requests(20);
  expect_served(1);
}

TEST_F(CloudsTest, AKilledNodeIsReplacedAndComesBack) {
  const std::string owner = fleet().model("aws-1", "digits").value("owner", "");
  auto others = fleet().names();
  std::erase(others, owner);
  clients_on(others);
  const auto began = std::chrono::steady_clock::now();
  const auto since = [&] {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  };
  fleet().kill_agent(owner);
  EXPECT_TRUE(eventually(kPatience, [&] {
    return fleet().model(others[0], "digits").value("owner", owner) != owner;
  }));
  fmt::print("a new owner after {:.1f} s", since());
  EXPECT_TRUE(eventually(
      kPatience, [&] { return fleet().model(others[0], "digits").value("ready", 0) >= 3; }));
  fmt::print(", three replicas ready after {:.1f} s\n", since());
  ASSERT_TRUE(fleet().start_agent(owner));
  EXPECT_TRUE(eventually(kPatience, [] { return whole(); }));
  expect_served(1);
}

TEST_F(CloudsTest, AFullDiskStopsNeitherServingNorDeciding) {
  clients_on(fleet().names());
  ASSERT_TRUE(world_->disk.fill());
  pause(8s);
  EXPECT_TRUE(eventually(kPatience, [] {
    return fleet().states("aws-1")[kSmallDisk] == "alive" &&
           fleet().states(kSmallDisk)["aws-1"] == "alive";
  }));
  wait_for_requests(20);
  world_->disk.relieve();
  const auto usage = [] {
    return fleet()
        .send(kSmallDisk, {.method = "POST",
                           .address = fleet().node(kSmallDisk).address + ":7070",
                           .path = "/v1/query",
                           .body = R"({"sql": "SELECT count(*) FROM usage"})",
                           .token = fleet().token()})
        .json();
  };
  const auto before = usage();
  EXPECT_TRUE(eventually(kPatience, [&] { return usage() != before; })) << "its history goes on";
  EXPECT_TRUE(eventually(kPatience, [] { return whole(); }));
  expect_served(0);
}

TEST_F(CloudsTest, AllAgentsAreReplacedOneByOneWithoutAFailedRequest) { replace_all_agents(); }

}  // namespace
}  // namespace starling::system_test
