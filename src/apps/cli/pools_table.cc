// Pools of elastic nodes as a table.
#include <fmt/format.h>

#include "apps/cli/views.h"
#include "base/table.h"
#include "base/units.h"

namespace starling::cli {
namespace {

using Json = nlohmann::json;

/// What keeps the pool from what is wanted, the provider's failure first.
std::string note_of(const Json& pool) {
  const std::string error = pool.value("error", ""), limit = pool.value("limit", "");
  return !error.empty() ? error : limit.empty() ? "-" : "held by its " + limit;
}

/// An agent of the version before tells no GPUs.
std::string size_text(const Json& node) {
  const auto gpus = node.value("gpus", std::int64_t{0});
  return fmt::format("{} / {}{}", format_cpu(node.at("cpu_millis")),
                     format_memory(node.at("memory_bytes")),
                     gpus > 0 ? fmt::format(" / {} GPU", gpus) : "");
}

}  // namespace

std::string pools_table(const Json& pools, bool wide) {
  std::vector<std::string> heads{"POOL",     ">WANTED", ">ASKED FOR", ">RUNNING",
                                 ">MIN-MAX", ">COST/H", ">BUDGET/H",  "NOTE"};
  if (wide) heads.insert(heads.end(), {"DECIDES", "CLOUD", ">NODE", ">PRICE/H", ">DRAINING"});
  Table table(heads);
  for (const auto& p : pools) {
    const std::string name = p.value("name", "");
    std::vector<std::string> row{name, "-", "-", "-", "-", "-", "-", "no node decides for it yet"};
    if (p.at("decider").is_string()) {
      const Json& budget = p.at("budget_per_hour");
      row = {name,
             p.at("wanted").dump(),
             p.at("pending").dump(),
             p.at("running").dump(),
             fmt::format("{}-{}", p.at("min").dump(), p.at("max").dump()),
             fmt::format("{:g}", p.at("cost_per_hour").get<double>()),
             budget.is_number() ? fmt::format("{:g}", budget.get<double>()) : "-",
             note_of(p)};
      if (wide) {
        row.insert(
            row.end(),
            {p.at("decider").get<std::string>(), p.value("cloud", ""), size_text(p.at("node")),
             fmt::format("{:g}", p.at("price_per_hour").get<double>()), p.at("draining").dump()});
      }
    } else if (wide) {
      row.insert(row.end(), {"-", "-", "-", "-", "-"});
    }
    table.add(row);
  }
  return table.text("No pools of elastic nodes: `pools` in an agent's configuration adds one.");
}

}  // namespace starling::cli
