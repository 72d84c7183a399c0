// Implements apps/cli/learning_table.h.
#include "apps/cli/learning_table.h"

#include <fmt/format.h>

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

}  // namespace

std::string learning_table(const Json& learning) {
  Table table({"NODE", "SERVING", "FROM", ">ROUNDS", ">OUT", ">IN", ">PEERS", ">LOSS OWN",
               ">LOSS AVERAGED", ">AVERAGES TAKEN", ">EPSILON", "REJECTED"});
  for (const Json& node : learning["nodes"]) {
    const bool exchange = node["exchange"].get<bool>();
    table.add({node["node"].get<std::string>(), node["serving"].get<std::string>(),
               node["origin"].get<std::string>(),
               exchange ? std::to_string(node["rounds"].get<std::int64_t>()) : "off",
               bytes_text(node["bytes_out"]), bytes_text(node["bytes_in"]),
               std::to_string(node["peers"].size()), number_text(node["loss"]["own"], 4),
               number_text(node["loss"]["merged"], 4),
               std::to_string(node["merges_taken"].get<std::int64_t>()),
               number_text(node["epsilon"], 2), rejected_text(node["rejected"])});
  }
  return table.text();
}

}  // namespace starling::cli
