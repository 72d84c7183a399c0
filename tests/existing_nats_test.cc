// A fleet on a NATS server that was there before it and stays after it.
#include <gtest/gtest.h>

#include <fstream>

#include "tests/running_fleet.h"

namespace starling::system_test {
namespace {

/// Started with a password and JetStream, as an operator would; ends with the object.
class OperatorsNats {
 public:
  explicit OperatorsNats(const std::filesystem::path& folder) : folder_(folder) {
    ChildOptions options;
    options.arguments = {"nats-server", "-js",      "-sd",    folder / "messages", "-a",
                         "127.0.0.1",   "-p",       "-1",     "--ports_file_dir",  folder,
                         "--user",      "operator", "--pass", "of the fleet"};
    options.output = folder / "nats.log";
    auto process = ChildProcess::spawn(options);
    if (process) process_ = std::move(*process);
  }

  bool running() { return process_ && process_->running(); }
  /// From the file that the server writes once it listens; empty when it does not.
  std::string url() {
    std::string url;
    (void)eventually(30s, [&] {
      std::ifstream file(folder_ / fmt::format("nats-server_{}.ports", process_->pid()));
      const auto ports = nlohmann::json::parse(file, nullptr, false);
      if (ports.contains("nats")) url = ports["nats"][0];
      return !url.empty() || !running();
    });
    return url;
  }

 private:
  std::filesystem::path folder_;
  std::optional<ChildProcess> process_;
};

TEST(ExistingNats, CarriesAFleetAndOutlivesIt) {
  if (const auto missing = missing_programs(); !missing.empty()) GTEST_SKIP() << missing;
  const TemporaryFolder folder;
  OperatorsNats nats(folder.path());
  const auto url = nats.url();
  ASSERT_NE(url, "");
  const auto started = RunningFleet::start(
      2, {"--nats", url, "--nats-user", "operator", "--nats-password", "of the fleet"});
  ASSERT_TRUE(started) << started.error().message;
  auto& fleet = **started;
  const auto processes = descendants(fleet.pid());
  EXPECT_EQ(still_running(processes).find("nats-server"), std::string::npos)
      << "a server of the fleet's own";

  const auto applied = fleet.command("starling apply -f models/digits.yaml");
  ASSERT_EQ(applied.exit_code, 0) << applied.err;
  for (const auto& member : fleet.members()) {
    Result<std::string> body = fail(ErrorCode::kUnavailable, "not asked yet");
    EXPECT_TRUE(eventually(90s,
                           [&] {
                             body = request_of_zeros(member.gateway, "digits");
                             return body.has_value();
                           }))
        << member.name << ": " << (body ? "" : body.error().message);
    const auto answer =
        ask({"POST", member.gateway, "/v2/models/digits/infer", body.value_or(""), ""});
    EXPECT_EQ(answer.status, 200) << member.name << ": " << answer.body;
  }

  const auto deleted = fleet.command("starling delete digits");
  EXPECT_EQ(deleted.exit_code, 0) << deleted.err;
  for (const auto& member : fleet.members()) {
    EXPECT_TRUE(eventually(60s,
                           [&] {
                             return fleet.get(member, "/v1/models/digits").status == 404 &&
                                    fleet.get(member, "/v1/replicas").json().empty();
                           }))
        << member.name << ": " << fleet.get(member, "/v1/replicas").body;
  }

  const auto all = descendants(fleet.pid());
  EXPECT_EQ(fleet.interrupt(), "exit code 0");
  EXPECT_TRUE(eventually(10s, [&] { return still_running(all).empty(); })) << still_running(all);
  EXPECT_TRUE(nats.running()) << "it is not the fleet's to stop";
}

}  // namespace
}  // namespace starling::system_test
