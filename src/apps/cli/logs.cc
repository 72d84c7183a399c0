// starling logs: what replicas have printed.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <map>
#include <sstream>
#include <thread>

#include "apps/cli/commands.h"
#include "apps/cli/last_lines.h"
#include "base/iso8601.h"

namespace starling::cli {
namespace {

using Json = nlohmann::json;

constexpr auto kFollowEvery = 1s;
constexpr int kBytesMax = 256 << 10;  // that an agent gives of one log at a time
constexpr int kLineBytes = 256;       // are asked for, for each line

struct LogsOptions {
  Common common;
  std::string name;
  int lines = 50;
  bool follow = false;
};

/// What is asked for: a replica's log, or those of all replicas of a model.
struct Question {
  std::string what;  // "replica" or "model"
  std::string name;

  Result<Json> ask(const Fleet& fleet, int bytes) const {
    return fleet.call("GET", fmt::format("/v1/logs?{}={}&bytes={}", what, url_encode(name), bytes));
  }
};

/// A name is a model's, or else a replica's.
Question question_of(const Fleet& fleet, const std::string& name) {
  const auto models = fleet.call("GET", "/v1/models");
  if (!models) stop_with(models.error());
  const bool is_model = std::any_of(models->begin(), models->end(),
                                    [&](const Json& m) { return m.value("name", "") == name; });
  if (is_model) return {"model", name};
  const Question of_replica{"replica", name};
  const auto answer = of_replica.ask(fleet, 0);
  const bool is_replica = answer && !answer->at("logs").empty();
  return is_replica ? of_replica : Question{"model", name};  // one that was deleted
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

void print_logs(const Json& answer, const LogsOptions& options) {
  const Json& logs = answer.at("logs");
  for (const auto& log : logs) {
    const auto replica = log.at("replica").get<std::string>();
    if (logs.size() > 1) {
      fmt::print("==> {} on {}, last written {} <==\n", replica, log.at("node").get<std::string>(),
                 iso8601(from_unix_seconds(std::floor(log.at("written").get<double>()))));
    }
    auto text = log.at("text").get<std::string>();
    // Who follows sees a line that is still being written when it is whole.
    if (options.follow) text.resize(text.rfind('\n') + 1);
    print_lines(replica, last_lines(text, options.lines), false);
  }
}

/// How far a log is known that is followed.
struct Place {
  std::int64_t shown = 0;  // the end of what was printed
  std::int64_t size = 0;   // of the log when it was last looked at
  int still = 0;           // looks since it last grew
};

/// What a log has behind `place`: whole lines, and once it has not grown for some looks the rest.
void print_more(const Fleet& fleet, const std::string& replica, bool named, Place& place) {
  constexpr int kLooks = 3;
  const bool rest = place.still == kLooks;
  if (place.size == place.shown || (place.still > 0 && !rest)) return;
  const auto behind = std::min<std::int64_t>(place.size - place.shown, kBytesMax);
  const auto which = rest ? fmt::format("bytes={}", behind)
                          : fmt::format("from={}&bytes={}", place.shown, kBytesMax);
  const auto more =
      fleet.call("GET", fmt::format("/v1/logs?replica={}&{}", url_encode(replica), which));
  if (!more || more->at("logs").empty()) return;
  const Json& part = more->at("logs")[0];
  // Since it was looked at it has grown or was emptied: the next look tells.
  if (part.at("begin") != place.shown) return;
  print_lines(replica, part.at("text").get<std::string>(), named);
  place.shown = part.at("end").get<std::int64_t>();
}

/// What is added from now on, of replicas to come as well.
void follow(const Fleet& fleet, const Question& question, const Json& first) {
  std::map<std::string, Place> places;
  for (const auto& log : first.at("logs"))
    places[log.at("replica")] = {log.at("lines_end"), log.at("lines_end"), 0};
  while (std::fflush(stdout) == 0) {
    std::this_thread::sleep_for(kFollowEvery);
    const auto now = question.ask(fleet, 0);
    if (!now) continue;  // an agent may come back
    for (const auto& log : now->at("logs")) {
      const auto replica = log.at("replica").get<std::string>();
      Place& place = places[replica];
      const auto size = log.at("end").get<std::int64_t>();
      place.still = size == place.size ? place.still + 1 : 0;
      if (size < place.size) place.shown = 0;  // it was emptied
      place.size = size;
      print_more(fleet, replica, places.size() > 1, place);
    }
  }
}

void run_logs(const LogsOptions& options) {
  const bool as_json = options.common.output == "json";
  if (as_json && options.follow) stop_usage("-o json prints once: leave out --follow");
  const Fleet fleet = fleet_of(options.common);
  const Question question = question_of(fleet, options.name);
  const int bytes = std::clamp(options.lines, 4, kBytesMax / kLineBytes) * kLineBytes;
  const auto answer = question.ask(fleet, bytes);
  if (!answer) stop_with(answer.error());
  warn_of_silent(*answer);
  if (as_json) return fmt::print("{}\n", answer->at("logs").dump(2));
  print_logs(*answer, options);
  if (options.follow) follow(fleet, question, *answer);
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
