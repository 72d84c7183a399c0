// Training interrupted: everything that the next step depends on, in one file.
// Internal: names libtorch types.
#pragma once

#include <ATen/ATen.h>

#include <filesystem>
#include <string>
#include <vector>

#include "base/result.h"

namespace starling::net {

struct Checkpoint {
  std::string options;  // what the run was asked for; a file of other options is refused
  int step = 0;
  double loss = 0;
  double held_out_loss = 0;
  double best_loss = 0;
  std::vector<at::Tensor> tensors;  // float, in an order the writer knows
};

Status write_checkpoint(const std::filesystem::path& path, const Checkpoint& checkpoint);

/// Fills the numbers and, in place, the tensors of `into`, which has the options and shapes that
/// are expected. Errors: other options, a file that was cut or altered.
Status read_checkpoint(const std::filesystem::path& path, Checkpoint& into);

}  // namespace starling::net
