// Fuzzes manifests: what is accepted is the same again after its way through JSON.
#include "fuzz/fuzz.h"
#include "manifest/model_spec.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace starling;
  const auto models = read_models(std::string(fuzz::text_of(data, size)), "fuzzed.yaml", "/");
  if (!models) return 0;
  for (const ModelSpec& model : *models) {
    const auto again = model_spec_from_json(to_json(model));
    fuzz::require(again && *again == model, "a spec survives its way through JSON");
  }
  return 0;
}
