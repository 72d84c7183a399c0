// The driver against gateways of ours, on the real clock. What is expected follows from the
// schedule, which is known beforehand, never from how fast this machine is.
#include "apps/lab/drive_run.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cmath>
#include <functional>
#include <future>
#include <numeric>
#include <thread>

#include "apps/lab/drive_gateway_for_tests.h"

namespace starling::lab {
namespace {

using Manner = GatewayForTests::Manner;

constexpr double kRate = 200;

DriveModel model(const std::string& name = "m", double rate = kRate) {
  // The plan goes on after the run's end: the run, not the plan, says when to stop.
  return {name, RatePlan{0.25, std::vector<double>(40, rate)}, "{\"of\":\"" + name + "\"}", 100ms};
}

DriveOptions options(std::vector<std::string> gateways, Duration duration = 500ms) {
  DriveOptions o;
  o.gateways = std::move(gateways);
  o.duration = duration;
  o.seed = 5;
  o.quiet = true;
  return o;
}

const auto never = [] { return false; };

/// When the driver intends to send the requests of its model number `index`.
std::vector<double> intended(const DriveModel& m, const DriveOptions& o, std::size_t index = 0) {
  std::vector<double> times;
  for (PoissonSchedule s(m.plan, Rng(o.seed).split(index)); s.next() <= seconds(o.duration);
       s.advance())
    times.push_back(s.next());
  return times;
}

DriveTally tally_of(const DriveModel& m, const DriveOptions& o) {
  auto report = drive({m}, o, never);
  if (!report) throw std::runtime_error(report.error().message);
  return report->models.at(0);
}

bool eventually(const std::function<bool()>& holds) {
  const auto deadline = std::chrono::steady_clock::now() + 60s;
  while (!holds()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(1ms);
  }
  return true;
}

/// A port of the loopback interface where connections are refused.
class RefusingPort {
 public:
  RefusingPort() : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    if (::bind(socket_, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
        ::getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
      std::abort();
    }
    port_ = ntohs(address.sin_port);
  }
  ~RefusingPort() { ::close(socket_); }
  RefusingPort(const RefusingPort&) = delete;
  RefusingPort& operator=(const RefusingPort&) = delete;
  std::string url() const { return fmt::format("http://127.0.0.1:{}", port_); }

 private:
  int socket_;
  int port_ = 0;
};

TEST(Drive, SendsWhatTheScheduleSaysToEachModel) {
  const GatewayForTests gateway;
  const std::vector<DriveModel> models{model("a"), model("b", 50)};
  const auto o = options({gateway.url()});
  const auto report = drive(models, o, never);
  ASSERT_TRUE(report) << report.error().message;
  ASSERT_EQ(report->models.size(), 2U);
  for (std::size_t i = 0; i < 2; ++i) {
    const auto& tally = report->models[i];
    const auto times = intended(models[i], o, i);
    EXPECT_EQ(tally.sent, times.size());
    EXPECT_EQ(tally.answered, times.size()) << tally.problem;
    EXPECT_EQ(tally.failed + tally.retried + tally.unfinished, 0U) << tally.problem;
    EXPECT_EQ(tally.latency.count(), times.size());
    std::vector<double> per_step(2, 0);
    for (const double t : times) ++per_step.at(static_cast<std::size_t>(t / 0.25));
    EXPECT_EQ(tally.sent_per_step, per_step);
  }
  EXPECT_EQ(report->lag.count(), report->models[0].sent + report->models[1].sent);
  EXPECT_DOUBLE_EQ(report->elapsed_s, 0.5);
  EXPECT_THAT(gateway.requests(),
              testing::UnorderedElementsAre("POST /v2/models/a/infer {\"of\":\"a\"}",
                                            "POST /v2/models/b/infer {\"of\":\"b\"}"));
}

TEST(Drive, GatewaysShareTheLoad) {
  const GatewayForTests a, b, c;
  const auto tally = tally_of(model(), options({a.url(), b.url(), c.url()}));
  EXPECT_EQ(tally.answered, tally.sent);
  const auto third = static_cast<double>(tally.sent) / 3;
  for (const auto* gateway : {&a, &b, &c}) EXPECT_NEAR(gateway->received(), third, 1);
}

// A driver that waits for answers before it sends more would never come to the end of the schedule
// here, and would report one slow request instead of a hundred.
TEST(Drive, AStallHoldsNoRequestBackAndCountsInAllOfThem) {
  GatewayForTests gateway;
  const auto m = model();
  const auto o = options({gateway.url()});
  const auto times = intended(m, o);
  gateway.hold();
  auto tally = std::async(std::launch::async, [&] { return tally_of(m, o); });
  EXPECT_TRUE(eventually([&] { return gateway.received() == static_cast<int>(times.size()); }))
      << gateway.received() << " of " << times.size();
  gateway.release();
  const auto counted = tally.get();
  EXPECT_EQ(counted.answered, times.size()) << counted.problem;
  // Nothing was answered before the last one had been sent.
  double waited_s = 0;
  std::uint64_t may_meet_slo = 0;
  for (const double t : times) {
    waited_s += times.back() - t;
    may_meet_slo += times.back() - t <= seconds(*m.slo);
  }
  EXPECT_GE(counted.latency.sum(), waited_s);
  EXPECT_LE(counted.met_slo, may_meet_slo);
}

// Stops the driver's own thread, as a busy machine would, until long after the end of the run. What
// was due in the meantime is sent late and must have waited, though its gateway answers at once.
TEST(Drive, LatenciesCountFromTheIntendedTimeAndLateRequestsAreNotLeftOut) {
  static constexpr Duration kStall{3500ms};
  struct sigaction stall {};
  struct sigaction before {};
  stall.sa_handler = [](int) {
    const timespec rest{kStall / 1s, (kStall % 1s) / 1ns};
    ::nanosleep(&rest, nullptr);
  };
  ASSERT_EQ(::sigaction(SIGUSR1, &stall, &before), 0);
  const GatewayForTests gateway;
  const auto m = model("m", 100);
  const auto o = options({gateway.url()}, 2s);
  Result<DriveReport> report = fail(ErrorCode::kInternal, "did not run");
  std::thread driver([&] { report = drive({m}, o, never); });
  EXPECT_TRUE(eventually([&] { return gateway.received() > 0; }));
  ::pthread_kill(driver.native_handle(), SIGUSR1);
  driver.join();
  ::sigaction(SIGUSR1, &before, nullptr);

  ASSERT_TRUE(report) << report.error().message;
  const auto& tally = report->models.at(0);
  EXPECT_EQ(tally.sent, intended(m, o).size());
  ASSERT_EQ(tally.answered, tally.sent) << tally.problem;
  EXPECT_GE(tally.latency.sum(), report->lag.sum());
  for (const double late_s : {0.5, 1.0, 2.0}) {
    const auto late = tally.sent - report->lag.count_up_to(late_s);
    EXPECT_GE(tally.latency.count() - tally.latency.count_up_to(late_s), late) << late_s;
  }
  // The stall outlasted the run by 1.5 s.
  EXPECT_GT(report->lag.quantile(1), 1.4);
}

TEST(Drive, ARefusedRequestGoesToAnotherGatewayAndTheOneThatRefusedIsLeftAlone) {
  const RefusingPort refusing;
  const GatewayForTests gateway;
  const auto tally = tally_of(model(), options({refusing.url(), gateway.url()}, 3s));
  EXPECT_EQ(tally.answered, tally.sent) << tally.problem;
  EXPECT_EQ(tally.failed, 0U);
  EXPECT_GE(tally.retried, 1U);
  EXPECT_LT(tally.retried, tally.sent / 2) << "every second one was due there";
  EXPECT_EQ(gateway.received(), static_cast<int>(tally.sent));
}

TEST(Drive, AGatewayThatHangsUpIsLeftForAnother) {
  const GatewayForTests hanging_up(Manner::kHangUp), gateway;
  const auto tally = tally_of(model(), options({hanging_up.url(), gateway.url()}));
  EXPECT_EQ(tally.answered, tally.sent) << tally.problem;
  EXPECT_GE(tally.retried, 1U);
  EXPECT_GE(hanging_up.received(), 1);
}

TEST(Drive, AFailureIsCountedOnceHoweverOftenItWasTried) {
  const GatewayForTests a(Manner::kHangUp), b(Manner::kHangUp);
  const auto o = options({a.url(), b.url()});
  const auto tally = tally_of(model(), o);
  EXPECT_EQ(tally.failed, tally.sent);
  EXPECT_EQ(tally.retried, tally.sent * static_cast<std::uint64_t>(o.retries_max));
  EXPECT_EQ(tally.answered + tally.met_slo + tally.latency.count(), 0U);
  EXPECT_NE(tally.problem, "");
}

TEST(Drive, TheOnlyGatewayIsNotTriedAgain) {
  const GatewayForTests hanging_up(Manner::kHangUp);
  const RefusingPort refusing;
  for (const auto& url : {hanging_up.url(), refusing.url()}) {
    const auto tally = tally_of(model(), options({url}));
    EXPECT_EQ(tally.failed, tally.sent);
    EXPECT_EQ(tally.retried, 0U);
    EXPECT_NE(tally.problem, "");
  }
}

// Half an answer came: the request was worked on, and a second try would count the load twice.
TEST(Drive, ABrokenAnswerIsAFailureWithoutRetry) {
  const GatewayForTests a(Manner::kBreakOff), b(Manner::kBreakOff);
  const auto tally = tally_of(model(), options({a.url(), b.url()}));
  EXPECT_EQ(tally.failed, tally.sent);
  EXPECT_EQ(tally.retried, 0U);
  EXPECT_EQ(a.received() + b.received(), static_cast<int>(tally.sent));
}

TEST(Drive, AnErrorStatusIsAFailureAndNamed) {
  const GatewayForTests busy(Manner::kBusy);
  const auto tally = tally_of(model(), options({busy.url()}));
  EXPECT_EQ(tally.failed, tally.sent);
  EXPECT_EQ(tally.met_slo + tally.latency.count(), 0U);
  EXPECT_EQ(tally.problem, "HTTP status 503");
}

TEST(Drive, AnAnswerThatNeverComesIsAFailureAfterTheTimeOut) {
  GatewayForTests silent;
  silent.hold();
  auto o = options({silent.url()});
  o.timeout = 100ms;
  const auto tally = tally_of(model(), o);
  EXPECT_EQ(tally.failed, tally.sent);
  EXPECT_EQ(tally.unfinished, 0U);
}

TEST(Drive, WhatIsOpenAtAnInterruptionIsUnfinished) {
  GatewayForTests silent;
  silent.hold();
  std::atomic<bool> stop{false};
  const std::vector<DriveModel> models{model()};
  const auto o = options({silent.url()}, 10s);
  auto driving =
      std::async(std::launch::async, [&] { return drive(models, o, [&] { return stop.load(); }); });
  EXPECT_TRUE(eventually([&] { return silent.received() > 0; }));
  stop = true;
  const auto report = driving.get();
  ASSERT_TRUE(report) << report.error().message;
  const auto& tally = report->models.at(0);
  EXPECT_GE(tally.unfinished, 1U);
  EXPECT_EQ(tally.unfinished, tally.sent);
  EXPECT_LT(report->elapsed_s, 10);
}

}  // namespace
}  // namespace starling::lab
