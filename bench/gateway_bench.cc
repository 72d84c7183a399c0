// What the gateway adds: the same clients against a replica, a bare HAProxy before it, and the
// gateway before it.
#include <arpa/inet.h>
#include <fmt/format.h>
#include <httplib.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <thread>
#include <vector>

#include "base/child_process.h"
#include "gateway/haproxy.h"

namespace {

using namespace starling;

int free_port() {
  const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  ::bind(fd, reinterpret_cast<sockaddr*>(&address), size);
  ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
  ::close(fd);
  return ntohs(address.sin_port);
}

/// One request after the other per client, for two seconds.
void measure(const std::string& what, int port, int clients) {
  std::vector<std::vector<double>> latencies(static_cast<std::size_t>(clients));
  std::vector<std::thread> threads;
  const auto begin = std::chrono::steady_clock::now();
  for (auto& mine : latencies) {
    threads.emplace_back([&mine, port, begin] {
      httplib::Client client("127.0.0.1", port);
      client.set_keep_alive(true);
      client.set_tcp_nodelay(true);
      while (std::chrono::steady_clock::now() - begin < 2s) {
        const auto sent = std::chrono::steady_clock::now();
        const auto result = client.Post("/v2/models/m/infer", "{}", "application/json");
        if (!result || result->status != 200) continue;
        mine.push_back(
            std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - sent)
                .count());
      }
    });
  }
  for (auto& thread : threads) thread.join();
  std::vector<double> all;
  for (const auto& mine : latencies) all.insert(all.end(), mine.begin(), mine.end());
  if (all.empty()) std::abort();
  std::sort(all.begin(), all.end());
  fmt::print("{:<14} {} clients  {:6.0f} requests/s  p50 {:5.0f} µs  p99 {:5.0f} µs\n", what,
             clients, static_cast<double>(all.size()) / 2, all[all.size() / 2],
             all[all.size() * 99 / 100]);
}

}  // namespace

int main() {
  httplib::Server replica;
  replica.set_tcp_nodelay(true);
  replica.set_keep_alive_max_count(1'000'000);
  replica.new_task_queue = [] { return new httplib::ThreadPool(32); };
  replica.Post(".*", [](const httplib::Request&, httplib::Response& response) {
    response.set_header("x-starling-service-us", "10");
    response.set_content("{}", "application/json");
  });
  const int replica_port = replica.bind_to_any_port("127.0.0.1");

  char folder[] = "/tmp/starling-gateway-bench-XXXXXX";
  if (::mkdtemp(folder) == nullptr) return 1;
  const std::filesystem::path directory(folder);
  const int bare_port = free_port();
  std::ofstream(directory / "bare.cfg") << fmt::format(
      "global\n nbthread 1\ndefaults\n mode http\n timeout connect 1s\n timeout client 60s\n "
      "timeout server 60s\n"
      " http-reuse always\nlisten l\n bind 127.0.0.1:{}\n server s 127.0.0.1:{} maxconn 16\n",
      bare_port, replica_port);
  ChildOptions bare_options;
  bare_options.arguments = {"haproxy", "-db", "-q", "-f", (directory / "bare.cfg").string()};
  auto bare = ChildProcess::spawn(bare_options);
  HaproxyOptions options;
  options.directory = directory / "gateway";
  options.port = free_port();
  auto gateway = HaproxyGateway::start(options);
  if (!bare || !gateway) {
    fmt::print(stderr, "{}\n", !bare ? bare.error().message : gateway.error().message);
    return 1;
  }
  std::thread serving([&] { replica.listen_after_bind(); });
  (void)(*gateway)->apply({{"m", {{"r1", fmt::format("127.0.0.1:{}", replica_port), 16}}}});

  for (const int clients : {1, 8}) {
    measure("replica alone", replica_port, clients);
    measure("bare HAProxy", bare_port, clients);
    measure("gateway", options.port, clients);
  }
  gateway->reset();
  replica.stop();
  serving.join();
  std::filesystem::remove_all(directory);
  return 0;
}
