// What the scale measurement found, as a table, JSON and a page.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "plot/page.h"
#include "sim/scale.h"

namespace starling::lab {

std::string scale_table(const std::vector<ScaleOutcome>& outcomes);
nlohmann::json scale_json(const std::vector<ScaleOutcome>& outcomes);
Page scale_page(const std::vector<ScaleOutcome>& outcomes);

}  // namespace starling::lab
