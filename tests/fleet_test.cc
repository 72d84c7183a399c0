// The life of a fleet with the real programs: deployed to, changed, bereft of one node and of two,
// and ended. One fleet lives through it all, step by step.
#include <gtest/gtest.h>
#include <signal.h>

#include <atomic>
#include <set>
#include <thread>

#include "tests/running_fleet.h"

namespace starling::system_test {
namespace {

using Json = nlohmann::json;

constexpr Duration kPatience = 90s;

std::string manifest(int replicas_min) {
  return fmt::format(
      "apiVersion: starling/v1\nkind: Model\nmetadata: {{ name: digits }}\n"
      "spec:\n  artifact: {}/models/digits.pt\n  resources: {{ cpu: 250m, memory: 256Mi }}\n"
      "  slo: {{ latency: 100ms }}\n  replicas: {{ min: {}, max: 6 }}\n",
      STARLING_SOURCE_DIR, replicas_min);
}

/// Sends one request after the other to a gateway, and keeps what failed.
class SteadyClient {
 public:
  SteadyClient(std::string gateway, std::string body)
      : thread_([this, gateway = std::move(gateway), body = std::move(body)] {
          while (!stop_) {
            const auto answer = ask({"POST", gateway, "/v2/models/digits/infer", body, ""});
            ++sent_;
            if (answer.status != 200)
              problems_ += fmt::format("{} {}\n", answer.status, answer.body);
            std::this_thread::sleep_for(20ms);
          }
        }) {}
  ~SteadyClient() { finish(); }

  int sent() const { return sent_; }
  /// Ends it; what failed, one line a request.
  std::string finish() {
    stop_ = true;
    if (thread_.joinable()) thread_.join();
    return problems_;
  }

 private:
  std::atomic<bool> stop_{false};
  std::atomic<int> sent_{0};
  std::string problems_;
  std::thread thread_;
};

class FleetTest : public testing::Test {
 protected:
  void SetUp() override {
    if (const auto missing = missing_programs(); !missing.empty()) GTEST_SKIP() << missing;
    auto started = RunningFleet::start(3);
    ASSERT_TRUE(started) << started.error().message;
    fleet_ = std::move(*started);
    alive_ = fleet_->members();
  }

  Json model(const FleetMember& at, const std::string& name) const {
    return fleet_->get(at, "/v1/models/" + name).json();
  }

  /// Nodes that hold a ready replica of digits, as `at` sees it.
  std::multiset<std::string> nodes_of_digits(const FleetMember& at) const {
    std::multiset<std::string> nodes;
    for (const auto& r : fleet_->get(at, "/v1/replicas").json()) {
      if (r["model"] == "digits" && r["state"] == "ready") nodes.insert(r["node"]);
    }
    return nodes;
  }

  bool infers(const FleetMember& at, const std::string& name) const {
    const auto body = request_of_zeros(at.gateway, name);
    return body &&
           ask({"POST", at.gateway, "/v2/models/" + name + "/infer", *body, ""}).status == 200;
  }

  Ended apply(int replicas_min) const {
    return fleet_->command("starling apply -f " +
                           fleet_->folder().write("digits.yaml", manifest(replicas_min)));
  }

  /// SIGKILL, which leaves the agent no time to end its children: they must go all the same.
  void kill_agent(const std::string& name) {
    const auto at = std::find_if(alive_.begin(), alive_.end(),
                                 [&](const FleetMember& m) { return m.name == name; });
    ASSERT_NE(at, alive_.end()) << name;
    const auto children = descendants(at->pid);
    EXPECT_GE(children.size(), 3U) << "nats-server, haproxy and a replica at least";
    ::kill(at->pid, SIGKILL);
    alive_.erase(at);
    EXPECT_TRUE(eventually(kPatience, [&] { return still_running(children).empty(); }))
        << still_running(children);
  }

  void deploy_through_one_see_on_all();
  void change_and_repeat();
  void lose_the_owner_under_load();
  void change_with_one_node_lost();
  void lose_the_quorum();
  void end_with_an_interrupt();

  std::unique_ptr<RunningFleet> fleet_;
  std::vector<FleetMember> alive_;
};

void FleetTest::deploy_through_one_see_on_all() {
  const auto applied = fleet_->command(fmt::format(
      "starling apply -f models/ --server {} --token {}", alive_[1].api, fleet_->token()));
  ASSERT_EQ(applied.exit_code, 0) << applied.err;
  EXPECT_NE(applied.out.find("model/digits created"), std::string::npos) << applied.out;
  EXPECT_NE(applied.out.find("model/tones created"), std::string::npos) << applied.out;
  for (const auto& member : alive_) {
    for (const std::string name : {"digits", "tones"}) {
      EXPECT_TRUE(eventually(kPatience, [&] { return model(member, name).value("ready", 0) >= 1; }))
          << name << " as " << member.name << " sees it: " << model(member, name);
      EXPECT_TRUE(eventually(kPatience, [&] { return infers(member, name); }))
          << name << " through " << member.name;
    }
  }
}

void FleetTest::change_and_repeat() {
  const auto changed = apply(3);
  ASSERT_EQ(changed.exit_code, 0) << changed.err;
  EXPECT_NE(changed.out.find("model/digits configured"), std::string::npos) << changed.out;
  EXPECT_TRUE(eventually(kPatience, [&] {
    return model(alive_[0], "digits")["manifest"]["spec"]["replicas"]["min"] == 3;
  }));
  const auto repeated = apply(3);
  EXPECT_NE(repeated.out.find("model/digits unchanged"), std::string::npos) << repeated.out;
  // Spread over the zones, here one a node; every gateway must have heard of them.
  for (const auto& member : alive_) {
    EXPECT_TRUE(eventually(kPatience,
                           [&] {
                             const auto nodes = nodes_of_digits(member);
                             return nodes.size() >= 3 &&
                                    std::set<std::string>(nodes.begin(), nodes.end()).size() == 3;
                           }))
        << member.name << ": " << fleet_->get(member, "/v1/replicas").body;
  }
}

void FleetTest::lose_the_owner_under_load() {
  const std::string owner = model(alive_[0], "digits")["owner"];
  std::vector<std::unique_ptr<SteadyClient>> clients;
  for (const auto& member : alive_) {
    if (member.name == owner) continue;
    const auto body = request_of_zeros(member.gateway, "digits");
    ASSERT_TRUE(body) << body.error().message;
    clients.push_back(std::make_unique<SteadyClient>(member.gateway, *body));
  }
  const auto all_sent = [&](int more, const std::vector<int>& before) {
    for (std::size_t i = 0; i < clients.size(); ++i) {
      if (clients[i]->sent() < before[i] + more) return false;
    }
    return true;
  };
  ASSERT_TRUE(eventually(kPatience, [&] { return all_sent(20, {0, 0}); }));
  ASSERT_NO_FATAL_FAILURE(kill_agent(owner));
  for (const auto& member : alive_) {
    EXPECT_TRUE(eventually(kPatience,
                           [&] {
                             const auto digits = model(member, "digits"),
                                        tones = model(member, "tones");
                             return digits.value("owner", owner) != owner &&
                                    tones.value("owner", owner) != owner &&
                                    digits.value("ready", 0) >= 3 && tones.value("ready", 0) >= 1;
                           }))
        << member.name << ": " << fleet_->get(member, "/v1/status").body;
  }
  const std::vector<int> before{clients[0]->sent(), clients[1]->sent()};
  EXPECT_TRUE(eventually(kPatience, [&] { return all_sent(20, before); }));
  for (auto& client : clients) EXPECT_EQ(client->finish(), "") << "of " << client->sent();
}

void FleetTest::change_with_one_node_lost() {
  Ended applied;
  // The store may have lost its leader, and elects another among the two that are left.
  EXPECT_TRUE(eventually(kPatience, [&] { return (applied = apply(4)).exit_code == 0; }))
      << applied.err;
  for (const auto& member : alive_) {
    // Each of them has read the manifest itself, not only seen what its owner made of it.
    EXPECT_TRUE(eventually(kPatience,
                           [&] {
                             return nodes_of_digits(member).size() >= 4 &&
                                    model(member,
                                          "digits")["manifest"]["spec"]["replicas"]["min"] == 4;
                           }))
        << member.name << ": " << fleet_->get(member, "/v1/replicas").body;
  }
}

void FleetTest::lose_the_quorum() {
  ASSERT_NO_FATAL_FAILURE(kill_agent(alive_[0].name));
  const auto refused = apply(2);
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_EQ(refused.out, "");
  EXPECT_NE(refused.err.find("quorum"), std::string::npos) << refused.err;
  const auto& last = alive_[0];
  EXPECT_EQ(model(last, "digits")["manifest"]["spec"]["replicas"]["min"], 4);
  for (const std::string name : {"digits", "tones"}) {
    EXPECT_TRUE(eventually(kPatience, [&] { return infers(last, name); })) << name;
  }
  Ended status;
  EXPECT_TRUE(eventually(kPatience,
                         [&] {
                           status = fleet_->command("starling status");
                           return status.out.find("specs last confirmed") != std::string::npos;
                         }))
      << status.out << status.err;
}

void FleetTest::end_with_an_interrupt() {
  const auto all = descendants(fleet_->pid());
  EXPECT_FALSE(all.empty());
  EXPECT_EQ(fleet_->interrupt(), "exit code 0");
  EXPECT_TRUE(eventually(10s, [&] { return still_running(all).empty(); })) << still_running(all);
  const auto status = fleet_->command("starling status");
  EXPECT_EQ(status.exit_code, 1);
  EXPECT_NE(status.err.find("no agent answers"), std::string::npos) << status.err;
}

TEST_F(FleetTest, ServesThroughTheLossOfNodes) {
  ASSERT_NO_FATAL_FAILURE(deploy_through_one_see_on_all());
  ASSERT_NO_FATAL_FAILURE(change_and_repeat());
  ASSERT_NO_FATAL_FAILURE(lose_the_owner_under_load());
  ASSERT_NO_FATAL_FAILURE(change_with_one_node_lost());
  ASSERT_NO_FATAL_FAILURE(lose_the_quorum());
  ASSERT_NO_FATAL_FAILURE(end_with_an_interrupt());
}

}  // namespace
}  // namespace starling::system_test
