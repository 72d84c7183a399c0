// starling apply and delete: what should run.
#include <algorithm>
#include <cstdio>
#include <filesystem>

#include "apps/cli/commands.h"
#include "manifest/model_spec.h"

namespace starling::cli {
namespace {

using Json = nlohmann::json;

struct ApplyOptions {
  Common common;
  std::vector<std::string> files;
};

/// All manifests of all files and folders, read before anything is sent.
std::vector<ModelSpec> read_all(const std::vector<std::string>& files) {
  std::vector<std::string> paths;
  for (const auto& file : files) {
    std::error_code error;
    if (!std::filesystem::is_directory(file, error)) {
      paths.push_back(file);
      continue;
    }
    const std::filesystem::directory_iterator entries(file, error);
    if (error) stop_with({ErrorCode::kInvalid, fmt::format("{}: {}", file, error.message())});
    for (const auto& entry : entries) {
      const auto extension = entry.path().extension();
      if (extension == ".yaml" || extension == ".yml") paths.push_back(entry.path().string());
    }
  }
  std::sort(paths.begin(), paths.end());
  if (paths.empty())
    stop_with(
        {ErrorCode::kInvalid, "no manifest given: name a .yaml file, or a folder that holds some"});
  std::vector<ModelSpec> specs;
  for (const auto& path : paths) {
    auto read = read_model_file(path);
    if (!read) stop_with(read.error());
    specs.insert(specs.end(), read->begin(), read->end());
  }
  return specs;
}

void run_apply(const ApplyOptions& options) {
  const auto specs = read_all(options.files);
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
  std::vector<std::string> names;
};

void run_delete(const DeleteOptions& options) {
  const Fleet fleet = fleet_of(options.common);
  Json results = Json::array();
  for (const auto& name : options.names) {
    const std::string model = name.rfind("model/", 0) == 0 ? name.substr(6) : name;
    const auto removed = fleet.call("DELETE", "/v1/models/" + url_encode(model));
    if (!removed) stop_with(removed.error());
    results.push_back(*removed);
    if (options.common.output == "table") fmt::print("model/{} deleted\n", model);
  }
  if (options.common.output == "json") fmt::print("{}\n", results.dump(2));
}

}  // namespace

void add_apply_commands(CLI::App& app) {
  auto* apply = app.add_subcommand("apply", "Create or change models from manifests");
  auto apply_options = std::make_shared<ApplyOptions>();
  apply
      ->add_option("-f,--filename", apply_options->files,
                   "Manifest file or folder; may be given again")
      ->required();
  add_common(*apply, apply_options->common);
  apply->footer("Examples:\n  starling apply -f models/digits.yaml\n  starling apply -f models/\n");
  apply->callback([apply_options] { run_apply(*apply_options); });

  auto* remove =
      app.add_subcommand("delete", "Delete models; their replicas finish what they have and stop");
  auto delete_options = std::make_shared<DeleteOptions>();
  remove->add_option("model", delete_options->names, "Names, as `starling get models` shows them")
      ->required();
  add_common(*remove, delete_options->common);
  remove->footer("Example:\n  starling delete digits\n");
  remove->callback([delete_options] { run_delete(*delete_options); });
}

}  // namespace starling::cli
