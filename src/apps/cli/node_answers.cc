#include "apps/cli/node_answers.h"

#include <future>

namespace starling::cli {
namespace {

using Json = nlohmann::json;

constexpr Duration kNodeTimeout = 12s;  // an agent gives a question ten seconds
constexpr int kRowsMax = 10'000;        // the most that an agent gives

}  // namespace

std::string sql_text(const std::string& text) {
  std::string quoted = "'";
  for (const char c : text) quoted += c == '\'' ? "''" : std::string(1, c);
  return quoted + "'";
}

Histories histories_of(const Json& nodes, const std::string& token) {
  Histories histories;
  for (const Json& node : nodes) {
    const auto name = node.at("name").get<std::string>();
    const auto state = node.at("state").get<std::string>();
    if (state == "dead" || state == "left") {
      histories.missing.push_back({{"node", name}, {"reason", fmt::format("it is {}", state)}});
      continue;
    }
    histories.nodes.push_back({name, {node.at("api").get<std::string>(), token}});
  }
  return histories;
}

std::vector<Json> Histories::ask(const std::string& sql) {
  const Json question{{"sql", sql}, {"limit", kRowsMax}};
  std::vector<std::future<Result<Json>>> asked;
  for (const Node& node : nodes) {
    asked.push_back(std::async(std::launch::async, [&question, agent = node.agent] {
      return call_agent(agent, "POST", "/v1/query", question, kNodeTimeout);
    }));
  }
  std::vector<Json> answers;
  std::vector<Node> answering;
  for (std::size_t i = 0; i < asked.size(); ++i) {
    const auto answer = asked[i].get();
    std::string problem;
    if (!answer) {
      problem = answer.error().message;
    } else if (answer->value("truncated", false)) {
      problem = fmt::format("its answer has more than {} rows", kRowsMax);
    }
    if (!problem.empty()) {
      missing.push_back({{"node", nodes[i].name}, {"reason", problem}});
      continue;
    }
    answers.push_back(answer->at("rows"));
    answering.push_back(nodes[i]);
  }
  nodes = std::move(answering);
  return answers;
}

}  // namespace starling::cli
