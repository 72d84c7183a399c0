#include "tests/running_fleet.h"

#include <httplib.h>
#include <signal.h>

#include "base/file.h"

namespace starling::system_test {

using Json = nlohmann::json;

HttpAnswer ask(const HttpQuestion& question) {
  httplib::Client client("http://" + question.address);
  client.set_connection_timeout(5s);
  client.set_read_timeout(60s);
  client.set_write_timeout(10s);
  httplib::Request request;
  request.method = question.method;
  request.path = question.path;
  request.body = question.body;
  if (!question.body.empty()) request.headers.emplace("Content-Type", "application/json");
  if (!question.token.empty()) request.headers.emplace("Authorization", "Bearer " + question.token);
  const auto answer = client.send(request);
  if (!answer) return {0, httplib::to_string(answer.error())};
  return {answer->status, answer->body};
}

Result<std::unique_ptr<RunningFleet>> RunningFleet::start(int nodes,
                                                          const std::vector<std::string>& more) {
  std::unique_ptr<RunningFleet> fleet(new RunningFleet);
  const auto output = fleet->folder_.path() / "up.txt";
  ChildOptions options;
  options.arguments = {std::string(STARLING_BIN_DIR) + "/starling",
                       "up",
                       "--nodes",
                       std::to_string(nodes),
                       "--interval",
                       "1s",
                       "--data",
                       fleet->data()};
  options.arguments.insert(options.arguments.end(), more.begin(), more.end());
  options.output = output;
  auto process = ChildProcess::spawn(options);
  if (!process) return fail(process.error());
  fleet->process_ = std::move(*process);
  const auto printed = [&] { return read_file(output).value_or(""); };
  const bool up = eventually(120s, [&] {
    return !fleet->process_->running() || printed().find("The fleet is up") != std::string::npos;
  });
  if (!up || !fleet->process_->running()) {
    return fail(ErrorCode::kUnavailable, "starling up: {}", printed());
  }
  const auto text = read_file(std::filesystem::path(fleet->data()) / "fleet.json");
  if (!text) return fail(text.error());
  const auto json = Json::parse(*text);
  fleet->token_ = json["token"];
  for (const auto& node : json["nodes"]) {
    fleet->members_.push_back({node["name"], node["api"], node["gateway"], node["pid"]});
  }
  return fleet;
}

RunningFleet::~RunningFleet() {
  if (!process_) return;
  process_->signal(SIGINT);
  (void)eventually(30s, [&] { return !process_->running(); });
}

Ended RunningFleet::command(const std::string& command) const {
  RunOptions options;
  options.environment = {"STARLING_FLEET=" + data()};
  options.directory = STARLING_SOURCE_DIR;
  return run(command, options);
}

HttpAnswer RunningFleet::get(const FleetMember& member, const std::string& path) const {
  return ask({.address = member.api, .path = path, .token = token_});
}

std::string RunningFleet::interrupt() {
  process_->signal(SIGINT);
  if (!eventually(60s, [&] { return !process_->running(); })) return "still running after 60 s";
  return process_->ended()->text();
}

Result<std::string> request_of_zeros(const std::string& gateway, const std::string& model) {
  const auto answer = ask({.address = gateway, .path = "/v2/models/" + model});
  if (answer.status != 200) {
    return fail(ErrorCode::kUnavailable, "{}: status {}: {}", gateway, answer.status, answer.body);
  }
  const Json metadata = answer.json();
  Json inputs = Json::array();
  for (const auto& input : metadata["inputs"]) {
    std::vector<std::int64_t> shape = input["shape"];
    std::size_t values = 1;
    for (auto& extent : shape) {
      if (extent < 0) extent = 1;  // the batch
      values *= static_cast<std::size_t>(extent);
    }
    inputs.push_back({{"name", input["name"]},
                      {"datatype", input["datatype"]},
                      {"shape", shape},
                      {"data", std::vector<int>(values, 0)}});
  }
  return Json{{"inputs", inputs}}.dump();
}

}  // namespace starling::system_test
