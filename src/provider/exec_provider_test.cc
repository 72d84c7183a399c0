// Nodes from scripts: good ones, and all that a bad one may do.
#include "provider/exec_provider.h"

#include <chrono>
#include <thread>

#include "base/file.h"
#include "provider/provider_for_tests.h"

namespace starling {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class ExecProviderTest : public testing_provider::ProviderTest {
 protected:
  std::unique_ptr<NodeProvider> provider(const std::string& text, Duration timeout = 20s) {
    ExecProviderOptions options;
    options.fleet = "prod";
    options.pool = "burst";
    options.command = {script("nodes", text).string(), "argument"};
    options.timeout = timeout;
    options.node = {{"cloud", "aws"}, {"cpu_millis", 4000}};
    options.stop = &stop_;
    return make_exec_provider(std::move(options));
  }

  /// What becomes of a list when the script answers so.
  Error list_of(const std::string& text, Duration timeout = 20s) {
    const auto names = provider(text, timeout)->list();
    EXPECT_FALSE(names);
    return names ? Error{} : names.error();
  }

  std::atomic<bool> stop_{false};
};

/// A folder is its cloud, and python its way with JSON, as a user might write it.
constexpr const char* kFolderOfNodes = R"(exec python3 - "$0.d" 3<&0 <<'END'
import json, os, sys
folder = sys.argv[1]
os.makedirs(folder, exist_ok=True)
ask = json.load(os.fdopen(3))
open(folder + "/../asked.json", "w").write(json.dumps(ask))
if ask["action"] == "list":
    print(json.dumps({"nodes": [{"name": n, "id": "i-" + n} for n in os.listdir(folder)]}))
elif ask["action"] == "create":
    open(folder + "/" + ask["name"], "w").write(ask["config"])
    print(json.dumps({"name": ask["name"]}))
else:
    if os.path.exists(folder + "/" + ask["name"]): os.remove(folder + "/" + ask["name"])
    print(json.dumps({"name": ask["name"]}))
END
)";

TEST_F(ExecProviderTest, KeepsTheContract) { keeps_the_contract(*provider(kFolderOfNodes)); }

TEST_F(ExecProviderTest, TellsTheScriptAllThatItNeeds) {
  auto nodes = provider(kFolderOfNodes);
  ASSERT_TRUE(nodes->create({"burst-1", "fleet: prod\nhost: \"@HOST@\"\n"}));
  const auto asked = nlohmann::json::parse(*read_file(folder_ / "asked.json"));
  const nlohmann::json expected{{"protocol", 1},
                                {"action", "create"},
                                {"fleet", "prod"},
                                {"pool", "burst"},
                                {"name", "burst-1"},
                                {"node", {{"cloud", "aws"}, {"cpu_millis", 4000}}},
                                {"config", "fleet: prod\nhost: \"@HOST@\"\n"}};
  EXPECT_EQ(asked, expected);
}

TEST_F(ExecProviderTest, AScriptThatHangsIsEndedWithAllThatItStarted) {
  const auto begin = std::chrono::steady_clock::now();
  const auto error =
      list_of("sleep 300 & echo $! > \"$0.pid\"; trap '' TERM; wait; sleep 300\n", 3s);
  EXPECT_EQ(error.code, ErrorCode::kTimeout);
  EXPECT_THAT(error.message, HasSubstr("nodes list: no answer within 3 s"));
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 60s) << "not after 300 s";
  const int child = std::stoi(*read_file(folder_ / "nodes.pid"));
  for (int i = 0; i < 1000; ++i) {
    std::ifstream stat(fmt::format("/proc/{}/stat", child));
    std::string number, name, state;
    if (!(stat >> number >> name >> state) || state == "Z") return;
    std::this_thread::sleep_for(10ms);
  }
  FAIL() << "process " << child << " still runs";
}

TEST_F(ExecProviderTest, AScriptThatTalksWithoutEndIsEnded) {
  const auto error = list_of("yes 'no end'\n");
  EXPECT_EQ(error.code, ErrorCode::kTooLarge);
  EXPECT_THAT(error.message, HasSubstr("longer than 1048576 bytes"));
}

TEST_F(ExecProviderTest, AScriptThatFailsIsToldWithItsLastWords) {
  const auto error = list_of("echo some noise >&2; echo 'no credentials' >&2; exit 3\n");
  EXPECT_EQ(error.code, ErrorCode::kUnavailable);
  EXPECT_THAT(error.message, HasSubstr("exit code 3: some noise no credentials"));
  EXPECT_THAT(list_of("kill -9 $$\n").message, HasSubstr("signal 9"));
  EXPECT_THAT(list_of("yes noise 2>/dev/null | head -c 5000000 >&2; exit 1\n").message,
              HasSubstr("noise"));
}

TEST_F(ExecProviderTest, AnAnswerThatIsNotTheProtocolsIsRefusedByName) {
  const struct {
    std::string says, why;
  } table[] = {
      {"", "expected one JSON object on standard output, got nothing"},
      {"Done!", "got 'Done!"},
      {"{\"nodes\": []} {\"nodes\": []}", "expected one JSON object"},
      {"[]", "expected one JSON object"},
      {"{}", "field 'nodes': expected a list"},
      {"{\"nodes\": {}}", "field 'nodes': expected a list"},
      {"{\"nodes\": [\"burst-1\"]}", "expected objects such as"},
      {"{\"nodes\": [{\"name\": 7}]}", "expected objects such as"},
      {"{\"nodes\": [{\"name\": \"aws-1\"}]}", "node 'aws-1' is none of this pool"},
      {"{\"nodes\": [{\"name\": \"burst-1\"}, {\"name\": \"burst-1\"}]}", "'burst-1' twice"},
      {"{\"error\": \"quota\"}", "nodes list: quota"},
  };
  for (const auto& row : table) {
    const auto error = list_of("cat > /dev/null; printf '%s' '" + row.says + "'\n");
    EXPECT_THAT(error.message, HasSubstr(row.why)) << row.says;
  }
  EXPECT_THAT(list_of("printf '\\033[2J\\001bad'\n").message, Not(HasSubstr("\033")));
}

TEST_F(ExecProviderTest, AScriptThatSpeaksOfAnotherNodeIsRefused) {
  auto nodes = provider("echo '{\"name\": \"burst-2\"}'\n");
  const auto made = nodes->create({"burst-1", ""});
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code, ErrorCode::kInvalid);
  EXPECT_THAT(made.error().message, HasSubstr("expected \"burst-1\""));
  EXPECT_FALSE(nodes->remove("burst-1"));
  EXPECT_TRUE(nodes->remove("burst-2"));
}

TEST_F(ExecProviderTest, AScriptThatReadsNothingOrLeavesSomethingRunningIsFine) {
  auto nodes = provider("sleep 20 & echo '{\"name\": \"burst-1\"}'\n");
  const auto begin = std::chrono::steady_clock::now();
  const auto made = nodes->create({"burst-1", std::string(1 << 20, 'x')});
  EXPECT_TRUE(made) << made.error().message;
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 15s) << "it does not wait for the sleep";
}

TEST_F(ExecProviderTest, AProgramThatIsNotThereIsNamed) {
  ExecProviderOptions options;
  options.pool = "burst";
  options.command = {"/no/such/program"};
  EXPECT_THAT(make_exec_provider(options)->list().error().message,
              HasSubstr("/no/such/program list: cannot start"));
}

TEST_F(ExecProviderTest, AStopOfTheAgentEndsTheCall) {
  stop_ = true;
  EXPECT_THAT(list_of("sleep 300\n", 10min).message, HasSubstr("this agent stops"));
}

}  // namespace
}  // namespace starling
