// The gateway with a real HAProxy and small HTTP servers as replicas.
#include "gateway/haproxy.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <httplib.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <functional>
#include <thread>

#include "base/child_process.h"
#include "gateway/unix_socket.h"

namespace starling {
namespace {

/// A listening socket on a free loopback port.
struct Listener {
  Listener() : socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    ::bind(socket.get(), reinterpret_cast<sockaddr*>(&address), size);
    ::listen(socket.get(), 64);
    ::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address), &size);
    port = ntohs(address.sin_port);
  }
  FileDescriptor socket;
  int port = 0;
};

int free_port() { return Listener().port; }

/// Answers its name after `service`, and remembers how many requests it had at once.
class Replica {
 public:
  explicit Replica(std::string name, Duration service = 0us) {
    server_.set_tcp_nodelay(true);
    server_.set_keep_alive_timeout(1);  // stop() waits this long for idle connections
    server_.new_task_queue = [] { return new httplib::ThreadPool(16); };
    server_.Post(".*", [this, name, service](const httplib::Request&, httplib::Response& response) {
      const int now = ++running_;
      int most = most_.load();
      while (now > most && !most_.compare_exchange_weak(most, now)) {
      }
      std::this_thread::sleep_for(service);
      --running_;
      response.set_header("x-starling-service-us", std::to_string(service / 1us));
      response.set_content(name, "text/plain");
    });
    port_ = server_.bind_to_any_port("127.0.0.1");
    thread_ = std::thread([this] { server_.listen_after_bind(); });
    while (!server_.is_running()) std::this_thread::sleep_for(1ms);
  }
  ~Replica() {
    server_.stop();
    thread_.join();
  }
  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }
  RouteTarget target(const std::string& id, int concurrency = 8) const {
    return {id, address(), concurrency};
  }
  int most_at_once() const { return most_; }

 private:
  httplib::Server server_;
  std::atomic<int> running_ = 0, most_ = 0;
  int port_ = 0;
  std::thread thread_;
};

/// Dies of every request: takes connections and closes them without an answer.
class DyingReplica {
 public:
  DyingReplica() : thread_([this] { run(); }) {}
  ~DyingReplica() { stop(); }
  void stop() {
    if (!thread_.joinable()) return;
    ::shutdown(listener_.socket.get(), SHUT_RDWR);
    thread_.join();
    listener_.socket = FileDescriptor();
  }
  RouteTarget target(const std::string& id) const {
    return {id, "127.0.0.1:" + std::to_string(listener_.port), 8};
  }
  int requests() const { return requests_; }

 private:
  void run() {
    while (true) {
      FileDescriptor connection(::accept(listener_.socket.get(), nullptr, nullptr));
      if (connection.get() < 0) return;
      char buffer[4096];
      if (::recv(connection.get(), buffer, sizeof buffer, 0) > 0) ++requests_;
    }
  }
  Listener listener_;
  std::atomic<int> requests_ = 0;
  std::thread thread_;
};

struct Answer {
  int status = 0;
  std::string body;
};

class Haproxy : public testing::Test {
 protected:
  void SetUp() override {
    const auto program = find_program("haproxy", "haproxy");
    if (!program) GTEST_SKIP() << program.error().message;
    char folder[] = "/tmp/starling-gateway-XXXXXX";
    ASSERT_NE(::mkdtemp(folder), nullptr);
    options_.directory = folder;
    options_.port = free_port();
    options_.slots = 4;
  }
  void TearDown() override {
    gateway_.reset();
    if (!options_.directory.empty()) std::filesystem::remove_all(options_.directory);
  }

  void start() {
    auto gateway = HaproxyGateway::start(options_);
    ASSERT_TRUE(gateway) << gateway.error().message;
    gateway_ = std::move(*gateway);
  }
  void apply(const Routes& routes) {
    const auto status = gateway_->apply(routes);
    ASSERT_TRUE(status) << status.error().message;
  }
  Answer post(const std::string& model, const std::string& body = "{}") const {
    httplib::Client client("127.0.0.1", options_.port);
    client.set_read_timeout(20s);
    const auto result = client.Post("/v2/models/" + model + "/infer", body, "application/json");
    return result ? Answer{result->status, result->body} : Answer{};
  }
  /// Calls collect(), as the agent does, until `done` or 20 s have passed.
  bool collect_until(const std::function<bool(const std::vector<ModelTraffic>&)>& done) {
    const auto deadline = std::chrono::steady_clock::now() + 20s;
    while (std::chrono::steady_clock::now() < deadline) {
      const auto traffic = gateway_->collect();
      if (traffic && done(*traffic)) return true;
      std::this_thread::sleep_for(20ms);
    }
    return false;
  }
  bool wait_for_queue(const std::string& model, double queued) {
    return collect_until([&](const std::vector<ModelTraffic>& traffic) {
      for (const auto& t : traffic) {
        if (t.model == model) return t.queued >= queued;
      }
      return false;
    });
  }

  HaproxyOptions options_;
  std::unique_ptr<HaproxyGateway> gateway_;
};

/// Clients that send one request after the other until they are stopped.
class Load {
 public:
  Load(int clients, std::function<Answer()> send) {
    for (int i = 0; i < clients; ++i) {
      threads_.emplace_back([this, send] {
        while (!stop_) {
          ++sent_;
          if (send().status == 200) ++good_;
        }
      });
    }
  }
  ~Load() { stop(); }
  void stop() {
    stop_ = true;
    for (auto& thread : threads_) {
      if (thread.joinable()) thread.join();
    }
  }
  int sent() const { return sent_; }
  int failed() const { return sent_ - good_; }

 private:
  std::atomic<bool> stop_ = false;
  std::atomic<int> sent_ = 0, good_ = 0;
  std::vector<std::thread> threads_;
};

TEST_F(Haproxy, RoutesEachModelToItsReplicas) {
  start();
  Replica digits("d"), prices("p");
  apply({{"digits", {digits.target("d1")}}, {"prices", {prices.target("p1")}}});
  EXPECT_EQ(post("digits").body, "d");
  EXPECT_EQ(post("prices").body, "p");
  const auto unknown = post("digit");
  EXPECT_EQ(unknown.status, 404);
  EXPECT_EQ(unknown.body, R"({"error":"there is no model named digit"})");
  httplib::Client client("127.0.0.1", options_.port);
  EXPECT_EQ(client.Get("/v2/health/live")->status, 200);
  EXPECT_EQ(client.Get("/v2/health/ready")->status, 200);
  EXPECT_EQ(client.Get("/elsewhere")->status, 404);
}

TEST_F(Haproxy, FollowsReplicasUnderLoadWithoutAFailedRequest) {
  start();
  Replica a("a", 1ms), b("b", 1ms), c("c", 1ms);
  apply({{"digits", {a.target("a")}}});
  Load load(6, [this] { return post("digits"); });
  const std::vector<std::vector<RouteTarget>> steps{
      {a.target("a"), b.target("b")},
      {b.target("b")},
      {b.target("b", 2), c.target("c")},
      {c.target("c")},
      {a.target("again")},
      {a.target("again"), b.target("b"), c.target("c")}};
  for (int round = 0; round < 3; ++round) {
    for (const auto& targets : steps) {
      apply({{"digits", targets}});
      std::this_thread::sleep_for(50ms);
      EXPECT_TRUE(gateway_->collect());
    }
  }
  load.stop();
  EXPECT_EQ(load.failed(), 0) << "of " << load.sent();
  EXPECT_GT(load.sent(), 0);
}

TEST_F(Haproxy, GivesAReplicaNoMoreThanItsConcurrency) {
  start();
  Replica a("a", 2ms);
  apply({{"digits", {a.target("a", 2)}}});
  Load load(8, [this] { return post("digits"); });
  std::this_thread::sleep_for(300ms);
  load.stop();
  EXPECT_EQ(load.failed(), 0);
  EXPECT_EQ(a.most_at_once(), 2);
}

TEST_F(Haproxy, HoldsRequestsUntilAReplicaIsReady) {
  start();
  apply({{"digits", {}}});
  std::vector<Answer> answers(6);
  std::vector<std::thread> clients;
  for (std::size_t i = 0; i < answers.size(); ++i) {
    // 100 KiB: whichever of them the stand-in holds must fit into HAProxy's buffer to be sent
    // again.
    clients.emplace_back([&, i] { answers[i] = post("digits", std::string(100 * 1024, 'x')); });
  }
  EXPECT_TRUE(wait_for_queue("digits", 6));
  Replica a("a");
  apply({{"digits", {a.target("a", 1)}}});
  for (auto& client : clients) client.join();
  for (const auto& answer : answers) EXPECT_EQ(answer.body, "a");
}

TEST_F(Haproxy, SaysThatALongRequestCannotWait) {
  start();
  apply({{"digits", {}}});
  const auto answer = post("digits", std::string(300 * 1024, 'x'));
  EXPECT_EQ(answer.status, 503);
  EXPECT_NE(answer.body.find("over 112 KiB cannot wait"), std::string::npos) << answer.body;
}

TEST_F(Haproxy, EndsTheWaitAfterTheQueueTimeout) {
  options_.queue_timeout = 300ms;
  start();
  apply({{"digits", {}}});
  std::vector<Answer> answers(3);
  std::vector<std::thread> clients;
  for (auto& answer : answers) clients.emplace_back([&] { answer = post("digits"); });
  for (auto& client : clients) client.join();
  for (const auto& answer : answers) {
    EXPECT_EQ(answer.status, 503);
    EXPECT_EQ(answer.body.rfind(R"({"error":")", 0), 0u) << answer.body;
  }
}

TEST_F(Haproxy, SendsTheRequestsOfADyingReplicaElsewhere) {
  start();
  Replica good("good");
  DyingReplica dying;
  apply({{"digits", {dying.target("dying"), good.target("good")}}});
  for (int i = 0; i < 20; ++i) EXPECT_EQ(post("digits").body, "good");
  EXPECT_GT(dying.requests(), 0);
  dying.stop();  // from now on its port refuses connections
  for (int i = 0; i < 20; ++i) EXPECT_EQ(post("digits").body, "good");
}

TEST_F(Haproxy, HoldsRequestsWhileTheOnlyReplicaIsDead) {
  start();
  DyingReplica dead;
  dead.stop();
  apply({{"digits", {dead.target("dead")}}});
  Answer answer;
  std::thread client([&] { answer = post("digits"); });
  EXPECT_TRUE(wait_for_queue("digits", 1));
  Replica good("good");
  apply({{"digits", {good.target("good")}}});
  client.join();
  EXPECT_EQ(answer.body, "good");
}

TEST_F(Haproxy, CountsWhatWasSent) {
  start();
  Replica digits("d", 3ms), prices("p");
  DyingReplica dead;
  apply({{"digits", {digits.target("d")}},
         {"dead", {dead.target("x")}},
         {"prices", {prices.target("p")}}});
  ASSERT_TRUE(gateway_->collect());
  for (int i = 0; i < 30; ++i) EXPECT_EQ(post("digits").status, 200);
  EXPECT_EQ(post("dead").status, 502);

  std::map<std::string, ModelTraffic> sums;
  const auto add = [&](const std::vector<ModelTraffic>& traffic) {
    EXPECT_EQ(traffic.size(), 3u);
    for (const auto& t : traffic) {
      auto& sum = sums[t.model];
      sum.arrivals += t.arrivals;
      sum.completed += t.completed;
      sum.failed += t.failed;
      sum.latency.merge(t.latency);
      sum.service_count += t.service_count;
      sum.service_sum_s += t.service_sum_s;
    }
    return sums["digits"].completed == 30 && sums["dead"].failed == 1;
  };
  EXPECT_TRUE(collect_until(add));
  EXPECT_EQ(sums["digits"].arrivals, 30u);
  EXPECT_EQ(sums["digits"].failed, 0u);
  EXPECT_EQ(sums["digits"].service_count, 30u);
  EXPECT_NEAR(sums["digits"].service_sum_s, 0.09, 1e-9);
  EXPECT_EQ(sums["digits"].latency.count(), 30u);
  EXPECT_GE(sums["digits"].latency.quantile(0), 0.003 * 0.98);
  EXPECT_EQ(sums["dead"].arrivals, 1u);
  EXPECT_EQ(sums["dead"].completed, 0u);
  EXPECT_EQ(sums["prices"].arrivals, 0u);
}

TEST_F(Haproxy, ComesBackWithAllRoutesAfterACrash) {
  start();
  Replica a("a"), b("b");
  apply({{"digits", {a.target("a")}}, {"prices", {b.target("b")}}, {"asleep", {}}});
  const pid_t before = gateway_->pid();
  ::kill(before, SIGKILL);
  EXPECT_TRUE(collect_until([&](const auto&) { return gateway_->pid() != before; }));
  EXPECT_EQ(post("digits").body, "a");
  EXPECT_EQ(post("prices").body, "b");
  apply({{"digits", {b.target("b2")}}, {"prices", {b.target("b")}}});
  EXPECT_EQ(post("digits").body, "b");
}

TEST_F(Haproxy, GivesTheSlotsOfRemovedModelsToOthers) {
  options_.slots = 2;
  start();
  Replica a("a");
  for (const std::string model : {"m1", "m2", "m3", "m4", "m5"}) {
    const auto taken = [&] {
      return gateway_->apply({{"stays", {a.target("a")}}, {model, {a.target("a")}}}).has_value();
    };
    EXPECT_TRUE(collect_until([&](const auto&) { return taken(); })) << model;
    EXPECT_EQ(post(model).body, "a");
    EXPECT_EQ(post("stays").body, "a");
    apply({{"stays", {a.target("a")}}});
    EXPECT_EQ(post(model).status, 404);
  }
  const auto status = gateway_->apply({{"x", {}}, {"y", {}}, {"z", {}}});
  ASSERT_FALSE(status);
  EXPECT_NE(status.error().message.find("all of its 2 slots are taken"), std::string::npos);
}

TEST_F(Haproxy, RefusesNamesThatItsCommandLineWouldMisread) {
  start();
  const auto status = gateway_->apply({{"digits", {{"r1; shutdown", "127.0.0.1:1", 1}}}});
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, ErrorCode::kInvalid);
}

TEST_F(Haproxy, SaysThatThePortIsTaken) {
  const Listener other;
  options_.port = other.port;
  const auto gateway = HaproxyGateway::start(options_);
  ASSERT_FALSE(gateway);
  EXPECT_EQ(gateway.error().code, ErrorCode::kConflict);
  EXPECT_NE(gateway.error().message.find(std::to_string(other.port)), std::string::npos);
}

TEST_F(Haproxy, SaysThatTheFolderIsTooDeep) {
  const auto folder = options_.directory;
  options_.directory /= std::string(90, 'x');
  const auto gateway = HaproxyGateway::start(options_);
  options_.directory = folder;
  ASSERT_FALSE(gateway);
  EXPECT_NE(gateway.error().message.find("107 bytes"), std::string::npos)
      << gateway.error().message;
}

}  // namespace
}  // namespace starling
