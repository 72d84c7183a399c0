// What an agent that misbehaves can do to one that asks it: little, and for a bounded time.
#include "api/http_client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <httplib.h>

#include <thread>

namespace starling {
namespace {

using ::testing::HasSubstr;

/// Answers GET / as told.
class HttpClientTest : public ::testing::Test {
 protected:
  void serve(httplib::Server::Handler handler) {
    server_.Get("/", std::move(handler));
    port_ = server_.bind_to_any_port("127.0.0.1");
    thread_ = std::thread([this] { server_.listen_after_bind(); });
    while (!server_.is_running()) std::this_thread::sleep_for(1ms);
  }
  ~HttpClientTest() override {
    server_.stop();
    if (thread_.joinable()) thread_.join();
  }

  Result<nlohmann::json> ask(Duration timeout) const {
    return call_agent({fmt::format("127.0.0.1:{}", port_), "token"}, "GET", "/", std::nullopt,
                      timeout);
  }

 private:
  httplib::Server server_;
  std::thread thread_;
  int port_ = 0;
};

TEST_F(HttpClientTest, GivesTheBody) {
  serve([](const auto& request, auto& response) {
    EXPECT_EQ(request.get_header_value("Authorization"), "Bearer token");
    response.set_content(R"({"live": true})", "application/json");
  });
  const auto answer = ask(10s);
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ((*answer)["live"], true);
}

TEST_F(HttpClientTest, AnErrorSpeaksWithTheAgentsWords) {
  serve([](const auto&, auto& response) {
    response.status = 404;
    response.set_content(R"({"error": "there is no model 'x'"})", "application/json");
  });
  const auto answer = ask(10s);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, ErrorCode::kNotFound);
  EXPECT_EQ(answer.error().message, "there is no model 'x'");
}

TEST_F(HttpClientTest, ATrickleEndsWithTheTimeOut) {
  serve([](const auto&, auto& response) {
    response.set_chunked_content_provider("application/json",
                                          [](std::size_t, httplib::DataSink& sink) {
                                            std::this_thread::sleep_for(20ms);
                                            return sink.write(" ", 1);
                                          });
  });
  const auto answer = ask(300ms);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, ErrorCode::kTimeout);
}

TEST_F(HttpClientTest, AnEndlessAnswerIsCutOff) {
  serve([](const auto&, auto& response) {
    response.set_chunked_content_provider(
        "application/json", [block = std::string(1 << 20, ' ')](std::size_t, auto& sink) {
          return sink.write(block.data(), block.size());
        });
  });
  const auto answer = ask(60s);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, ErrorCode::kTooLarge);
  EXPECT_THAT(answer.error().message, HasSubstr("more than 64 MiB"));
}

}  // namespace
}  // namespace starling
