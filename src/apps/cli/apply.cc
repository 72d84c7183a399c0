// starling apply and delete: what should run.
#include <algorithm>
#include <cstdio>

#include "apps/cli/commands.h"
#include "apps/cli/manifests.h"

namespace starling::cli {
namespace {

using Json = nlohmann::json;

struct ApplyOptions {
  Common common;
  std::vector<std::string> files;
  bool dry_run = false;
};

/// All manifests of all files and folders, read before anything is sent.
std::vector<ModelSpec> read_all(const std::vector<std::string>& files) {
  const auto texts = manifest_texts(files);
  if (!texts) stop_with(texts.error());
  auto specs = models_of(*texts);
  if (!specs) stop_with(specs.error());
  return std::move(*specs);
}

/// What a dry run says of manifests that could be read.
void print_valid(const std::vector<ModelSpec>& specs, const std::string& output) {
  Json results = Json::array();
  for (const auto& spec : specs) {
    results.push_back({{"name", spec.name}, {"action", "valid"}});
    if (output == "table") fmt::print("{}: valid\n", spec.name);
  }
  if (output == "json") fmt::print("{}\n", results.dump(2));
}

void run_apply(const ApplyOptions& options) {
  const auto specs = read_all(options.files);
  if (options.dry_run) return print_valid(specs, options.common.output);
  const Fleet fleet = fleet_of(options.common);
  const auto models = fleet.call("GET", "/v1/models");
  if (!models) stop_with(models.error());
  Json results = Json::array();
  for (const auto& spec : specs) {
    const auto known = std::find_if(models->begin(), models->end(),
                                    [&](const Json& m) { return m["name"] == spec.name; });
    std::string action = known == models->end() ? "created" : "configured";
    Json revision = known == models->end() ? Json(nullptr) : (*known)["revision"];
    if (known != models->end() && (*known)["manifest"] == to_json(spec)) {
      action = "unchanged";
    } else {
      // With the revision that was read, so that a change made meanwhile is not overwritten.
      const auto path = fmt::format("/v1/models/{}?revision={}", spec.name,
                                    revision.is_null() ? 0 : revision.get<std::uint64_t>());
      const auto stored = fleet.call("PUT", path, to_json(spec));
      if (!stored) stop_with(stored.error());
      revision = (*stored)["revision"];
    }
    results.push_back({{"name", spec.name}, {"action", action}, {"revision", revision}});
    if (options.common.output == "table") {
      fmt::print("model/{} {} (revision {})\n", spec.name, action, revision.dump());
    }
  }
  if (options.common.output == "json") return fmt::print("{}\n", results.dump(2));
  fmt::print(stderr, "Follow them with: starling status --watch\n");
}

struct DeleteOptions {
  Common common;
  std::vector<std::string> names, files;
};

/// Those of the command line, then those of the manifests, each once.
std::vector<std::string> names_to_delete(const DeleteOptions& options) {
  if (options.names.empty() && options.files.empty())
    stop_usage("name models to delete, or manifests of them with -f");
  std::vector<std::string> all = options.names;
  if (!options.files.empty()) {
    const auto texts = manifest_texts(options.files);
    if (!texts) stop_with(texts.error());
    const auto names = model_names_of(*texts);
    if (!names) stop_with(names.error());
    all.insert(all.end(), names->begin(), names->end());
  }
  std::vector<std::string> once;
  for (const auto& name : all) {
    const std::string model = name.starts_with("model/") ? name.substr(6) : name;
    if (std::find(once.begin(), once.end(), model) == once.end()) once.push_back(model);
  }
  return once;
}

void run_delete(const DeleteOptions& options) {
  const auto names = names_to_delete(options);
  const Fleet fleet = fleet_of(options.common);
  Json results = Json::array();
  bool failed = false;
  for (const auto& model : names) {
    const auto removed = fleet.call("DELETE", "/v1/models/" + url_encode(model));
    if (!removed) {
      // One that is not there keeps none of the others: a folder may be deleted again.
      if (removed.error().code != ErrorCode::kNotFound) stop_with(removed.error());
      fmt::print(stderr, "starling: {}\n", removed.error().message);
      failed = true;
      continue;
    }
    results.push_back(*removed);
    if (options.common.output == "table") fmt::print("model/{} deleted\n", model);
  }
  if (options.common.output == "json" && !(failed && results.empty()))
    fmt::print("{}\n", results.dump(2));
  if (failed) throw Failed{};
}

}  // namespace

void add_apply_commands(CLI::App& app) {
  auto* apply = app.add_subcommand("apply", "Create or change models from manifests");
  auto apply_options = std::make_shared<ApplyOptions>();
  apply
      ->add_option("-f,--filename", apply_options->files,
                   "Manifest file, folder, or - for standard input; may be given again")
      ->required();
  apply->add_flag("--dry-run", apply_options->dry_run,
                  "Only check the manifests; needs no fleet and changes nothing");
  add_common(*apply, apply_options->common);
  apply->footer(
      "Examples:\n  starling apply -f models/digits.yaml\n  starling apply -f models/\n"
      "  starling apply -f models/ --dry-run\n"
      "  starling get model digits -o yaml | sed 's/max: 6/max: 9/' | starling apply -f -\n");
  apply->callback([apply_options] { run_apply(*apply_options); });

  auto* remove =
      app.add_subcommand("delete", "Delete models; their replicas finish what they have and stop");
  auto delete_options = std::make_shared<DeleteOptions>();
  remove->add_option("model", delete_options->names, "Names, as `starling get models` shows them");
  remove->add_option("-f,--filename", delete_options->files,
                     "Models of this manifest file, folder, or - for standard input; may be given "
                     "again");
  add_common(*remove, delete_options->common);
  remove->footer("Examples:\n  starling delete digits\n  starling delete -f models/\n");
  remove->callback([delete_options] { run_delete(*delete_options); });
}

}  // namespace starling::cli
