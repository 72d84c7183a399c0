// starling logs: what replicas have printed.
#include <cmath>
#include <cstdio>
#include <map>
#include <sstream>
#include <thread>

#include "apps/cli/commands.h"
#include "base/iso8601.h"

namespace starling::cli {
namespace {

using Json = nlohmann::json;

constexpr auto kFollowEvery = 1s;
constexpr int kBytesMax = 256 << 10;  // that an agent gives of one log at a time

struct LogsOptions {
  Common common;
  std::string name;
  int lines = 50;
  bool follow = false;
};

/// The logs of a replica, or else of all of a model's.
Result<Json> asked(const Fleet& fleet, const std::string& name, int bytes) {
  const auto path = [&](const char* what) {
    return fmt::format("/v1/logs?{}={}&bytes={}", what, url_encode(name), bytes);
  };
  auto of_replica = fleet.call("GET", path("replica"));
  if (of_replica ? !of_replica->at("logs").empty()
                 : of_replica.error().code != ErrorCode::kNotFound) {
    return of_replica;
  }
  return fleet.call("GET", path("model"));
}

std::string last_lines(const std::string& text, int lines) {
  std::size_t begin = text.size();
  if (begin > 0 && text[begin - 1] == '\n') --begin;  // of the last line
  for (int i = 0; i < lines && begin > 0; ++i) {
    const auto end = text.rfind('\n', begin - 1);
    begin = end == std::string::npos ? 0 : end;
  }
  return text.substr(begin > 0 ? begin + 1 : 0);
}

/// Each line with whose it is before it, where that is not clear.
void print_lines(const std::string& replica, const std::string& text, bool named) {
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) {
    if (named) fmt::print("{}: ", replica);
    fmt::print("{}\n", line);
  }
}

void warn_of_silent(const Json& answer) {
  for (const auto& node : answer.at("unreachable")) {
    fmt::print(stderr, "warning: node {} did not answer: its logs are missing\n",
               node.get<std::string>());
  }
}

void print_logs(const Json& answer, int lines) {
  const Json& logs = answer.at("logs");
  for (const auto& log : logs) {
    const auto replica = log.at("replica").get<std::string>();
    if (logs.size() > 1) {
      fmt::print("==> {} on {}, last written {} <==\n", replica, log.at("node").get<std::string>(),
                 iso8601(from_unix_seconds(std::floor(log.at("written").get<double>()))));
    }
    print_lines(replica, last_lines(log.at("text").get<std::string>(), lines), false);
  }
}

/// What is added from now on, of replicas to come as well.
void follow(const Fleet& fleet, const LogsOptions& options, const Json& first) {
  std::map<std::string, std::int64_t> seen;
  for (const auto& log : first.at("logs")) seen[log.at("replica")] = log.at("end");
  while (std::fflush(stdout) == 0) {
    std::this_thread::sleep_for(kFollowEvery);
    const auto now = asked(fleet, options.name, 0);
    if (!now) continue;  // an agent may come back
    for (const auto& log : now->at("logs")) {
      const auto replica = log.at("replica").get<std::string>();
      auto& end = seen[replica];
      if (log.at("end") == end) continue;
      const auto more = fleet.call("GET", fmt::format("/v1/logs?replica={}&from={}&bytes={}",
                                                      url_encode(replica), end, kBytesMax));
      if (!more || more->at("logs").empty()) continue;
      const Json& part = more->at("logs")[0];
      print_lines(replica, part.at("text").get<std::string>(), seen.size() > 1);
      end = part.at("end").get<std::int64_t>();
    }
  }
}

void run_logs(const LogsOptions& options) {
  const Fleet fleet = fleet_of(options.common);
  const auto answer = asked(fleet, options.name, kBytesMax);
  if (!answer) stop_with(answer.error());
  warn_of_silent(*answer);
  if (options.common.output == "json") return fmt::print("{}\n", answer->at("logs").dump(2));
  print_logs(*answer, options.lines);
  if (options.follow) follow(fleet, options, *answer);
}

}  // namespace

void add_logs_command(CLI::App& app) {
  auto* command = app.add_subcommand(
      "logs", "What a replica has printed, or all of a model's, those that failed included");
  auto options = std::make_shared<LogsOptions>();
  command->add_option("name", options->name, "A replica's id, or a model's name")->required();
  command->add_option("-n,--lines", options->lines, "At most so many lines of each, the last ones")
      ->check(CLI::Range(0, 100'000))
      ->capture_default_str();
  command->add_flag("-f,--follow", options->follow, "Go on with what is added, until Ctrl-C");
  add_common(*command, options->common);
  command->footer("Examples:\n  starling logs digits\n  starling logs digits -n 5 --follow\n");
  command->callback([options] { run_logs(*options); });
}

}  // namespace starling::cli
