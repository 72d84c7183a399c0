// Implements forecast/net/checkpoint.h.
#include "forecast/net/checkpoint.h"

#include <cstring>
#include <nlohmann/json.hpp>
#include <string_view>

#include "base/file.h"
#include "base/json.h"
#include "forecast/net/sha256.h"

namespace starling::net {
namespace {

using nlohmann::json;

constexpr std::int64_t kFileBytesMax = 256 << 20;

std::size_t bytes_of(const at::Tensor& tensor) {
  return static_cast<std::size_t>(tensor.numel()) * sizeof(float);
}

}  // namespace

Status write_checkpoint(const std::filesystem::path& path, const Checkpoint& checkpoint) {
  std::string payload;
  for (const at::Tensor& tensor : checkpoint.tensors) {
    const at::Tensor flat = tensor.detach().contiguous();
    payload.append(reinterpret_cast<const char*>(flat.data_ptr<float>()), bytes_of(flat));
  }
  const json header{{"format", "starling-training"},
                    {"options", checkpoint.options},
                    {"step", checkpoint.step},
                    {"loss", checkpoint.loss},
                    {"held_out_loss", checkpoint.held_out_loss},
                    {"best_loss", checkpoint.best_loss},
                    {"payload_sha256", sha256(payload)}};
  return write_file_atomically(path, header.dump() + "\n" + payload);
}

Status read_checkpoint(const std::filesystem::path& path, Checkpoint& into) {
  const auto bytes = read_file(path, kFileBytesMax);
  if (!bytes) return fail(bytes.error());
  const std::size_t line_end = bytes->find('\n');
  const json header = parse_json(bytes->substr(0, line_end));
  if (line_end == std::string::npos || !header.is_object() ||
      header.value("format", "") != "starling-training") {
    return fail(ErrorCode::kInvalid, "{}: not a training checkpoint; remove it to start anew",
                path.string());
  }
  if (header.value("options", "") != into.options) {
    return fail(ErrorCode::kInvalid,
                "{}: a checkpoint of other options or data ({}); this run has {}; remove the file "
                "or name another one",
                path.string(), header.value("options", ""), into.options);
  }
  const std::string_view payload = std::string_view(*bytes).substr(line_end + 1);
  std::size_t expected = 0;
  for (const at::Tensor& tensor : into.tensors) expected += bytes_of(tensor);
  if (payload.size() != expected || sha256(payload) != header.value("payload_sha256", "")) {
    return fail(ErrorCode::kInvalid, "{}: the checkpoint is damaged; remove it to start anew",
                path.string());
  }
  into.step = header.value("step", 0);
  into.loss = header.value("loss", 0.0);
  into.held_out_loss = header.value("held_out_loss", 0.0);
  into.best_loss = header.value("best_loss", 0.0);
  const char* next = payload.data();
  for (const at::Tensor& tensor : into.tensors) {
    std::memcpy(tensor.data_ptr<float>(), next, bytes_of(tensor));
    next += bytes_of(tensor);
  }
  return {};
}

}  // namespace starling::net
