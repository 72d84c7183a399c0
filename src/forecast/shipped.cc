#include "forecast/shipped.h"

#include <system_error>

#include "base/child_process.h"

namespace starling {

std::filesystem::path shipped_forecaster() {
  const auto programs = program_directory();
  for (const auto& place : {programs / "../share/starling/forecaster.bin",
                            programs / "../../../models/forecaster.bin"}) {
    std::error_code error;
    if (std::filesystem::exists(place, error))
      return std::filesystem::weakly_canonical(place, error);
  }
  return programs / "../share/starling/forecaster.bin";
}

}  // namespace starling
