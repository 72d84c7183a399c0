// Implements apps/cli/learning_table.h.
#include "apps/cli/learning_table.h"

#include <fmt/format.h>

#include <utility>
#include <vector>

#include "base/table.h"

namespace starling::cli {
namespace {

using Json = nlohmann::json;

std::string bytes_text(const Json& bytes) {
  const double value = bytes.get<double>();
  if (value < 1e3) return fmt::format("{:.0f} B", value);
  return value < 1e6 ? fmt::format("{:.0f} KB", value / 1e3)
                     : fmt::format("{:.1f} MB", value / 1e6);
}

std::string number_text(const Json& value, int digits) {
  return value.is_number() ? fmt::format("{:.{}f}", value.get<double>(), digits) : "-";
}

std::string rejected_text(const Json& rejected) {
  std::string text;
  for (const auto& [reason, times] : rejected.items()) {
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", times.get<std::int64_t>(), reason);
  }
  return text.empty() ? "-" : text;
}

/// The columns that forecaster and policy share, from NODE on.
std::vector<std::string> common_cells(const std::string& node, const Json& status) {
  const bool exchange = status.value("exchange", true);
  return {node,
          status.at("serving").get<std::string>(),
          status.at("origin").get<std::string>(),
          exchange ? std::to_string(status.at("rounds").get<std::int64_t>()) : "off",
          bytes_text(status.at("bytes_out")),
          bytes_text(status.at("bytes_in")),
          std::to_string(status.at("peers").size()),
          number_text(status.at("loss").at("own"), 4),
          number_text(status.at("loss").at("merged"), 4),
          std::to_string(status.at("merges_taken").get<std::int64_t>())};
}

}  // namespace

std::string learning_table(const Json& learning) {
  Table table({"NODE", "FORECASTER", "FROM", ">ROUNDS", ">OUT", ">IN", ">PEERS", ">LOSS OWN",
               ">LOSS AVERAGED", ">AVERAGES TAKEN", ">EPSILON", "REJECTED"});
  Table policies({"NODE", "POLICY", "FROM", ">ROUNDS", ">OUT", ">IN", ">PEERS", ">LOSS OWN",
                  ">LOSS AVERAGED", ">AVERAGES TAKEN", "REJECTED"});
  bool any_policy = false;
  for (const Json& node : learning.at("nodes")) {
    const auto name = node.at("node").get<std::string>();
    auto cells = common_cells(name, node);
    cells.push_back(number_text(node.at("epsilon"), 2));
    cells.push_back(rejected_text(node.at("rejected")));
    table.add(std::move(cells));
    if (!node.contains("policy")) continue;  // an agent of the version before
    any_policy = true;
    auto of_policy = common_cells(name, node.at("policy"));
    of_policy.push_back(rejected_text(node.at("policy").at("rejected")));
    policies.add(std::move(of_policy));
  }
  return any_policy ? table.text() + "\n" + policies.text() : table.text();
}

}  // namespace starling::cli
