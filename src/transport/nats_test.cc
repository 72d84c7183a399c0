// Transport and spec store over real NATS servers.
#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <functional>
#include <map>
#include <mutex>
#include <thread>

#include "base/child_process.h"
#include "base/file.h"
#include "transport/nats_server.h"
#include "transport/nats_spec_store.h"
#include "transport/nats_transport.h"

namespace starling {
namespace {

/// A listening socket on a free loopback port.
struct Listener {
  Listener() : fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    ::bind(fd, reinterpret_cast<sockaddr*>(&address), size);
    ::listen(fd, 8);
    ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
    port = ntohs(address.sin_port);
  }
  Listener(const Listener&) = delete;
  ~Listener() { ::close(fd); }
  int fd, port = 0;
};

bool wait_until(const std::function<bool()>& done, Duration longest = 60s) {
  const auto deadline = std::chrono::steady_clock::now() + longest;
  while (std::chrono::steady_clock::now() < deadline) {
    if (done()) return true;
    std::this_thread::sleep_for(20ms);
  }
  return done();
}

ModelSpec model(const std::string& name, int replicas_max = 5) {
  ModelSpec spec;
  spec.name = name;
  spec.artifact = "/models/" + name + ".pt";
  spec.replicas.max = replicas_max;
  return spec;
}

/// What a transport received.
class Inbox {
 public:
  void attach(Transport& transport) {
    transport.on_message([this](std::string bytes) {
      const std::lock_guard lock(mutex_);
      messages_.push_back(std::move(bytes));
    });
  }
  std::vector<std::string> messages() const {
    const std::lock_guard lock(mutex_);
    return messages_;
  }
  bool has(const std::string& message) const {
    const auto all = messages();
    return std::find(all.begin(), all.end(), message) != all.end();
  }

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> messages_;
};

class Nats : public testing::Test {
 protected:
  void SetUp() override {
    const auto program = find_program("nats-server", "nats-server");
    if (!program) GTEST_SKIP() << program.error().message;
    char folder[] = "/tmp/starling-nats-XXXXXX";
    ASSERT_NE(::mkdtemp(folder), nullptr);
    folder_ = folder;
  }
  void TearDown() override {
    servers_.clear();
    if (!folder_.empty()) std::filesystem::remove_all(folder_);
  }

  NatsServerOptions options(const std::string& name) const {
    NatsServerOptions o;
    o.name = name;
    o.directory = folder_ / name;
    o.client_port = Listener().port;
    o.user = "agent";
    o.password = "s3cret";
    return o;
  }
  void start_servers(int count) {
    std::vector<std::unique_ptr<Listener>> reserved;
    std::vector<std::string> routes;
    std::vector<NatsServerOptions> all;
    for (int i = 0; i < count; ++i) {
      all.push_back(options("n" + std::to_string(i)));
      if (count == 1) continue;
      reserved.push_back(std::make_unique<Listener>());
      all.back().cluster_port = reserved.back()->port;
      all.back().cluster_user = "server";
      all.back().cluster_password = "r0ute";
      routes.push_back("127.0.0.1:" + std::to_string(reserved.back()->port));
    }
    reserved.clear();
    for (auto& o : all) {
      o.routes = routes;
      auto server = NatsServer::start(o);
      ASSERT_TRUE(server) << server.error().message;
      servers_.push_back(std::move(*server));
    }
  }
  std::shared_ptr<NatsConnection> connect(std::size_t server) const {
    auto connection = NatsConnection::connect({servers_[server]->url(), "agent", "s3cret", "test"});
    EXPECT_TRUE(connection) << connection.error().message;
    return connection ? *connection : nullptr;
  }
  std::unique_ptr<NatsTransport> transport(std::size_t server, const std::string& node) const {
    return std::move(NatsTransport::create(connect(server), "fleet", node).value());
  }
  std::unique_ptr<NatsSpecStore> store(std::size_t server, int replicas) const {
    return std::move(NatsSpecStore::create(connect(server), "fleet", replicas).value());
  }
  void kill_server(std::size_t server) {
    killed_[server] = servers_[server]->pid();
    ::kill(killed_[server], SIGKILL);
  }
  /// Polls, as the agent does, until another process runs.
  void restart_server(std::size_t server) {
    EXPECT_TRUE(wait_until([&] {
      const auto status = servers_[server]->poll();
      const pid_t pid = servers_[server]->pid();
      return status && pid != 0 && pid != killed_[server];
    }));
  }
  /// Repeats a write until the cluster takes it.
  static bool put_in_time(NatsSpecStore& specs, const ModelSpec& spec) {
    std::string problem;
    const bool done = wait_until([&] {
      const auto put = specs.put(spec, std::nullopt);
      if (!put) problem = put.error().message;
      return put.has_value();
    });
    EXPECT_TRUE(done) << problem;
    return done;
  }

  /// A cluster that has just lost its leader cannot be read for some seconds.
  static bool lists(NatsSpecStore& specs, const ModelSpec& only) {
    return wait_until([&] {
      const auto all = specs.list();
      return all && all->size() == 1 && all->front().spec == only;
    });
  }

  std::filesystem::path folder_;
  std::vector<std::unique_ptr<NatsServer>> servers_;
  std::map<std::size_t, pid_t> killed_;
};

TEST_F(Nats, CarriesMessagesToOneNodeAndToAllOthers) {
  start_servers(1);
  auto a = transport(0, "a"), b = transport(0, "b"), c = transport(0, "c");
  Inbox in_a, in_b, in_c;
  in_a.attach(*a), in_b.attach(*b), in_c.attach(*c);
  a->send("b", "for b");
  a->send("a", "for myself");
  a->broadcast("for all others");
  EXPECT_TRUE(
      wait_until([&] { return in_b.messages().size() == 2 && in_c.messages().size() == 1; }));
  EXPECT_TRUE(wait_until([&] { return in_a.has("for myself"); }));
  EXPECT_TRUE(in_b.has("for b"));
  EXPECT_TRUE(in_c.has("for all others"));
  EXPECT_FALSE(in_a.has("for all others"));
  a->send("b", std::string(NatsTransport::kMessageBytesMax + 1, 'x'));
  EXPECT_EQ(a->counters().dropped_too_large, 1u);
  EXPECT_EQ(a->counters().sent, 3u);
}

TEST_F(Nats, DropsMessagesWithoutAServerAndComesBackWithIt) {
  start_servers(1);
  auto a = transport(0, "a"), b = transport(0, "b");
  Inbox in_b;
  in_b.attach(*b);
  kill_server(0);
  EXPECT_TRUE(wait_until([&] {
    a->broadcast("lost");
    return a->counters().dropped_offline > 0;
  }));
  restart_server(0);
  EXPECT_TRUE(wait_until([&] {
    a->broadcast("back");
    return in_b.has("back");
  }));
}

TEST_F(Nats, ASingleServerKeepsSpecs) {
  start_servers(1);
  auto specs = store(0, 1);
  const auto created = specs->put(model("digits"), 0);
  ASSERT_TRUE(created) << created.error().message;
  const auto changed = specs->put(model("digits", 7), *created);
  ASSERT_TRUE(changed) << changed.error().message;
  const auto all = specs->list();
  ASSERT_TRUE(all) << all.error().message;
  ASSERT_EQ(all->size(), 1u);
  EXPECT_EQ((*all)[0].spec, model("digits", 7));
  EXPECT_EQ((*all)[0].revision, *changed);
}

TEST_F(Nats, ChangesOnlyWhatTheCallerHasSeen) {
  start_servers(1);
  auto specs = store(0, 1);
  const auto created = specs->put(model("digits"), 0);
  ASSERT_TRUE(created) << created.error().message;
  const auto again = specs->put(model("digits", 9), 0);
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, ErrorCode::kConflict);
  ASSERT_TRUE(specs->put(model("digits", 8), *created));
  const auto stale = specs->put(model("digits", 9), *created);
  ASSERT_FALSE(stale);
  EXPECT_EQ(stale.error().code, ErrorCode::kConflict);
  EXPECT_EQ(specs->remove("digits", *created).error().code, ErrorCode::kConflict);
  EXPECT_EQ(specs->remove("prices", std::nullopt).error().code, ErrorCode::kNotFound);
}

TEST_F(Nats, ARemovedModelCanBeCreatedAgain) {
  start_servers(1);
  auto specs = store(0, 1);
  ASSERT_TRUE(specs->put(model("digits"), 0));
  ASSERT_TRUE(specs->remove("digits", std::nullopt));
  EXPECT_TRUE(specs->list()->empty());
  EXPECT_EQ(specs->remove("digits", std::nullopt).error().code, ErrorCode::kNotFound);
  EXPECT_TRUE(specs->put(model("digits"), 0));
  EXPECT_EQ(specs->list()->size(), 1u);
}

TEST_F(Nats, AWatcherSeesChangesAcrossARestartOfItsServer) {
  start_servers(1);
  auto writer = store(0, 1), reader = store(0, 1);
  std::mutex mutex;
  std::vector<std::string> names;
  reader->watch([&](std::vector<StoredSpec> all) {
    const std::lock_guard lock(mutex);
    names.clear();
    for (const auto& stored : all) names.push_back(stored.spec.name);
  });
  const auto sees = [&](const std::vector<std::string>& expected) {
    return wait_until([&] {
      const std::lock_guard lock(mutex);
      return names == expected;
    });
  };
  ASSERT_TRUE(writer->put(model("b"), 0));
  ASSERT_TRUE(writer->put(model("a"), 0));
  EXPECT_TRUE(sees({"a", "b"}));
  ASSERT_TRUE(writer->remove("b", std::nullopt));
  EXPECT_TRUE(sees({"a"}));
  const auto contact = reader->last_contact();
  ASSERT_TRUE(contact);

  kill_server(0);
  restart_server(0);
  EXPECT_TRUE(put_in_time(*writer, model("c")));
  EXPECT_TRUE(sees({"a", "c"}));
  EXPECT_TRUE(wait_until([&] { return reader->last_contact() > contact; }));
}

TEST_F(Nats, AClusterSurvivesOneServerAndRefusesWritesWithoutQuorum) {
  start_servers(3);
  auto specs = store(0, 3);
  ASSERT_TRUE(put_in_time(*specs, model("digits")));

  // The second server dies: writes resume.
  kill_server(1);
  EXPECT_TRUE(put_in_time(*specs, model("digits", 6)));
  EXPECT_TRUE(lists(*specs, model("digits", 6)));

  // The third dies as well: nothing is written any more, but messages still flow.
  kill_server(2);
  EXPECT_TRUE(wait_until([&] { return !specs->put(model("digits", 7), std::nullopt); }));
  const auto refused = specs->put(model("digits", 8), std::nullopt);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kUnavailable);
  EXPECT_THAT(refused.error().message, testing::HasSubstr("quorum"));
  auto a = transport(0, "a"), b = transport(0, "b");
  Inbox in_b;
  in_b.attach(*b);
  a->send("b", "still here");
  EXPECT_TRUE(wait_until([&] { return in_b.has("still here"); }));

  // One comes back: a majority again.
  restart_server(1);
  EXPECT_TRUE(put_in_time(*specs, model("digits", 9)));
  EXPECT_TRUE(lists(*specs, model("digits", 9)));
}

TEST_F(Nats, MessagesCrossTheCluster) {
  start_servers(3);
  auto a = transport(0, "a"), b = transport(2, "b");
  Inbox in_b;
  in_b.attach(*b);
  EXPECT_TRUE(wait_until([&] {
    a->send("b", "across");
    return in_b.has("across");
  }));
}

TEST_F(Nats, SaysWhichPortIsTaken) {
  const Listener other;
  auto o = options("n");
  o.client_port = other.port;
  auto server = NatsServer::start(o);
  ASSERT_FALSE(server);
  EXPECT_EQ(server.error().code, ErrorCode::kConflict);
  EXPECT_THAT(server.error().message,
              testing::HasSubstr("client port " + std::to_string(other.port)));

  o = options("n");
  o.cluster_port = other.port;
  o.routes = {"127.0.0.1:" + std::to_string(other.port)};
  o.cluster_user = o.cluster_password = "x";
  server = NatsServer::start(o);
  ASSERT_FALSE(server);
  EXPECT_THAT(server.error().message,
              testing::HasSubstr("cluster port " + std::to_string(other.port)));
}

TEST_F(Nats, SaysWhereNobodyAnswers) {
  const int port = Listener().port;
  const auto url = "nats://127.0.0.1:" + std::to_string(port);
  const auto connection = NatsConnection::connect({url, "agent", "s3cret", "test"});
  ASSERT_FALSE(connection);
  EXPECT_EQ(connection.error().code, ErrorCode::kUnavailable);
  EXPECT_THAT(connection.error().message, testing::HasSubstr(url));
}

TEST_F(Nats, KeepsItsPasswordsToItself) {
  start_servers(1);
  struct stat status {};
  ASSERT_EQ(::stat((folder_ / "n0" / "nats.conf").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600u);
  EXPECT_FALSE(NatsConnection::connect({servers_[0]->url(), "agent", "wrong", "test"}));
}

TEST(NatsConfig, RefusesWhatWouldChangeItsMeaning) {
  NatsServerOptions o;
  o.name = "n";
  o.directory = "/data";
  o.user = "agent";
  o.password = "quote\"inside";
  const auto text = nats_config_text(o);
  ASSERT_FALSE(text);
  EXPECT_EQ(text.error().code, ErrorCode::kInvalid);
  EXPECT_THAT(text.error().message, testing::Not(testing::HasSubstr("quote")));
}

}  // namespace
}  // namespace starling
