// The command line where its answers differ from run to run: JSON for programs, ports and folders
// that another program has.
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>

#include "base/child_process.h"
#include "tests/one_node.h"

namespace starling::system_test {
namespace {

using Json = nlohmann::json;

void expect_keys(const Json& object, const std::vector<std::string>& keys) {
  ASSERT_TRUE(object.is_object()) << object;
  for (const auto& key : keys) EXPECT_TRUE(object.contains(key)) << key << " in " << object;
}

Json json_of(const Ended& ended) {
  EXPECT_EQ(ended.exit_code, 0) << ended.err;
  auto json = Json::parse(ended.out, nullptr, false);
  EXPECT_FALSE(json.is_discarded()) << ended.out;
  return json;
}

/// A port of the loopback interface that nobody else can have meanwhile.
class TakenPort {
 public:
  TakenPort() : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    EXPECT_EQ(::bind(socket_, reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(::listen(socket_, 1), 0);
    EXPECT_EQ(::getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &size), 0);
    port_ = ntohs(address.sin_port);
  }
  ~TakenPort() { free(); }
  int port() const { return port_; }
  void free() {
    if (socket_ >= 0) ::close(socket_);
    socket_ = -1;
  }

 private:
  int socket_;
  int port_ = 0;
};

class CliTest : public testing::Test {
 protected:
  void SetUp() override {
    fleet_ = one_node();
    if (fleet_ == nullptr) GTEST_SKIP() << missing_programs();
  }
  const RunningFleet* fleet_ = nullptr;
};

TEST_F(CliTest, JsonHasTheStatedKeys) {
  (void)deployed(*fleet_, "digits");
  const auto status = json_of(fleet_->command("starling status -o json"));
  expect_keys(status,
              {"answered_by", "time", "settled", "specs_age_s", "nodes", "models", "replicas"});
  const auto models = json_of(fleet_->command("starling get models -o json"));
  ASSERT_FALSE(models.empty());
  expect_keys(models[0], {"name", "revision", "owner", "policy", "ready", "starting", "desired",
                          "arrival_rate", "forecast", "latency_ms", "slo_attainment", "manifest"});
  const auto nodes = json_of(fleet_->command("starling get nodes -o json"));
  ASSERT_EQ(nodes.size(), 1U);
  expect_keys(nodes[0], {"name", "state", "cloud", "region", "zone", "capacity", "free", "replicas",
                         "api", "gateway"});
  const auto replicas = json_of(fleet_->command("starling get replicas -o json"));
  ASSERT_FALSE(replicas.empty());
  expect_keys(replicas[0], {"id", "model", "node", "state", "address", "resources", "age_s"});
  Ended explained;
  ASSERT_TRUE(eventually(60s, [&] {
    return (explained = fleet_->command("starling explain digits -o json")).exit_code == 0;
  })) << explained.err;
  const auto explanation = json_of(explained);
  expect_keys(explanation, {"decision", "last_change"});
  expect_keys(explanation["decision"], {"model", "observation", "forecast", "candidates", "guards",
                                        "worth", "bids", "desired"});
  EXPECT_FALSE(json_of(fleet_->command("starling get decisions -o json")).empty());
  const auto result = json_of(fleet_->command("starling query 'SELECT 1 AS one' -o json"));
  expect_keys(result, {"columns", "rows", "truncated"});
  EXPECT_EQ(result["rows"], Json::parse("[[1]]"));
}

TEST_F(CliTest, PrintedManifestsAreTakenAgain) {
  (void)deployed(*fleet_, "digits");
  const auto again = fleet_->command("starling get models -o yaml | starling apply -f -");
  EXPECT_EQ(again.exit_code, 0) << again.err;
  EXPECT_NE(again.out.find("model/digits unchanged"), std::string::npos) << again.out;
  EXPECT_EQ(again.out.find("configured"), std::string::npos) << again.out;
}

TEST_F(CliTest, WatchingGoesOnUntilItIsEnded) {
  const auto ended = fleet_->command("timeout 5 starling get nodes --watch");
  EXPECT_EQ(ended.exit_code, 124) << ended.err;  // of timeout, which ended it
  EXPECT_EQ(ended.out.rfind("NODE", 0), 0U) << ended.out;
  const auto wrong = fleet_->command("timeout 60 starling get node nobody --watch");
  EXPECT_EQ(wrong.exit_code, 1) << wrong.out;
}

TEST_F(CliTest, LogsTellWhatReplicasPrintedAndWhyOneFailed) {
  (void)deployed(*fleet_, "digits");
  const auto printed = fleet_->command("starling logs digits");
  EXPECT_EQ(printed.exit_code, 0) << printed.err;
  EXPECT_NE(printed.out.find("serving "), std::string::npos) << printed.out;
  const auto logs = json_of(fleet_->command("starling logs digits -o json"));
  ASSERT_FALSE(logs.empty());
  expect_keys(logs[0], {"replica", "node", "written", "begin", "end", "text"});
  const auto one = fleet_->command("starling logs -n 1 " + logs[0]["replica"].get<std::string>());
  EXPECT_EQ(std::count(one.out.begin(), one.out.end(), '\n'), 1) << one.out;

  const TemporaryFolder folder;
  (void)folder.write("broken.pt", "no model");
  const auto manifest = folder.write("broken.yaml",
                                     "apiVersion: starling/v1\nkind: Model\n"
                                     "metadata: { name: broken }\nspec: { artifact: broken.pt }\n");
  ASSERT_EQ(fleet_->command("starling apply -f " + manifest).exit_code, 0);
  EXPECT_TRUE(eventually(60s, [&] {
    return fleet_->command("starling logs broken").out.find("broken.pt") != std::string::npos;
  }));
  EXPECT_EQ(fleet_->command("starling delete broken").exit_code, 0);
  EXPECT_NE(fleet_->command("starling logs broken").out, "") << "its words outlive it";

  const auto followed = fleet_->command("timeout 4 starling logs digits -n 0 --follow");
  EXPECT_EQ(followed.exit_code, 124) << followed.err;  // of timeout, which ended it
  const auto nobody = fleet_->command("starling logs nobody");
  EXPECT_EQ(nobody.exit_code, 1);
  EXPECT_NE(nobody.err.find("no node keeps output of a replica of 'nobody'"), std::string::npos)
      << nobody.err;
}

TEST_F(CliTest, ModelsAreSelectedByTheirLabels) {
  (void)deployed(*fleet_, "digits");
  EXPECT_EQ(fleet_->command("starling get models -l tenant!=nobody -o name").out, "digits\n");
  const auto none = fleet_->command("starling get models -l tenant=nobody -o name");
  EXPECT_EQ(none.exit_code, 0);
  EXPECT_EQ(none.out, "");
  EXPECT_EQ(fleet_->command("starling get nodes -l tenant=demo").exit_code, 2);
}

TEST_F(CliTest, ShellsAreOfferedTheFleetsNames) {
  (void)deployed(*fleet_, "digits");
  const auto models = fleet_->command("starling __complete explain d");
  EXPECT_EQ(models.out, "digits\n") << models.err;
  const auto drained = fleet_->command("starling __complete node drain ''");
  EXPECT_NE(drained.out.find("aws-1\n"), std::string::npos) << drained.out;
  EXPECT_NE(fleet_->command("starling __complete lab rep").out.find("replay\t"), std::string::npos);
  const auto nobody = fleet_->command("starling __complete explain --server 127.0.0.1:1 ''");
  EXPECT_EQ(nobody.exit_code, 0);
  EXPECT_EQ(nobody.out + nobody.err, "");
}

TEST_F(CliTest, TheShadowReportListsTheShadowsBesideTheActingPolicy) {
  (void)deployed(*fleet_, "digits");
  Ended reported;
  ASSERT_TRUE(eventually(60s, [&] {  // its first decisions, and until they are written
    reported = fleet_->command("starling shadow report digits -o json");
    return reported.exit_code == 0;
  })) << reported.err;
  const auto report = json_of(reported);
  expect_keys(report, {"since", "models", "missing"});
  EXPECT_EQ(report["missing"], Json::array());
  ASSERT_EQ(report["models"].size(), 1U);
  const auto& policies = report["models"][0]["policies"];
  ASSERT_EQ(policies.size(), 3U) << report;
  for (const auto& policy : policies) {
    expect_keys(policy, {"policy", "acting", "replica_hours", "acting_replica_hours", "arrivals",
                         "missed_estimate", "missed", "scale_actions"});
  }
  EXPECT_EQ(policies[0]["policy"], "learned");
  EXPECT_EQ(policies[0]["acting"], true);
  EXPECT_EQ(policies[1]["policy"], "hpa");
  EXPECT_EQ(policies[1]["acting"], false);
  EXPECT_TRUE(policies[1]["missed"].is_null());
  EXPECT_EQ(policies[2]["policy"], "predictive");
  EXPECT_EQ(policies[2]["acting"], false);
}

TEST_F(CliTest, ReplayJsonHasTheStatedKeys) {
  const TemporaryFolder folder;
  std::string rates = "timestamp,workload,value\n";
  for (int minute = 0; minute < 5; ++minute) rates += fmt::format("{},m0,60\n", 60 * minute);
  (void)folder.write("rates.csv", rates);
  const auto scenario = folder.write("scenario.yaml", R"(
apiVersion: starling/v1
kind: Scenario
metadata: { name: small }
spec:
  trace: { file: rates.csv, interval: 60s, unit: requests }
  arrivals: poisson
  seed: 42
  decisionInterval: 10s
  capacity: { replicas: 4 }
  models:
    - name: m0
      serviceTime: { distribution: exponential, scale: 20ms }
      slo: { latency: 200ms, percentile: 99 }
      coldStart: 5s
      queueLimit: 50
      concurrency: 1
      replicas: { min: 1, max: 4 }
)");
  const auto replay =
      json_of(run("starling lab replay " + scenario + " --policy hpa,predictive -o json"));
  expect_keys(replay, {"scenario", "seed", "policies"});
  EXPECT_EQ(replay["scenario"], "small");
  EXPECT_EQ(replay["seed"], 42);
  ASSERT_EQ(replay["policies"].size(), 2U);
  for (const auto& policy : replay["policies"]) {
    expect_keys(policy,
                {"name", "requests", "slo_attainment", "slo_attainment_model_mean", "dropped",
                 "latency_ms", "utilization", "replica_hours", "cost", "scale_actions"});
    expect_keys(policy["latency_ms"], {"mean", "p50", "p95", "p99"});
  }
}

TEST_F(CliTest, ASecondFleetInTheSameFolderIsRefused) {
  const auto refused = run("starling up --nodes 1 --data " + fleet_->data());
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_NE(refused.err.find("another fleet or agent uses this data directory"), std::string::npos)
      << refused.err;
  EXPECT_EQ(fleet_->command("starling status").exit_code, 0);
}

TEST_F(CliTest, AFleetOfTheSameNamesElsewhereLeavesThisOneAlone) {
  (void)deployed(*fleet_, "digits");
  // Scaling may end a replica at any time, but not all of them.
  std::vector<pid_t> servers, replicas;
  for (const pid_t pid : descendants(fleet_->pid())) {
    const bool replica = still_running({pid}).find("starling-serve") != std::string::npos;
    (replica ? replicas : servers).push_back(pid);
  }
  ASSERT_FALSE(replicas.empty());
  const TemporaryFolder folder;
  // It gets as far as ending what an earlier run of its own left behind.
  const auto ended = run("starling up --nodes 1 --forecaster no-such.bin --data " +
                         (folder.path() / "fleet").string());
  EXPECT_EQ(ended.exit_code, 1) << ended.err;
  for (const pid_t pid : servers) EXPECT_FALSE(gone(pid)) << pid;
  EXPECT_FALSE(std::all_of(replicas.begin(), replicas.end(), gone));
}

/// An agent's configuration in the folder, with the given ports.
std::string agent_config(const TemporaryFolder& folder, int api_port, int gateway_port,
                         int nats_port) {
  return folder.write("node.yaml",
                      fmt::format(R"(fleet: local
node: {{ name: one, cpu: 1, memory: 1Gi }}
data: {}/node
apiPort: {}
gatewayPort: {}
token: secret
nats: {{ port: {}, user: starling, password: secret }}
)",
                                  folder.path().string(), api_port, gateway_port, nats_port));
}

TEST_F(CliTest, AnAgentNamesThePortThatIsTaken) {
  struct Case {
    int taken;  // 0 the API's, 1 the gateway's, 2 NATS'
    const char* words;
  };
  for (const auto& [taken, words] : {Case{0, "for the API"}, Case{1, "gateway cannot listen on"},
                                     Case{2, "nats-server cannot listen on client port"}}) {
    SCOPED_TRACE(words);
    const TemporaryFolder folder;
    std::vector<TakenPort> ports(3);
    for (int i = 0; i < 3; ++i) {
      if (i != taken) ports[static_cast<std::size_t>(i)].free();
    }
    const auto config = agent_config(folder, ports[0].port(), ports[1].port(), ports[2].port());
    const auto ended = run("starlingd --config " + config);
    EXPECT_EQ(ended.exit_code, 1) << ended.err;
    EXPECT_NE(ended.err.find(words), std::string::npos) << ended.err;
    EXPECT_NE(ended.err.find(fmt::format("{}", ports[static_cast<std::size_t>(taken)].port())),
              std::string::npos)
        << ended.err;
  }
}

TEST(FindProgram, NamesThePackageThatBringsIt) {
  const auto found = find_program("no-such-server", "some-package");
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().message,
            "no-such-server is not installed: install it (Debian: apt-get install some-package)");
}

}  // namespace
}  // namespace starling::system_test
