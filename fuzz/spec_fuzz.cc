// Fuzzes the specs that agents find in the store: what is taken is stored again in a form that
// reads the same.
#include "fuzz/fuzz.h"
#include "manifest/model_spec.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace starling;
  const auto json = nlohmann::json::parse(fuzz::text_of(data, size), nullptr, false);
  if (json.is_discarded()) return 0;
  const auto spec = model_spec_from_json(json);
  if (!spec) {
    fuzz::require(!spec.error().message.empty(), "an error says something");
    return 0;
  }
  const auto stored = to_json(*spec);
  const auto again = model_spec_from_json(stored);
  fuzz::require(again.has_value(), "what is stored can be read");
  fuzz::require(to_json(*again) == stored, "a spec survives a round trip");
  return 0;
}
