#include "plot/scripts.h"

#include "base/child_process.h"
#include "base/file.h"

namespace starling {
namespace {

constexpr std::string_view kScripts[] = {"vega.min.js", "vega-lite.min.js", "vega-embed.min.js"};
constexpr std::string_view kNotices = "vega.LICENSES";

Result<std::string> read_part(const std::filesystem::path& path) {
  auto text = read_file(path);
  if (text) return text;
  return fail(text.error().code,
              "{}: pictures need this file of Starling's installation (building Starling puts it "
              "there)",
              text.error().message);
}

}  // namespace

std::filesystem::path plot_scripts_folder() {
  return program_directory().parent_path() / "share" / "starling";
}

Result<PlotScripts> load_plot_scripts(const std::filesystem::path& folder) {
  PlotScripts scripts;
  for (const std::string_view name : kScripts) {
    const auto text = read_part(folder / name);
    if (!text) return fail(text.error());
    scripts.code += *text;
    scripts.code += '\n';
  }
  auto notices = read_part(folder / kNotices);
  if (!notices) return fail(notices.error());
  scripts.notices = std::move(*notices);
  return scripts;
}

}  // namespace starling
