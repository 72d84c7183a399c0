// starling get and describe: what there is.
#include <algorithm>
#include <cstdio>
#include <map>

#include "apps/cli/commands.h"
#include "apps/cli/views.h"
#include "base/nearest.h"
#include "base/table.h"

namespace starling::cli {
namespace {

using Json = nlohmann::json;

struct GetOptions {
  Common common;
  std::string kind;
  std::string name;
  std::string model;  // filter for decisions
  int limit = 20;
};

/// The API's word for what a user may call it.
std::string kind_of(const std::string& word) {
  static const std::map<std::string, std::string> kAliases{
      {"models", "models"},       {"model", "models"},       {"mo", "models"},
      {"nodes", "nodes"},         {"node", "nodes"},         {"no", "nodes"},
      {"replicas", "replicas"},   {"replica", "replicas"},   {"re", "replicas"},
      {"decisions", "decisions"}, {"decision", "decisions"}, {"de", "decisions"},
      {"pools", "pools"},         {"pool", "pools"},         {"po", "pools"}};
  if (const auto found = kAliases.find(word); found != kAliases.end()) return found->second;
  const std::vector<std::string> kinds{"models", "nodes", "replicas", "decisions", "pools"};
  stop_with(
      {ErrorCode::kInvalid,
       fmt::format("there is no kind '{}'{}: expected models, nodes, replicas, decisions or pools",
                   word, did_you_mean(word, kinds))});
}

Json only(const Json& list, const std::string& key, const std::string& name,
          const std::string& kind) {
  std::vector<std::string> names;
  for (const auto& item : list) {
    if (item.value(key, "") == name) return Json::array({item});
    names.push_back(item.value(key, ""));
  }
  stop_with({ErrorCode::kNotFound, fmt::format("there is no '{}' among the {}{}", name, kind,
                                               did_you_mean(name, names))});
}

/// Decisions on a model, whichever way it was named, or on all.
Json decisions(const Fleet& fleet, const GetOptions& options) {
  if (!options.name.empty() && !options.model.empty() && options.name != options.model) {
    stop_with({ErrorCode::kInvalid, fmt::format("decisions on '{}' or on '{}'? Name one of them",
                                                options.name, options.model)});
  }
  const std::string& model = options.model.empty() ? options.name : options.model;
  const auto answer = fleet.call(
      "GET", fmt::format("/v1/decisions?limit={}&model={}", options.limit, url_encode(model)));
  if (!answer) stop_with(answer.error());
  for (const auto& node : (*answer).at("unreachable")) {
    fmt::print(stderr, "warning: node {} did not answer: its decisions are missing\n",
               node.get<std::string>());
  }
  const Json& list = (*answer).at("decisions");
  if (!list.empty() || model.empty()) return list;
  // None: is there such a model?
  if (const auto known = fleet.call("GET", "/v1/models/" + url_encode(model)); !known)
    stop_with(known.error());
  return list;
}

Json listed(const Fleet& fleet, const std::string& kind) {
  auto answer = fleet.call("GET", "/v1/" + kind);
  if (!answer) stop_with(answer.error());
  return std::move(*answer);
}

void run_get(const GetOptions& options) {
  const std::string kind = kind_of(options.kind);
  const Fleet fleet = fleet_of(options.common);
  const bool of_decisions = kind == "decisions";
  Json list = of_decisions ? decisions(fleet, options) : listed(fleet, kind);
  const std::string key = kind == "replicas" ? "id" : of_decisions ? "model" : "name";
  if (!options.name.empty() && !of_decisions) list = only(list, key, options.name, kind);
  if (options.common.output == "json") return fmt::print("{}\n", list.dump(2));
  if (options.common.output == "name") {
    for (const auto& item : list) fmt::print("{}\n", item.value(key, ""));
    return;
  }
  const bool wide = options.common.output == "wide";
  fmt::print("{}", kind == "models"     ? models_table(list, wide)
                   : kind == "nodes"    ? nodes_table(list, wide)
                   : kind == "replicas" ? replicas_table(list, wide)
                   : kind == "pools"    ? pools_table(list, wide)
                                        : decisions_table(list, wide));
}

/// Nested JSON as indented "key: value" lines.
void print_tree(const Json& json, int depth) {
  for (const auto& [key, value] : json.items()) {
    const std::string indent(static_cast<std::size_t>(2 * depth), ' ');
    if (value.is_object()) {
      fmt::print("{}{}:\n", indent, key);
      print_tree(value, depth + 1);
    } else if (value.is_number_float()) {
      fmt::print("{}{}: {:.4g}\n", indent, key, value.get<double>());
    } else {
      fmt::print("{}{}: {}\n", indent, key,
                 value.is_string() ? value.get<std::string>()
                 : value.is_null() ? "-"
                                   : value.dump());
    }
  }
}

void run_describe(const GetOptions& options) {
  const std::string kind = kind_of(options.kind);
  if (kind == "decisions")
    stop_with({ErrorCode::kInvalid, "decisions are described by `starling explain MODEL`"});
  const Fleet fleet = fleet_of(options.common);
  const Json found =
      only(listed(fleet, kind), kind == "replicas" ? "id" : "name", options.name, kind);
  if (options.common.output == "json") return fmt::print("{}\n", found[0].dump(2));
  // How it is, then what it runs, then all the rest.
  if (kind == "models") fmt::print("{}\n", models_table(found, true));
  if (kind == "nodes") fmt::print("{}\n", nodes_table(found, true));
  if (kind == "models" || kind == "nodes") {
    Json mine = Json::array();
    for (const auto& replica : listed(fleet, "replicas")) {
      if (replica.value(kind == "models" ? "model" : "node", "") == options.name)
        mine.push_back(replica);
    }
    fmt::print("{}\n", replicas_table(mine, true));
  }
  print_tree(found[0], 0);
}

}  // namespace

void add_get_commands(CLI::App& app) {
  auto* get =
      app.add_subcommand("get", "List models, nodes, replicas, decisions or pools of the fleet");
  auto options = std::make_shared<GetOptions>();
  get->add_option("kind", options->kind, "models, nodes, replicas, decisions or pools")->required();
  get->add_option("name", options->name, "Only this one; of decisions, those on this model");
  get->add_option("--model", options->model, "Decisions on this model only, likewise");
  get->add_option("--limit", options->limit, "At most so many decisions")
      ->check(CLI::Range(1, 1000));
  add_common(*get, options->common, {"table", "wide", "json", "name"});
  get->footer(
      "Examples:\n  starling get models\n  starling get replicas -o wide\n"
      "  starling get decisions digits --limit 5 -o json\n");
  get->callback([options] { run_get(*options); });

  auto* describe =
      app.add_subcommand("describe", "All that is known of one model, node, replica or pool");
  auto described = std::make_shared<GetOptions>();
  describe->add_option("kind", described->kind, "model, node, replica or pool")->required();
  describe->add_option("name", described->name, "Its name")->required();
  add_common(*describe, described->common);
  describe->footer("Example:\n  starling describe model digits\n");
  describe->callback([described] { run_describe(*described); });
}

}  // namespace starling::cli
