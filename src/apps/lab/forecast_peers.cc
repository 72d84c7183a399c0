// Implements apps/lab/forecast_peers.h.
#include "apps/lab/forecast_peers.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <filesystem>
#include <optional>
#include <thread>

#include "base/child_process.h"
#include "base/csv.h"
#include "base/nearest.h"
#include "forecast/evaluation/text_file.h"

namespace starling::lab {
namespace {

namespace fs = std::filesystem;

/// A folder of its own that goes when this does.
class ScratchFolder {
 public:
  static Result<ScratchFolder> make() {
    std::string name = (fs::temp_directory_path() / "starling-peers-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) {
      return fail(ErrorCode::kInternal,
                  "no folder can be made in {}; set TMPDIR to one that exists",
                  fs::temp_directory_path().string());
    }
    return ScratchFolder(name);
  }
  ScratchFolder(ScratchFolder&& other) noexcept : path_(std::exchange(other.path_, {})) {}
  ScratchFolder& operator=(ScratchFolder&&) = delete;
  ~ScratchFolder() {
    std::error_code ignored;
    if (!path_.empty()) fs::remove_all(path_, ignored);
  }
  std::string file(const std::string& name) const { return (path_ / name).string(); }

 private:
  explicit ScratchFolder(fs::path path) : path_(std::move(path)) {}
  fs::path path_;
};

Result<fs::path> script() {
  const fs::path installed = program_directory().parent_path() / "share/starling/forecast_peers.R";
  if (fs::exists(installed)) return installed;
  return fail(ErrorCode::kNotFound, "{}: no such file; build or install starling-lab again",
              installed.string());
}

Status run_r(const std::string& cases, const std::string& out, const RPeers& peers) {
  const auto rscript = find_program("Rscript", "r-base-core (and r-cran-forecast)");
  if (!rscript) return fail(rscript.error());
  const auto path = script();
  if (!path) return fail(path.error());
  ChildOptions options;
  options.arguments = {rscript->string(),
                       path->string(),
                       cases,
                       out,
                       fmt::format("{}", fmt::join(peers.methods, ",")),
                       fmt::format("{}", peers.history_max),
                       fmt::format("{}", peers.seconds_max),
                       fmt::format("{}", peers.cores)};
  auto child = ChildProcess::spawn(options);
  if (!child) return fail(child.error());
  std::optional<ExitStatus> ended;
  while (!(ended = child->ended())) std::this_thread::sleep_for(50ms);
  if (ended->success()) return {};
  return fail(ErrorCode::kUnavailable, "Rscript {}: {}; what it said stands above",
              path->filename().string(), ended->text());
}

std::optional<double> number(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool whole = error == std::errc{} && end == text.data() + text.size();
  return whole && std::isfinite(value) ? std::optional(value) : std::nullopt;
}

/// Cuts the text at the first separator; what is before it.
std::string_view take(std::string_view& text, char separator) {
  const std::size_t end = std::min(text.find(separator), text.size());
  const std::string_view head = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return head;
}

/// Steps of quantiles; nothing unless there are `horizon` complete ones.
std::optional<std::vector<Quantiles>> parse_steps(std::string_view text, std::size_t horizon) {
  std::vector<Quantiles> steps;
  while (!text.empty()) {
    std::string_view step = take(text, '|');
    Quantiles quantiles;
    for (double& quantile : quantiles) {
      const auto value = number(take(step, ';'));
      if (!value) return std::nullopt;
      quantile = *value;
    }
    steps.push_back(quantiles);
  }
  if (steps.size() != horizon) return std::nullopt;
  return steps;
}

Result<std::vector<MethodForecasts>> read_answers(const std::string& path,
                                                  const std::vector<ForecastCase>& cases,
                                                  const MethodForecasts& naive,
                                                  const RPeers& peers) {
  std::vector<MethodForecasts> runs;
  for (const std::string& method : peers.methods) {
    MethodForecasts& run = runs.emplace_back(naive);
    run.name = "r:" + method;
    run.seconds = 0;
    run.replaced = cases.size();
  }
  auto lines = LineReader::open(path);
  if (!lines) return fail(lines.error());
  for (;;) {
    const auto line = lines->next();
    if (!line) return fail(line.error());
    if (!*line) return runs;
    if (lines->line() == 1) continue;
    const auto cells = csv_cells(**line);
    const auto method = std::find(peers.methods.begin(), peers.methods.end(), cells[0]);
    const double index = cells.size() == 5 ? number(cells[1]).value_or(-1) : -1;
    if (method == peers.methods.end() || index < 0 || index >= static_cast<double>(cases.size())) {
      return fail(ErrorCode::kInternal, "{}:{}: not an answer to any case", path, lines->line());
    }
    MethodForecasts& run = runs[static_cast<std::size_t>(method - peers.methods.begin())];
    run.seconds += number(cells[3]).value_or(0);
    const auto i = static_cast<std::size_t>(index);
    auto steps = parse_steps(cells[4], cases[i].future.size());
    if (!steps) continue;
    run.steps[i] = std::move(*steps);
    --run.replaced;
  }
}

}  // namespace

const std::vector<std::string>& r_methods() {
  static const std::vector<std::string> names = RPeers().methods;
  return names;
}

Result<std::vector<MethodForecasts>> run_r_methods(const std::vector<ForecastCase>& cases,
                                                   const MethodForecasts& naive,
                                                   const RPeers& peers) {
  for (const std::string& method : peers.methods) {
    const auto& known = r_methods();
    if (std::find(known.begin(), known.end(), method) != known.end()) continue;
    return fail(ErrorCode::kInvalid, "no method '{}' of R's forecast package{}; there are {}",
                method, did_you_mean(method, known), fmt::join(known, ", "));
  }
  const auto folder = ScratchFolder::make();
  if (!folder) return fail(folder.error());
  const std::string questions = folder->file("cases.csv"), answers = folder->file("answers.csv");
  if (Status written = write_cases(questions, cases); !written) return fail(written.error());
  if (Status ran = run_r(questions, answers, peers); !ran) return fail(ran.error());
  return read_answers(answers, cases, naive, peers);
}

}  // namespace starling::lab
