#include "runtime/process_runtime.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <httplib.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <fstream>
#include <functional>
#include <thread>

#include "base/child_process.h"
#include "runtime/cgroup.h"

namespace starling {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using Kind = ReplicaEvent::Kind;

/// A stand-in for starling-serve: /v2/health/ready, /pid, /spin (burns a CPU from then on), /grow
/// (takes memory until it is killed), /deaf (ignores SIGTERM from then on). A model named "silent"
/// never says whether it is ready.
[[noreturn]] void run_fake_server(int argc, char** argv) {
  int port = 0;
  bool silent = false;
  for (int i = 1; i + 1 < argc; ++i) {
    if (std::string(argv[i]) == "--port") port = std::atoi(argv[i + 1]);
    if (std::string(argv[i]) == "--model") silent = std::string(argv[i + 1]) == "silent";
  }
  httplib::Server server;
  server.Get("/v2/health/ready", [silent](const httplib::Request&, httplib::Response& response) {
    while (silent) ::pause();
    response.set_content("{}", "text/plain");
  });
  server.Get("/pid", [](const httplib::Request&, httplib::Response& response) {
    response.set_content(std::to_string(::getpid()), "text/plain");
  });
  server.Get("/deaf",
             [](const httplib::Request&, httplib::Response&) { ::signal(SIGTERM, SIG_IGN); });
  server.Get("/spin", [](const httplib::Request&, httplib::Response&) {
    std::thread([] {
      for (std::atomic<unsigned> n = 0;; ++n) {
      }
    }).detach();
  });
  server.Get("/grow", [](const httplib::Request&, httplib::Response&) {
    for (std::vector<std::string> taken;;) taken.emplace_back(1 << 20, 'x');
  });
  server.listen("127.0.0.1", port);
  ::_exit(1);
}

/// This test program is its own fake server: it becomes one, before any test, when told so.
const bool kNoFake = [] {
  if (std::getenv("STARLING_FAKE_SERVER") == nullptr) return true;
  std::ifstream in("/proc/self/cmdline");
  std::vector<std::string> words;
  for (std::string word; std::getline(in, word, '\0');) words.push_back(word);
  std::vector<char*> arguments;
  for (auto& word : words) arguments.push_back(word.data());
  run_fake_server(static_cast<int>(arguments.size()), arguments.data());
}();

class ProcessRuntimeTest : public ::testing::Test {
 protected:
  ProcessRuntimeTest() {
    char pattern[] = "/tmp/runtime_test_XXXXXX";
    folder_ = ::mkdtemp(pattern);
    options_.node = folder_.filename();  // a cgroup folder of this test's own
    options_.log_folder = folder_ / "logs";
    options_.backoff = {10ms, 40ms, 5, 30s};
    std::ofstream(folder_ / "model.pt") << "not looked into";
  }
  ~ProcessRuntimeTest() override {
    runtime_.reset();
    fs::remove_all(folder_);
  }

  /// A shell script in starling-serve's place.
  void program(const std::string& script) {
    options_.program = folder_ / "program";
    std::ofstream(options_.program) << "#!/bin/sh\n" << script << "\n";
    fs::permissions(options_.program, fs::perms::owner_all);
  }
  void fake_server(const std::string& before = "") {
    const auto self = fs::read_symlink("/proc/self/exe").string();
    program(before + "\nSTARLING_FAKE_SERVER=1 exec '" + self + "' \"$@\"");
  }
  void create() {
    auto runtime = ProcessRuntime::create(options_);
    ASSERT_TRUE(runtime) << runtime.error().message;
    runtime_ = std::move(*runtime);
  }
  ReplicaStart replica(const std::string& id) const {
    ReplicaStart start;
    start.id = id;
    start.model.name = "m";
    start.model.artifact = folder_ / "model.pt";
    return start;
  }
  /// The next event, other kinds included; fails the test when none comes.
  ReplicaEvent next_event() {
    const auto deadline = std::chrono::steady_clock::now() + 30s;
    while (seen_.empty() && std::chrono::steady_clock::now() < deadline) {
      for (auto& event : runtime_->poll({})) seen_.push_back(std::move(event));
      if (seen_.empty()) std::this_thread::sleep_for(2ms);
    }
    if (seen_.empty()) {
      ADD_FAILURE() << "no event came";
      return {Kind::kFailed, "", "", {}, "no event came"};
    }
    auto event = seen_.front();
    seen_.erase(seen_.begin());
    return event;
  }
  static std::string ask(const std::string& address, const std::string& path) {
    const auto answer = httplib::Client("http://" + address).Get(path);
    return answer ? answer->body : "";
  }
  static bool eventually(const std::function<bool()>& condition) {
    const auto deadline = std::chrono::steady_clock::now() + 20s;
    while (std::chrono::steady_clock::now() < deadline) {
      if (condition()) return true;
      std::this_thread::sleep_for(5ms);
    }
    return false;
  }
  static bool alive(pid_t pid) {
    std::ifstream in("/proc/" + std::to_string(pid) + "/stat");
    std::string text;
    return std::getline(in, text) && text.find(") Z ") == std::string::npos;
  }
  fs::path cpu_group(const std::string& id) const {
    const fs::path v1 = fs::path("/sys/fs/cgroup/cpu/starling-" + options_.node) / id;
    return fs::exists("/sys/fs/cgroup/cpu")
               ? v1
               : fs::path("/sys/fs/cgroup/starling-" + options_.node) / id;
  }

  fs::path folder_;
  ProcessRuntimeOptions options_;
  std::unique_ptr<ProcessRuntime> runtime_;
  std::vector<ReplicaEvent> seen_;
};

TEST_F(ProcessRuntimeTest, AReplicaGetsReadyAnswersAndStops) {
  fake_server();
  create();
  ASSERT_TRUE(runtime_->start(replica("m-1")));
  const auto ready = next_event();
  ASSERT_EQ(ready.kind, Kind::kReady) << ready.detail;
  EXPECT_EQ(ready.id, "m-1");
  EXPECT_GT(ready.cold_start, 0s);
  const pid_t pid = std::stoi(ask(ready.address, "/pid"));
  EXPECT_EQ(runtime_->cpu_seconds().count("m-1"), 1u);
  EXPECT_TRUE(eventually([&] { return runtime_->memory_bytes()["m-1"] > 1 << 20; }));
  runtime_->stop("m-1", 10s);
  EXPECT_EQ(next_event().kind, Kind::kStopped);
  EXPECT_FALSE(alive(pid));
  EXPECT_TRUE(eventually([&] { return runtime_->cpu_seconds().empty(); }));
  EXPECT_FALSE(fs::exists(cpu_group("m-1")));
}

TEST_F(ProcessRuntimeTest, StopKillsWhatIgnoresTheTermination) {
  fake_server();
  create();
  ASSERT_TRUE(runtime_->start(replica("m-1")));
  const auto ready = next_event();
  ask(ready.address, "/deaf");
  runtime_->stop("m-1", 50ms);
  EXPECT_EQ(next_event().kind, Kind::kStopped);
}

TEST_F(ProcessRuntimeTest, ACrashIsToldAndTheReplicaComesBack) {
  fake_server();
  create();
  ASSERT_TRUE(runtime_->start(replica("m-1")));
  const auto first = next_event();
  const pid_t pid = std::stoi(ask(first.address, "/pid"));
  ::kill(pid, SIGABRT);
  const auto unready = next_event();
  ASSERT_EQ(unready.kind, Kind::kUnready);
  EXPECT_THAT(unready.detail, HasSubstr("signal 6"));
  const auto second = next_event();
  ASSERT_EQ(second.kind, Kind::kReady) << second.detail;
  EXPECT_NE(std::stoi(ask(second.address, "/pid")), pid);
}

TEST_F(ProcessRuntimeTest, AProgramThatAlwaysFailsIsGivenUpWithItsLastWords) {
  program("echo 'model file is corrupt' >&2; exit 3");
  create();
  ASSERT_TRUE(runtime_->start(replica("m-1")));
  for (int i = 0; i < 4; ++i) {
    const auto event = next_event();
    EXPECT_EQ(event.kind, Kind::kUnready);
    EXPECT_THAT(event.detail, HasSubstr("exit code 3: model file is corrupt"));
  }
  const auto last = next_event();
  EXPECT_EQ(last.kind, Kind::kFailed);
  EXPECT_THAT(last.detail, HasSubstr("given up after 5"));
  runtime_->stop("m-1", 1s);  // the caller wants it gone: it is
  EXPECT_EQ(next_event().kind, Kind::kStopped);
}

TEST_F(ProcessRuntimeTest, AStartThatNeverGetsReadyFails) {
  program("exec sleep 1000");
  options_.start_timeout = 50ms;
  options_.backoff.attempts_max = 1;
  create();
  ASSERT_TRUE(runtime_->start(replica("m-1")));
  const auto event = next_event();
  EXPECT_EQ(event.kind, Kind::kFailed);
  EXPECT_THAT(event.detail, HasSubstr("not ready within 50ms"));
}

TEST_F(ProcessRuntimeTest, WrongCallsAreRefused) {
  fake_server();
  create();
  auto missing = replica("m-1");
  missing.model.artifact = "/nowhere.pt";
  EXPECT_THAT(runtime_->start(missing).error().message, HasSubstr("/nowhere.pt"));
  ASSERT_TRUE(runtime_->start(replica("m-1")));
  EXPECT_EQ(runtime_->start(replica("m-1")).error().code, ErrorCode::kConflict);
  EXPECT_EQ(runtime_->resize("m-2", {}).error().code, ErrorCode::kNotFound);
  options_.program = folder_ / "nowhere";
  EXPECT_THAT(ProcessRuntime::create(options_).error().message, HasSubstr("nowhere"));
}

TEST_F(ProcessRuntimeTest, WithoutCgroupsReplicasRunUnlimited) {
  fake_server();
  options_.cgroup_root = folder_ / "no_cgroups_here";
  create();
  EXPECT_FALSE(runtime_->limited());
  ASSERT_TRUE(runtime_->start(replica("m-1")));
  const auto ready = next_event();
  ASSERT_EQ(ready.kind, Kind::kReady) << ready.detail;
  EXPECT_TRUE(runtime_->resize("m-1", {100, 64 << 20}));
  ask(ready.address, "/spin");
  EXPECT_TRUE(eventually([&] { return runtime_->cpu_seconds()["m-1"] > 0.05; }));
  EXPECT_GT(runtime_->memory_bytes()["m-1"], 1 << 20);
}

TEST_F(ProcessRuntimeTest, CpuLimitHoldsAndResizeChangesItInPlace) {
  fake_server();
  create();
  if (!runtime_->limited()) GTEST_SKIP() << "cgroups are not writable here";
  auto start = replica("m-1");
  start.model.resources = {200, 256 << 20};
  ASSERT_TRUE(runtime_->start(start));
  const auto ready = next_event();
  ASSERT_EQ(ready.kind, Kind::kReady) << ready.detail;
  const auto pid = ask(ready.address, "/pid");
  ask(ready.address, "/spin");
  // CPU time against wall time: never above the limit by more than a period and the snapshot's age.
  const auto cores_used = [&] {
    const auto from = std::chrono::steady_clock::now();
    const double before_s = runtime_->cpu_seconds()["m-1"];
    std::this_thread::sleep_for(1500ms);
    const double used_s = runtime_->cpu_seconds()["m-1"] - before_s;
    return used_s / std::chrono::duration<double>(std::chrono::steady_clock::now() - from).count();
  };
  EXPECT_LT(cores_used(), 0.32);
  ASSERT_TRUE(runtime_->resize("m-1", {50, 256 << 20}));
  std::this_thread::sleep_for(300ms);
  EXPECT_LT(cores_used(), 0.12);
  EXPECT_EQ(ask(ready.address, "/pid"), pid) << "a resize must not restart the replica";
}

TEST_F(ProcessRuntimeTest, AMemoryLimitKillIsNamed) {
  fake_server();
  create();
  if (!runtime_->limited()) GTEST_SKIP() << "cgroups are not writable here";
  auto start = replica("m-1");
  start.model.resources = {1000, 48 << 20};
  ASSERT_TRUE(runtime_->start(start));
  const auto ready = next_event();
  ASSERT_EQ(ready.kind, Kind::kReady) << ready.detail;
  ask(ready.address, "/grow");
  const auto event = next_event();
  EXPECT_EQ(event.kind, Kind::kUnready);
  EXPECT_THAT(event.detail, HasSubstr("killed at its memory limit of 48Mi"));
  EXPECT_TRUE(event.memory_kill);
}

TEST_F(ProcessRuntimeTest, WhatAnEarlierRunLeftBehindIsEnded) {
  fake_server();
  const auto tree = open_cgroups("starling-" + options_.node);
  if (!tree) GTEST_SKIP() << tree.error().message;
  const auto group = (*tree)->create("old-1");
  ASSERT_TRUE(group) << group.error().message;
  ChildOptions options;
  options.arguments = {"sleep", "1000"};
  options.cgroup_procs = (*group)->procs_files();
  auto left = ChildProcess::spawn(options);
  ASSERT_TRUE(left) << left.error().message;
  std::thread reaper([&] { eventually([&] { return left->ended().has_value(); }); });
  create();
  reaper.join();
  EXPECT_EQ(left->ended()->signal, SIGKILL);
  EXPECT_FALSE(fs::exists(cpu_group("old-1")));
}

TEST_F(ProcessRuntimeTest, WithoutCgroupsTheNextRunEndsThisNodesReplicasAndNoOthers) {
  fake_server();
  options_.cgroup_root = folder_ / "no_cgroups_here";
  create();
  ASSERT_TRUE(runtime_->start(replica("m-1")));
  const auto ready = next_event();
  ASSERT_EQ(ready.kind, Kind::kReady) << ready.detail;
  auto other = options_;
  other.node += "-2";  // the name goes on where this node's ends
  ASSERT_TRUE(ProcessRuntime::create(other));
  EXPECT_FALSE(ask(ready.address, "/pid").empty());
  ASSERT_TRUE(ProcessRuntime::create(options_));
  const auto event = next_event();
  EXPECT_EQ(event.kind, Kind::kUnready);
  EXPECT_THAT(event.detail, HasSubstr("signal 9"));
}

TEST_F(ProcessRuntimeTest, ASilentReplicaHoldsNobodyUp) {
  fake_server();
  create();
  auto silent = replica("s-1");
  silent.model.name = "silent";
  ASSERT_TRUE(runtime_->start(silent));
  ASSERT_TRUE(runtime_->start(replica("m-1")));
  const auto ready = next_event();
  EXPECT_EQ(ready.id, "m-1");
  EXPECT_EQ(ready.kind, Kind::kReady) << ready.detail;
  EXPECT_TRUE(runtime_->resize("s-1", {100, 256 << 20}));
  runtime_->stop("s-1", 10s);
  const auto stopped = next_event();
  EXPECT_EQ(stopped.id, "s-1");
  EXPECT_EQ(stopped.kind, Kind::kStopped) << stopped.detail;
}

TEST_F(ProcessRuntimeTest, ReplicasDieWithAnAgentThatIsKilled) {
  fake_server();
  int report[2];
  ASSERT_EQ(::pipe(report), 0);
  const pid_t agent = ::fork();
  if (agent == 0) {
    create();
    static_cast<void>(runtime_->start(replica("m-1")));
    const auto pid = ask(next_event().address, "/pid") + "\n";
    [[maybe_unused]] const auto n = ::write(report[1], pid.data(), pid.size());
    while (true) ::pause();
  }
  char text[32] = {};
  ASSERT_GT(::read(report[0], text, sizeof text - 1), 0);
  const pid_t served_by = std::atoi(text);
  EXPECT_TRUE(alive(served_by));
  ::kill(agent, SIGKILL);
  ::waitpid(agent, nullptr, 0);
  ::close(report[0]);
  ::close(report[1]);
  EXPECT_TRUE(eventually([&] { return !alive(served_by); }));
  create();  // the next run of the node clears the cgroups away
  EXPECT_FALSE(fs::exists(cpu_group("m-1")));
}

TEST_F(ProcessRuntimeTest, ServesTheDigitsExample) {
#ifdef __SANITIZE_ADDRESS__
  GTEST_SKIP() << "with AddressSanitizer a replica outgrows its 256Mi";
#endif
  options_.program = fs::path(STARLING_BIN_DIR) / "starling-serve";
  if (!fs::exists(options_.program)) GTEST_SKIP() << options_.program << " is not built";
  auto start = replica("digits-1");
  start.model.name = "digits";
  start.model.artifact = STARLING_SOURCE_DIR "/models/digits.pt";
  if (!fs::exists(start.model.artifact)) GTEST_SKIP() << start.model.artifact << " is not there";
  create();
  ASSERT_TRUE(runtime_->start(start));
  const auto ready = next_event();
  ASSERT_EQ(ready.kind, Kind::kReady) << ready.detail;
  EXPECT_THAT(ask(ready.address, "/v2/models/digits"), HasSubstr("pytorch_torchscript"));
  runtime_->stop("digits-1", 20s);
  EXPECT_EQ(next_event().kind, Kind::kStopped);
  std::ifstream log(options_.log_folder / "digits-1.log");
  const std::string words((std::istreambuf_iterator<char>(log)), std::istreambuf_iterator<char>());
  EXPECT_THAT(words, HasSubstr("drained"));
}

}  // namespace
}  // namespace starling
