// The scripts that draw a page's charts (Vega, Vega-Lite, Vega-Embed), as they lie beside the
// programs.
#pragma once

#include <filesystem>
#include <string>

#include "base/result.h"

namespace starling {

struct PlotScripts {
  std::string code;     // the three scripts, in the order in which a page loads them
  std::string notices;  // the licences of everything in them, as those ask for
};

/// Reads them from `folder`; programs install them to ../share/starling of their own folder.
/// Errors: a file is not there (the message names it and how to get it).
Result<PlotScripts> load_plot_scripts(const std::filesystem::path& folder);

/// Where the running program's scripts lie.
std::filesystem::path plot_scripts_folder();

}  // namespace starling
