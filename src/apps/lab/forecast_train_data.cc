// Implements apps/lab/forecast_train_data.h.
#include "apps/lab/forecast_train_data.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <filesystem>
#include <utility>

#include "apps/lab/forecast_data.h"
#include "apps/lab/trace_report.h"
#include "base/file.h"
#include "feature/window.h"
#include "forecast/net/sha256.h"
#include "trace/read.h"

namespace starling::lab {
namespace {

constexpr std::int64_t kTraceBytesMax = std::int64_t{4} << 30;

struct WeightedFile {
  std::string path;
  double weight = 1;
};

Result<WeightedFile> parse(const std::string& argument) {
  const std::size_t sign = argument.rfind('=');
  if (sign == std::string::npos) return WeightedFile{argument, 1};
  WeightedFile file{argument.substr(0, sign), 0};
  const char* last = argument.data() + argument.size();
  const auto [end, error] = std::from_chars(argument.data() + sign + 1, last, file.weight);
  if (error == std::errc() && end == last && std::isfinite(file.weight) && file.weight > 0) {
    return file;
  }
  return fail(ErrorCode::kInvalid,
              "--trace {}: '{}' is no weight; expected a number above 0, as in rates.csv=0.3",
              argument, argument.substr(sign + 1));
}

/// No value is negative or beyond what is taken for demand: one such would be in every mean.
CleaningStep mask_impossible(std::vector<Series>& workloads) {
  CleaningStep step{.name = "impossible values", .action = "taken for missing"};
  for (Series& series : workloads) {
    Touched touched;
    for (std::size_t i = 0; i < series.size(); ++i) {
      double& value = series.values[i];
      if (series.present[i] == 0 || is_demand(value)) continue;
      touched.add([&] { return fmt::format("{} at point {}", value, i + 1); });
      series.present[i] = 0;
      value = 0;
    }
    step.add(series.workload, touched);
  }
  return step;
}

DataSource source_of(const TrainingSet& set, std::string name, std::string hash) {
  DataSource source{.name = std::move(name),
                    .workloads = static_cast<std::int64_t>(set.workloads.size()),
                    .points = 0,
                    .sha256 = std::move(hash)};
  for (const Series& series : set.workloads) {
    source.points += static_cast<std::int64_t>(series.size());
  }
  return source;
}

}  // namespace

Result<TrainingData> read_training_data(const std::vector<std::string>& files, int synthetic,
                                        double synthetic_weight, std::uint64_t seed) {
  TrainingData data;
  const auto add = [&data](TrainingSet set, const std::string& name, std::string hash) {
    data.sources.push_back(source_of(set, name, std::move(hash)));
    data.description += fmt::format("{}{} ({} workloads)", data.description.empty() ? "" : ", ",
                                    set.name, set.workloads.size());
    data.sets.push_back(std::move(set));
  };
  for (const std::string& argument : files) {
    const auto file = parse(argument);
    if (!file) return fail(file.error());
    const auto bytes = read_file(file->path, kTraceBytesMax);
    if (!bytes) return fail(bytes.error());
    CleaningStep averaged;
    auto workloads = read_trace(file->path, {.averaged = &averaged});
    if (!workloads) return fail(workloads.error());
    print_step(file->path, averaged);
    print_step(file->path, mask_impossible(*workloads));
    const std::string name = std::filesystem::path(file->path).filename().string();
    add({name.substr(0, name.find('.')), file->weight, std::move(*workloads)}, name,
        sha256(*bytes));
  }
  if (synthetic > 0) {
    add({"synthetic", synthetic_weight, synthetic_dataset(synthetic, seed).workloads}, "synthetic",
        "");
  }
  if (data.sets.empty()) {
    return fail(ErrorCode::kInvalid, "no workloads; give --trace FILE or --synthetic N");
  }
  return data;
}

}  // namespace starling::lab
