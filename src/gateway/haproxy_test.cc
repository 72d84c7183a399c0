// The gateway with a real HAProxy and small HTTP servers as replicas.
#include "gateway/haproxy.h"

#include <gtest/gtest.h>
#include <signal.h>

#include <map>
#include <thread>

#include "gateway/haproxy_for_tests.h"

namespace starling {
namespace {

using namespace gateway_tests;

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

TEST_F(Haproxy, IsNotReadyBeforeItKnowsTheModels) {
  start();
  const auto ready = [&] {
    return httplib::Client("127.0.0.1", options_.port).Get("/v2/health/ready")->status;
  };
  EXPECT_EQ(ready(), 503);
  const auto early = post("digits");
  EXPECT_EQ(early.status, 503);
  EXPECT_EQ(early.retry_after, "1");
  apply({});
  EXPECT_EQ(ready(), 200);
  EXPECT_EQ(post("digits").status, 404) << "there are no models, and it knows";
  ::kill(gateway_->pid(), SIGKILL);
  EXPECT_TRUE(collect_until([&](const auto&) { return ready() == 200; })) << "it knows them still";
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

TEST_F(Haproxy, FinishesWhatIsUnderWayAndSaysThatItIsNotReady) {
  start();
  Replica slow("slow", 2s);
  apply({{"digits", {slow.target("a")}}});
  Answer under_way;
  std::thread client([&] { under_way = post("digits"); });
  EXPECT_TRUE(collect_until([](const std::vector<ModelTraffic>& traffic) {
    return !traffic.empty() && traffic.front().in_flight >= 1;
  }));
  std::atomic<bool> finished{false}, seen_not_ready{false};
  std::thread balancer([&] {
    while (!finished) {
      const auto answer = httplib::Client("127.0.0.1", options_.port).Get("/v2/health/ready");
      if (answer && answer->status == 503) seen_not_ready = true;
      std::this_thread::sleep_for(10ms);
    }
  });
  gateway_->finish(20s);
  finished = true;
  client.join();
  balancer.join();
  EXPECT_EQ(under_way.status, 200);
  EXPECT_EQ(under_way.body, "slow");
  EXPECT_TRUE(seen_not_ready);
  EXPECT_FALSE(httplib::Client("127.0.0.1", options_.port).Get("/v2/health/live"));
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

TEST_F(Haproxy, TakesBackWhatAReplicaOutOfReachWasSent) {
  start();
  VanishingReplica gone;
  Replica good("good");
  apply({{"digits", {gone.target("gone")}}});
  Answer answer;
  std::atomic<bool> answered = false;
  std::thread client([&] {
    answer = post("digits");
    answered = true;
  });
  EXPECT_TRUE(collect_until([&](const auto&) { return gone.vanished(); }));
  apply({{"digits", {good.target("good")}}});
  EXPECT_TRUE(collect_until([&](const auto&) { return answered.load(); }));
  client.join();
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body, "good");
}

TEST_F(Haproxy, RejectsAtOnceWhatIsBeyondTheLimit) {
  start();
  Replica slow("slow", 1s), other("other", 50ms);
  apply({{"digits", {slow.target("s", 4)}}, {"prices", {other.target("o", 1)}}});
  ASSERT_TRUE(gateway_->limit({{"digits", {6, 7}}}));
  ASSERT_TRUE(gateway_->collect());
  const auto burst = [&](const std::string& model) {
    std::vector<Answer> answers(8);
    std::vector<std::thread> clients;
    for (auto& answer : answers) clients.emplace_back([&] { answer = post(model); });
    for (auto& client : clients) client.join();
    return answers;
  };
  const auto with = [](const std::vector<Answer>& answers, int status) {
    return std::count_if(answers.begin(), answers.end(),
                         [&](const Answer& answer) { return answer.status == status; });
  };
  const auto answers = burst("digits");
  EXPECT_EQ(with(answers, 200), 6) << "four in service and two that wait";
  EXPECT_EQ(with(answers, 429), 2);
  for (const auto& answer : answers) {
    if (answer.status != 429) continue;
    EXPECT_EQ(answer.retry_after, "7");
    EXPECT_NE(answer.body.find("try again in 7 s"), std::string::npos) << answer.body;
  }
  EXPECT_EQ(with(burst("prices"), 200), 8) << "a model without a limit queues";

  ModelTraffic sum;
  EXPECT_TRUE(collect_until([&](const std::vector<ModelTraffic>& traffic) {
    for (const auto& t : traffic) {
      if (t.model != "digits") continue;
      sum.arrivals += t.arrivals;
      sum.completed += t.completed;
      sum.rejected += t.rejected;
      sum.failed += t.failed;
      sum.latency.merge(t.latency);
    }
    return sum.completed + sum.rejected == 8;
  }));
  EXPECT_EQ(sum.arrivals, 8u) << "what is rejected has arrived";
  EXPECT_EQ(sum.rejected, 2u);
  EXPECT_EQ(sum.failed, 0u);
  EXPECT_EQ(sum.latency.count(), 6u) << "a quick rejection is no latency";

  ASSERT_TRUE(gateway_->limit({{"digits", {7, 1}}}));  // a limit changes while it runs
  EXPECT_EQ(with(burst("digits"), 200), 7);
  ASSERT_TRUE(gateway_->limit({}));
  EXPECT_EQ(with(burst("digits"), 200), 8);
}

TEST_F(Haproxy, LimitsWhatIsHeldWhileThereIsNoReplicaAndAfterACrash) {
  start();
  apply({{"digits", {}}});
  ASSERT_TRUE(gateway_->limit({{"digits", {2, 9}}}));
  const pid_t before = gateway_->pid();
  ::kill(before, SIGKILL);
  EXPECT_TRUE(collect_until([&](const auto&) { return gateway_->pid() != before; }));
  std::vector<Answer> held(2);
  std::vector<std::thread> clients;
  for (auto& answer : held) clients.emplace_back([&] { answer = post("digits"); });
  EXPECT_TRUE(wait_for_queue("digits", 2));
  const auto rejected = post("digits");
  EXPECT_EQ(rejected.status, 429);
  EXPECT_EQ(rejected.retry_after, "9");
  Replica a("a");
  apply({{"digits", {a.target("a", 1)}}});
  for (auto& client : clients) client.join();
  for (const auto& answer : held) EXPECT_EQ(answer.body, "a");
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

TEST_F(Haproxy, AModelTooManyKeepsNoOtherFromBeingServedAndCounted) {
  options_.slots = 2;
  Replica a("a");
  start();
  const Routes routes{{"m1", {a.target("a")}}, {"m2", {a.target("a")}}, {"m3", {a.target("a")}}};
  ASSERT_FALSE(gateway_->apply(routes));
  EXPECT_EQ(post("m1").body, "a");
  EXPECT_EQ(post("m2").body, "a");
  EXPECT_EQ(post("m3").status, 404) << "the gateway knows its models";
  std::uint64_t arrivals = 0;
  EXPECT_TRUE(collect_until([&](const std::vector<ModelTraffic>& traffic) {
    for (const auto& t : traffic) arrivals += t.arrivals;
    return arrivals >= 2;
  }));
}

TEST_F(Haproxy, SaysThatTheFolderHasABlank) {
  options_.directory = options_.directory / "my data";
  const auto gateway = HaproxyGateway::start(options_);
  ASSERT_FALSE(gateway);
  EXPECT_NE(gateway.error().message.find("choose a data folder without blanks"), std::string::npos);
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
