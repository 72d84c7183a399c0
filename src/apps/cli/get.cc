// starling get and describe: what there is.
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <map>
#include <optional>
#include <thread>

#include "apps/cli/commands.h"
#include "apps/cli/label_selector.h"
#include "apps/cli/manifests.h"
#include "apps/cli/views.h"
#include "base/complaints.h"
#include "base/nearest.h"
#include "base/table.h"

namespace starling::cli {
namespace {

using Json = nlohmann::json;

constexpr auto kWatchEvery = 2s;

struct GetOptions {
  Common common;
  std::string kind;
  std::string name;
  std::string model;                      // filter for decisions
  std::optional<std::string> labels;      // of models
  std::optional<LabelSelector> selector;  // of these labels
  int limit = 20;
  bool watch = false;
};

/// The API's word for what a user may call it, or nothing.
std::optional<std::string> known_kind(const std::string& word) {
  static const std::map<std::string, std::string> kAliases{
      {"models", "models"},       {"model", "models"},       {"mo", "models"},
      {"nodes", "nodes"},         {"node", "nodes"},         {"no", "nodes"},
      {"replicas", "replicas"},   {"replica", "replicas"},   {"re", "replicas"},
      {"decisions", "decisions"}, {"decision", "decisions"}, {"de", "decisions"},
      {"pools", "pools"},         {"pool", "pools"},         {"po", "pools"}};
  const auto found = kAliases.find(word);
  return found == kAliases.end() ? std::nullopt : std::optional(found->second);
}

std::string kind_of(const std::string& word) {
  if (const auto kind = known_kind(word)) return *kind;
  const std::vector<std::string> kinds{"models", "nodes", "replicas", "decisions", "pools"};
  stop_usage(
      fmt::format("there is no kind '{}'{}: expected models, nodes, replicas, decisions or pools",
                  word, did_you_mean(word, kinds)));
}

Result<Json> only(const Json& list, const std::string& key, const std::string& name,
                  const std::string& kind) {
  std::vector<std::string> names;
  for (const auto& item : list) {
    if (item.value(key, "") == name) return Json::array({item});
    names.push_back(item.value(key, ""));
  }
  return fail(ErrorCode::kNotFound, "there is no '{}' among the {}{}", name, kind,
              did_you_mean(name, names));
}

/// Decisions on a model, whichever way it was named, or on all.
Result<Json> decisions(const Fleet& fleet, const GetOptions& options) {
  const std::string& model = options.model.empty() ? options.name : options.model;
  auto answer = fleet.call(
      "GET", fmt::format("/v1/decisions?limit={}&model={}", options.limit, url_encode(model)));
  if (!answer) return answer;
  for (const auto& node : (*answer).at("unreachable")) {
    fmt::print(stderr, "warning: node {} did not answer: its decisions are missing\n",
               node.get<std::string>());
  }
  Json list = (*answer).at("decisions");
  if (!list.empty() || model.empty()) return list;
  // None: is there such a model?
  if (const auto known = fleet.call("GET", "/v1/models/" + url_encode(model)); !known)
    return fail(known.error());
  return list;
}

Result<Json> listed(const Fleet& fleet, const GetOptions& options, const std::string& kind) {
  if (kind == "decisions") return decisions(fleet, options);
  auto list = fleet.call("GET", "/v1/" + kind);
  if (list && options.selector) {
    Json selected = Json::array();
    for (const auto& model : *list) {
      if (options.selector->selects(model)) selected.push_back(model);
    }
    list = std::move(selected);
  }
  if (!list || options.name.empty()) return list;
  return only(*list, kind == "replicas" ? "id" : "name", options.name, kind);
}

std::string table_of(const Json& list, const std::string& kind, bool wide) {
  return kind == "models"     ? models_table(list, wide)
         : kind == "nodes"    ? nodes_table(list, wide)
         : kind == "replicas" ? replicas_table(list, wide)
         : kind == "pools"    ? pools_table(list, wide)
                              : decisions_table(list, wide);
}

std::string names_of(const Json& list, const std::string& kind) {
  const std::string key = kind == "replicas" ? "id" : kind == "decisions" ? "model" : "name";
  std::string lines;
  for (const auto& item : list) lines += item.value(key, "") + "\n";
  return lines;
}

/// What `get` prints of one answer.
Result<std::string> answered(const Fleet& fleet, const GetOptions& options,
                             const std::string& kind) {
  const auto list = listed(fleet, options, kind);
  if (!list) return fail(list.error());
  const std::string& output = options.common.output;
  if (output == "json") return list->dump(options.watch ? -1 : 2) + "\n";
  if (output == "yaml") return manifests_yaml(*list);
  if (output == "name") return names_of(*list, kind);
  return table_of(*list, kind, output == "wide");
}

/// On and on; where it is no screen, whenever it has changed. A fleet that answers no more may
/// come back.
void watch(const Fleet& fleet, const GetOptions& options, const std::string& kind) {
  const bool screen = ::isatty(STDOUT_FILENO) != 0;
  const auto& output = options.common.output;
  const char* between = output == "yaml" ? "---\n" : output == "json" ? "" : "\n";
  std::string shown;
  Complaints complaints;
  for (bool first = true;; first = false) {
    const auto text = answered(fleet, options, kind);
    if (!text && first) stop_with(text.error());
    if (screen) {
      fmt::print("\033[H\033[2J{}", text ? *text : text.error().message + "\n");
    } else if (!text) {
      if (complaints.is_new(fail(text.error())))
        fmt::print(stderr, "starling: {}\n", text.error().message);
    } else if (first || *text != shown) {
      fmt::print("{}{}", first ? "" : between, *text);
      shown = *text;
    }
    if (std::fflush(stdout) != 0) return;  // nobody reads on
    std::this_thread::sleep_for(kWatchEvery);
  }
}

void run_get(GetOptions options) {
  const std::string kind = kind_of(options.kind);
  if (options.common.output == "yaml" && kind != "models") {
    stop_usage(fmt::format(
        "-o yaml prints manifests, and {} have none: expected `starling get models -o yaml`",
        kind));
  }
  if (!options.name.empty() && !options.model.empty() && options.name != options.model) {
    stop_usage(
        fmt::format("decisions on '{}' or on '{}'? Name one of them", options.name, options.model));
  }
  if (options.labels) {
    if (kind != "models")
      stop_usage(fmt::format("--selector goes by labels, and {} have none", kind));
    if (!options.name.empty()) stop_usage("a name or --selector, not both");
    auto parsed = LabelSelector::parse(*options.labels);
    if (!parsed) stop_usage("--selector: " + parsed.error().message);
    options.selector = std::move(*parsed);
  }
  const Fleet fleet = fleet_of(options.common);
  if (options.watch) return watch(fleet, options, kind);
  const auto text = answered(fleet, options, kind);
  if (!text) stop_with(text.error());
  fmt::print("{}", *text);
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

/// Of `describe` with one word: whether the kind is missing or the name.
std::string what_is_missing(const std::string& word) {
  const auto kind = known_kind(word);
  if (!kind) {
    return fmt::format(
        "which kind is '{0}'? Say `starling describe model {0}`, or node, replica or pool in place "
        "of model",
        word);
  }
  const std::string one = kind->substr(0, kind->size() - 1);
  return fmt::format("which {0}? Say `starling describe {0} NAME`; `starling get {1}` lists them",
                     one, *kind);
}

void run_describe(const GetOptions& options) {
  const auto known = known_kind(options.kind);
  if (known == "decisions") stop_usage("decisions are described by `starling explain MODEL`");
  if (options.name.empty()) stop_usage(what_is_missing(options.kind));
  const std::string kind = kind_of(options.kind);
  const Fleet fleet = fleet_of(options.common);
  const auto list = listed(fleet, options, kind);
  if (!list) stop_with(list.error());
  const Json& found = *list;
  if (options.common.output == "json") return fmt::print("{}\n", found[0].dump(2));
  // How it is, then what it runs, then all the rest.
  if (kind == "models") fmt::print("{}\n", models_table(found, true));
  if (kind == "nodes") fmt::print("{}\n", nodes_table(found, true));
  if (kind == "models" || kind == "nodes") {
    Json mine = Json::array();
    const auto replicas = fleet.call("GET", "/v1/replicas");
    if (!replicas) stop_with(replicas.error());
    for (const auto& replica : *replicas) {
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
  get->add_option("-l,--selector", options->labels,
                  "Models with these labels only, such as tenant=demo,tier!=gold");
  get->add_option("--limit", options->limit, "At most so many decisions")
      ->check(CLI::Range(1, 1000));
  get->add_flag("-w,--watch", options->watch,
                "Again every 2 s until Ctrl-C; where it is no terminal, whenever it has changed");
  add_common(*get, options->common, {"table", "wide", "json", "yaml", "name"});
  get->footer(
      "-o yaml prints the models' manifests, as `starling apply` takes them.\n"
      "Examples:\n  starling get models\n  starling get replicas -o wide --watch\n"
      "  starling get models -l tenant=demo\n"
      "  starling get decisions digits --limit 5 -o json\n"
      "  starling get models -o yaml > models.yaml\n");
  get->callback([options] { run_get(*options); });

  auto* describe =
      app.add_subcommand("describe", "All that is known of one model, node, replica or pool");
  auto described = std::make_shared<GetOptions>();
  describe->add_option("kind", described->kind, "model, node, replica or pool")->required();
  describe->add_option("name", described->name, "Its name");
  add_common(*describe, described->common);
  describe->footer("Example:\n  starling describe model digits\n");
  describe->callback([described] { run_describe(*described); });
}

}  // namespace starling::cli
