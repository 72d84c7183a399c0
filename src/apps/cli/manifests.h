// Manifests as the command line takes them, from files, folders and standard input, and prints
// them.
#pragma once

#include <cstdio>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "base/result.h"
#include "manifest/model_spec.h"

namespace starling::cli {

/// One text of manifests and where it is from.
struct ManifestText {
  std::string name;    // for messages: the file's path, or "standard input"
  std::string folder;  // where a relative artefact is looked for first; empty: the current one
  std::string text;
};

/// What `-f` names, each once, in the order of their names: files (also JSON), the *.yaml and *.yml
/// of folders (where JSON may be anything), and for "-" what `input` holds up to its end. Errors:
/// no such file, a folder without any, more than 1 MiB of standard input.
Result<std::vector<ManifestText>> manifest_texts(const std::vector<std::string>& names,
                                                 std::FILE* input = stdin);

/// Every model of these texts. Errors: the first problem of each document, a line each; a model
/// that two of them have is one.
Result<std::vector<ModelSpec>> models_of(const std::vector<ManifestText>& texts);

/// The models' names alone: to delete them their artefacts need not be there any more, nor the
/// rest be right. Errors: a text that is no manifest of models, a name that is missing.
Result<std::vector<std::string>> model_names_of(const std::vector<ManifestText>& texts);

/// The manifests of `models`, a list as GET /v1/models answers, as one YAML text that
/// `starling apply` takes again.
std::string manifests_yaml(const nlohmann::json& models);

}  // namespace starling::cli
