// Real NATS servers in a folder of the test's own: what the tests of the transport and of the spec
// store share.
#pragma once

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <functional>
#include <map>
#include <mutex>
#include <thread>
#include <vector>

#include "base/child_process.h"
#include "transport/nats_server.h"
#include "transport/nats_transport.h"

namespace starling {

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

/// Asks until it holds. False when the time is over.
inline bool wait_until(const std::function<bool()>& done, Duration longest = 60s) {
  const auto deadline = std::chrono::steady_clock::now() + longest;
  while (std::chrono::steady_clock::now() < deadline) {
    if (done()) return true;
    std::this_thread::sleep_for(20ms);
  }
  return done();
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

/// Server i of those that a test starts is servers_[i].
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

  std::filesystem::path folder_;
  std::vector<std::unique_ptr<NatsServer>> servers_;
  std::map<std::size_t, pid_t> killed_;
};

}  // namespace starling
