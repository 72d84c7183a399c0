// A server on a port of its own, for tests of routes.
#pragma once

#include <fmt/format.h>
#include <httplib.h>

#include <chrono>
#include <string>
#include <thread>

namespace starling {

/// Serves until it goes; the port is the system's choice.
class Listening {
 public:
  httplib::Server& server() { return server_; }
  std::string listen() {
    port_ = server_.bind_to_any_port("127.0.0.1");
    thread_ = std::thread([this] { server_.listen_after_bind(); });
    while (!server_.is_running()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    return fmt::format("127.0.0.1:{}", port_);
  }
  ~Listening() {
    server_.stop();
    if (thread_.joinable()) thread_.join();
  }

 private:
  httplib::Server server_;
  std::thread thread_;
  int port_ = 0;
};

}  // namespace starling
