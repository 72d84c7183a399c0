// A TorchScript file as a Model. The only part of the server that knows libtorch.
#pragma once

#include <filesystem>
#include <memory>

#include "serve/model.h"

namespace starling {

/// Loads the file, reads its `starling.json` and runs one forward pass on zeros, so that the first
/// request finds everything warm. From then on libtorch uses one thread a forward pass in the whole
/// process. Errors: no such file, no TorchScript archive, no or wrong `starling.json`, a model that
/// does not take or give what its metadata says.
Result<std::unique_ptr<Model>> load_torch_model(const std::filesystem::path& path);

}  // namespace starling
