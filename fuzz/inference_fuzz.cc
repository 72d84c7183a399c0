// Fuzzes the bodies of inference requests against a model with two inputs: what is accepted fits
// the model.
#include "fuzz/fuzz.h"
#include "serve/protocol.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace starling;
  static const ModelMetadata kMetadata = [] {
    ModelMetadata metadata;
    metadata.inputs = {{"image", Datatype::kFp32, {-1, 2}, {}}, {"flag", Datatype::kBool, {1}, {}}};
    metadata.outputs = {{"label", Datatype::kInt64, {-1}, {}}};
    return metadata;
  }();
  const auto request = parse_infer_request(fuzz::text_of(data, size), kMetadata);
  if (!request) return 0;
  fuzz::require(request->inputs.size() == 2, "every input is there");
  for (const auto& tensor : request->inputs) {
    const auto elements = elements_of(tensor.shape);
    fuzz::require(elements && tensor.element_count() == *elements, "the data fill their shape");
  }
  (void)infer_response("fuzzed", *request, {});
  return 0;
}
