// The world around a gateway under test: replicas, well and dying, clients, and a real HAProxy.
#pragma once

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <httplib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/child_process.h"
#include "gateway/haproxy.h"
#include "gateway/unix_socket.h"

namespace starling::gateway_tests {

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

inline int free_port() { return Listener().port; }

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

/// Takes one request, never answers it, and takes no connection afterwards: as a node looks that
/// was cut off.
class VanishingReplica {
 public:
  VanishingReplica() : thread_([this] { run(); }) {}
  ~VanishingReplica() {
    ::shutdown(listener_.socket.get(), SHUT_RDWR);
    thread_.join();
  }
  RouteTarget target(const std::string& id) const {
    return {id, "127.0.0.1:" + std::to_string(listener_.port), 8};
  }
  bool vanished() const { return vanished_; }

 private:
  void run() {
    while (!vanished_) {
      FileDescriptor connection(::accept(listener_.socket.get(), nullptr, nullptr));
      if (connection.get() < 0) return;
      char buffer[4096];
      if (::recv(connection.get(), buffer, sizeof buffer, 0) <= 0) continue;  // a check
      held_ = std::move(connection);
      ::shutdown(listener_.socket.get(), SHUT_RDWR);
      vanished_ = true;
    }
  }
  Listener listener_;
  FileDescriptor held_;
  std::atomic<bool> vanished_ = false;
  std::thread thread_;
};

/// What a client got; status 0 if there was no HTTP answer.
struct Answer {
  int status = 0;
  std::string body;
  std::string retry_after = "";
};

/// A gateway of its own for each test, on a free port and in a folder that is removed afterwards.
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
    return result ? Answer{result->status, result->body, result->get_header_value("Retry-After")}
                  : Answer{};
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

}  // namespace starling::gateway_tests
