// Servers and messages over real NATS servers; the spec store has tests of its own.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "base/file.h"
#include "transport/nats_for_tests.h"

namespace starling {
namespace {

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

TEST_F(Nats, ATopicIsHeardOnlyByThoseWhoAskedForIt) {
  start_servers(1);
  auto a = transport(0, "a"), b = transport(0, "b");
  const auto on_topic = [&](const std::string& node) {
    auto made = NatsTransport::create(connect(0), "fleet", node, "learning");
    EXPECT_TRUE(made) << made.error().message;
    return std::move(*made);
  };
  auto a_learns = on_topic("a"), b_learns = on_topic("b");
  Inbox in_b, in_b_learns;
  in_b.attach(*b), in_b_learns.attach(*b_learns);
  a_learns->send("b", "weights");
  a_learns->broadcast("more weights");
  a->send("b", "a decision");
  EXPECT_TRUE(
      wait_until([&] { return in_b_learns.messages().size() == 2 && in_b.has("a decision"); }));
  EXPECT_EQ(in_b.messages().size(), 1u);
  EXPECT_FALSE(NatsTransport::create(connect(0), "fleet", "a", "two.parts"));
}

TEST_F(Nats, ACellHearsWhatIsToldToThePathsThatItBegins) {
  start_servers(2);
  auto a = transport(0, "a"), b = transport(1, "b"), c = transport(0, "c");
  Inbox in_a, in_b, in_c;
  in_a.attach(*a), in_b.attach(*b), in_c.attach(*c);
  const auto told = [&](const char* path, const char* text, const Inbox& inbox) {
    return wait_until([&] {
      a->tell(path, text);
      return inbox.has(text);
    });
  };
  EXPECT_TRUE(told("aws.0.1", "to everybody at first", in_b));
  a->listen("aws"), b->listen("aws.0"), c->listen("aws.1");
  EXPECT_TRUE(told("aws.0.1", "to b", in_b));
  EXPECT_TRUE(told("aws.1.0", "to c", in_c));
  EXPECT_FALSE(in_b.has("to c"));
  EXPECT_FALSE(in_c.has("to b"));

  // The fleet is divided anew: b joins c, and what its old cell is told does not reach it.
  b->listen("aws.1");
  EXPECT_TRUE(told("aws.1.0", "to both", in_b));
  a->tell("aws.0.1", "to the cell that b left");
  a->broadcast("to all others");
  EXPECT_TRUE(wait_until([&] { return in_b.has("to all others"); }));
  EXPECT_FALSE(in_b.has("to the cell that b left"));
  EXPECT_TRUE(in_a.messages().empty()) << "nobody hears itself";
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
