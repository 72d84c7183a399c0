#include "serve/torch_model.h"

#include <ATen/Parallel.h>
#include <c10/core/InferenceMode.h>
#include <torch/script.h>

#include <chrono>
#include <mutex>
#include <system_error>
#include <utility>

namespace starling {
namespace {

at::ScalarType scalar_type(Datatype datatype) {
  switch (datatype) {
    case Datatype::kBool:
      return at::kBool;
    case Datatype::kInt8:
      return at::kChar;
    case Datatype::kUint8:
      return at::kByte;
    case Datatype::kInt16:
      return at::kShort;
    case Datatype::kInt32:
      return at::kInt;
    case Datatype::kInt64:
      return at::kLong;
    case Datatype::kFp16:
      return at::kHalf;
    case Datatype::kFp64:
      return at::kDouble;
    case Datatype::kFp32:
      break;
  }
  return at::kFloat;
}

/// The type of the elements in `Tensor::data`: FP16 travels as 32-bit floats.
at::ScalarType carried_type(Datatype datatype) {
  return datatype == Datatype::kFp16 ? at::kFloat : scalar_type(datatype);
}

/// The last line of a libtorch message is what went wrong; the lines above it are C++ and
/// TorchScript traces.
std::string short_message(const std::exception& error) {
  const auto* torch_error = dynamic_cast<const c10::Error*>(&error);
  std::string text = torch_error != nullptr ? torch_error->what_without_backtrace() : error.what();
  while (!text.empty() && text.back() == '\n') text.pop_back();
  const auto line = text.rfind('\n');
  if (line != std::string::npos) text.erase(0, line + 1);
  return text.substr(0, 300);
}

class TorchModel final : public Model {
 public:
  TorchModel(torch::jit::Module module, ModelMetadata metadata)
      : module_(std::move(module)), metadata_(std::move(metadata)) {}

  const ModelMetadata& metadata() const override { return metadata_; }
  Result<Inference> infer(const std::vector<Tensor>& inputs) const override;

 private:
  Result<Tensor> output(const at::Tensor& value, const TensorSpec& spec) const;

  mutable torch::jit::Module
      module_;  // `forward` is not const in libtorch, but changes nothing here
  ModelMetadata metadata_;
};

Result<Tensor> TorchModel::output(const at::Tensor& value, const TensorSpec& spec) const {
  if (value.scalar_type() != scalar_type(spec.datatype)) {
    return fail(ErrorCode::kInternal, "output '{}': the model gave {}, its metadata says {}",
                spec.name, at::toString(value.scalar_type()), datatype_name(spec.datatype));
  }
  const auto carried = value.to(at::kCPU, carried_type(spec.datatype)).contiguous();
  Tensor tensor{spec.name, spec.datatype, carried.sizes().vec(), {}};
  const auto* bytes = static_cast<const char*>(carried.data_ptr());
  tensor.data.assign(bytes, bytes + carried.nbytes());
  return tensor;
}

Result<Inference> TorchModel::infer(const std::vector<Tensor>& inputs) const {
  try {
    const c10::InferenceMode no_gradients;
    std::vector<torch::jit::IValue> arguments;
    for (const auto& input : inputs) {
      // Borrowed memory: `inputs` outlives the forward pass.
      auto tensor = at::from_blob(const_cast<char*>(input.data.data()), input.shape,
                                  at::TensorOptions().dtype(carried_type(input.datatype)));
      arguments.emplace_back(tensor.to(scalar_type(input.datatype)));
    }
    const auto start = std::chrono::steady_clock::now();
    const auto value = module_.forward(std::move(arguments));
    Inference inference;
    inference.service =
        std::chrono::duration_cast<Duration>(std::chrono::steady_clock::now() - start);
    std::vector<at::Tensor> results;
    if (value.isTensor()) {
      results.push_back(value.toTensor());
    } else if (value.isTuple()) {
      for (const auto& element : value.toTupleRef().elements())
        results.push_back(element.toTensor());
    }
    if (results.size() != metadata_.outputs.size()) {
      return fail(ErrorCode::kInternal, "the model gave {} tensors, its metadata names {} outputs",
                  results.size(), metadata_.outputs.size());
    }
    for (std::size_t i = 0; i < results.size(); ++i) {
      auto tensor = output(results[i], metadata_.outputs[i]);
      if (!tensor) return fail(tensor.error());
      inference.outputs.push_back(std::move(*tensor));
    }
    return inference;
  } catch (const std::exception& error) {
    return fail(ErrorCode::kInvalid, "the model can't take this input: {}", short_message(error));
  }
}

/// One thread a pass is fastest at these sizes, and a CPU limit counts every thread.
void use_one_thread() {
  at::set_num_threads(1);
  static std::once_flag once;  // libtorch refuses a second call
  std::call_once(once, [] { at::set_num_interop_threads(1); });
}

/// Two passes of zeros: libtorch compiles in the first what it has seen, and runs that from the
/// second on.
Status warm_up(const Model& model) {
  std::vector<Tensor> zeros;
  for (const auto& spec : model.metadata().inputs) {
    Tensor tensor{spec.name, spec.datatype, spec.shape, {}};
    for (auto& size : tensor.shape) size = size == -1 ? 1 : size;
    const auto count = elements_of(tensor.shape);
    if (!count) return fail(count.error());
    tensor.data.assign(*count * element_bytes(spec.datatype), 0);
    zeros.push_back(std::move(tensor));
  }
  for (int pass = 0; pass < 2; ++pass) {
    if (auto inference = model.infer(zeros); !inference) return fail(inference.error());
  }
  return {};
}

}  // namespace

Result<std::unique_ptr<Model>> load_torch_model(const std::filesystem::path& path) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(path, error)) {
    return fail(ErrorCode::kNotFound, "{}: no such file: expected a TorchScript model",
                path.string());
  }
  use_one_thread();
  torch::jit::ExtraFilesMap extra{{kMetadataFile, ""}};
  torch::jit::Module module;
  try {
    module = torch::jit::load(path.string(), at::kCPU, extra);
    module.eval();
  } catch (const std::exception& exception) {
    return fail(ErrorCode::kInvalid, "{}: not a TorchScript model: {}", path.string(),
                short_message(exception));
  }
  if (extra[kMetadataFile].empty()) {
    return fail(ErrorCode::kInvalid,
                "{}: holds no {}: save the model with it, torch.jit.save(model, path, "
                "_extra_files={{'{}': text}})",
                path.string(), kMetadataFile, kMetadataFile);
  }
  auto metadata = parse_model_metadata(extra[kMetadataFile]);
  if (!metadata) {
    return fail(ErrorCode::kInvalid, "{}: {}: {}", path.string(), kMetadataFile,
                metadata.error().message);
  }
  auto model = std::make_unique<TorchModel>(std::move(module), std::move(*metadata));
  if (auto status = warm_up(*model); !status) {
    return fail(ErrorCode::kInvalid, "{}: the warm-up pass failed: {}", path.string(),
                status.error().message);
  }
  return model;
}

}  // namespace starling
