// What the server takes before it knows what is asked.
#include "api/server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <httplib.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <thread>

#include "api/backend_for_tests.h"
#include "base/free_ports.h"

namespace starling {
namespace {

using ::testing::StartsWith;

class ApiServerTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const auto ports = free_ports(1);
    ASSERT_TRUE(ports);
    port_ = ports->front();
    auto server = ApiServer::start({.port = port_, .token = "token"}, backend_);
    ASSERT_TRUE(server) << server.error().message;
    server_ = std::move(*server);
  }
  httplib::Client client() const {
    httplib::Client client("127.0.0.1", port_);
    client.set_read_timeout(std::chrono::seconds(30));
    client.set_bearer_token_auth("token");
    return client;
  }
  void serve_on_one_thread(const RequestBounds& bounds) {
    const auto ports = free_ports(1);
    ASSERT_TRUE(ports);
    port_ = ports->front();
    auto server = ApiServer::start(
        {.port = port_, .token = "token", .threads = 1, .bounds = bounds}, backend_);
    ASSERT_TRUE(server) << server.error().message;
    server_ = std::move(*server);
  }
  int connected() const {
    const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(static_cast<std::uint16_t>(port_));
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::connect(fd, reinterpret_cast<sockaddr*>(&to), sizeof to), 0);
    return fd;
  }
  /// What is answered to a request's head, of which no body follows.
  std::string answer_to(const std::string& head) const {
    const int fd = connected();
    std::string answer;
    if (::send(fd, head.data(), head.size(), 0) == static_cast<ssize_t>(head.size())) {
      char buffer[4096];
      const ssize_t n = ::recv(fd, buffer, sizeof buffer, 0);
      if (n > 0) answer.assign(buffer, static_cast<std::size_t>(n));
    }
    ::close(fd);
    return answer;
  }

  SilentBackend backend_;
  int port_ = 0;
  std::unique_ptr<ApiServer> server_;
};

TEST_F(ApiServerTest, ARequestThatComesByteByByteEndsInTime) {
  serve_on_one_thread({.request = 1s});
  const int fd = connected();
  const std::string head = "GET /healthz HTTP/1.1\r\nX-Slow: " + std::string(600, 'x');
  int sent = 0;
  for (const char byte : head) {
    if (::send(fd, &byte, 1, MSG_NOSIGNAL) != 1) break;
    ++sent;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  ::close(fd);
  EXPECT_LT(sent, static_cast<int>(head.size())) << "it has the one thread until it has no more";
  EXPECT_EQ(client().Get("/healthz")->status, 200);
}

TEST_F(ApiServerTest, WhoBeginsARequestAndFallsSilentIsNotWaitedForToTheEnd) {
  serve_on_one_thread({.request = std::chrono::hours(1), .pause = 100ms});
  const int fd = connected();
  ASSERT_EQ(::send(fd, "GET", 3, MSG_NOSIGNAL), 3);
  EXPECT_EQ(client().Get("/healthz")->status, 200) << "the one thread is free again";
  ::close(fd);
}

TEST_F(ApiServerTest, ABodyWithoutALengthIsRefusedUnread) {
  EXPECT_THAT(answer_to("POST /v1/query HTTP/1.1\r\nAuthorization: Bearer token\r\n"
                        "Transfer-Encoding: chunked\r\n\r\n"),
              StartsWith("HTTP/1.1 411"));
}

TEST_F(ApiServerTest, ACompressedBodyIsRefusedUnread) {
  const auto answer =
      client().Post("/v1/query", {{"Content-Encoding", "gzip"}}, "bytes", "application/json");
  ASSERT_TRUE(answer) << httplib::to_string(answer.error());
  EXPECT_EQ(answer->status, 415);
}

TEST_F(ApiServerTest, NobodyIsReadWithoutAToken) {
  httplib::Client stranger("127.0.0.1", port_);
  const auto elsewhere = stranger.Post("/x", "bytes", "application/json");
  ASSERT_TRUE(elsewhere);
  EXPECT_EQ(elsewhere->status, 404);
  const auto within = stranger.Post("/v1/query", "{}", "application/json");
  ASSERT_TRUE(within);
  EXPECT_EQ(within->status, 401);
  EXPECT_EQ(stranger.Get("/healthz")->status, 200);
}

TEST_F(ApiServerTest, ABodyThatIsTooLongIsRefused) {
  const auto answer =
      client().Post("/v1/query", std::string((1 << 20) + 1, ' '), "application/json");
  ASSERT_TRUE(answer) << httplib::to_string(answer.error());
  EXPECT_EQ(answer->status, 413);
}

}  // namespace
}  // namespace starling
