// Azure Functions 2019: a file a day of invocations per minute, and tables of percentiles.
#include <algorithm>
#include <cctype>
#include <filesystem>

#include "trace/formats/azure_functions.sql.h"
#include "trace/formats/formats.h"
#include "trace/formats/rows.h"

namespace starling {
namespace {

constexpr std::size_t kMinutes = 1440;
constexpr const char* kPage =
    "https://github.com/Azure/AzurePublicDataset/blob/master/AzureFunctionsDataset2019.md";

bool is_azure_functions(const FileHead& head) {
  return head.has_all({"HashOwner", "HashApp", "HashFunction", "Trigger", "1", "1440"});
}

bool is_durations(const FileHead& head) {
  return head.has_all({"HashFunction", "Average", "Count", "percentile_Average_50"});
}

bool is_memory(const FileHead& head) {
  return head.has_all({"HashApp", "SampleCount", "AverageAllocatedMb"});
}

/// 1 for …d01.csv; nothing if the name holds no day.
std::optional<int> day_of(const std::string& path) {
  const std::string stem = file_stem(path);
  const std::size_t at = stem.rfind(".d");
  if (at == std::string::npos || stem.size() != at + 4) return std::nullopt;
  const auto digit = [&](std::size_t i) { return stem[at + i] - '0'; };
  if (digit(2) < 0 || digit(2) > 9 || digit(3) < 0 || digit(3) > 9) return std::nullopt;
  return digit(2) * 10 + digit(3);
}

/// The files by day: by the names if all tell it, or else in the order given.
Result<std::vector<std::pair<int, const FileHead*>>> in_day_order(
    const std::vector<FileHead>& files) {
  std::vector<std::pair<int, const FileHead*>> result;
  const bool named = std::all_of(files.begin(), files.end(), [](const FileHead& file) {
    return day_of(file.path).value_or(0) > 0;
  });
  for (const FileHead& file : files) {
    result.emplace_back(named ? *day_of(file.path) : static_cast<int>(result.size()) + 1, &file);
  }
  std::sort(result.begin(), result.end());
  for (std::size_t i = 1; i < result.size(); ++i) {
    if (result[i].first != result[i - 1].first) continue;
    return fail(ErrorCode::kInvalid, "{} and {} are both of day {}; name each day once",
                result[i - 1].second->path, result[i].second->path, result[i].first);
  }
  return result;
}

/// A function that a day's file does not name was silent; of a day without a file nothing is known.
void drop_other_days(const std::vector<std::pair<int, const FileHead*>>& days, Samples& samples) {
  constexpr std::int64_t kDayUs = 86'400'000'000;
  std::size_t kept = 0;
  for (std::size_t i = 0; i < samples.times_us.size(); ++i) {
    const auto day = static_cast<int>(samples.times_us[i] / kDayUs) + 1;
    const bool given = std::any_of(days.begin(), days.end(),
                                   [&](const auto& entry) { return entry.first == day; });
    if (!given) continue;
    samples.times_us[kept] = samples.times_us[i];
    samples.values[kept++] = samples.values[i];
  }
  samples.times_us.resize(kept);
  samples.values.resize(kept);
}

/// `group`: function (default), app, owner or trigger.
Result<std::string> group_column(const std::string& group) {
  if (group.empty() || group == "HashFunction") return std::string("HashFunction");
  if (group == "HashApp" || group == "HashOwner" || group == "Trigger") return group;
  return fail(ErrorCode::kInvalid,
              "group: '{}' is not one of HashFunction, HashApp, HashOwner, Trigger", group);
}

Result<RawTrace> read_azure_functions(ReadJob& job) {
  const auto group = group_column(job.options().group);
  if (!group) return fail(group.error());
  const auto days = in_day_order(job.files());
  if (!days) return fail(days.error());
  StepCollector collector(job.options().limits, 1min, Gather::kSum);
  for (const auto& [day, file] : *days) {
    const auto workload = find_column(*file, "group", *group);
    const auto first = find_column(*file, "format azure-functions", "1");
    if (!workload || !first) return fail(!workload ? workload.error() : first.error());
    if (file->columns.size() < *first + kMinutes) {
      return fail(ErrorCode::kInvalid, "{}:1: {} columns of minutes; 1 … 1440 were expected",
                  file->path, file->columns.size() - *first);
    }
    std::string cells;
    for (std::size_t i = 0; i < kMinutes; ++i) {
      cells += fmt::format("{}c{}", i == 0 ? "" : ", ", *first + i);
    }
    const Status defined =
        job.define("day_rows", fmt::format("SELECT line, c{} AS workload, [{}] AS cells FROM ({})",
                                           *workload, cells, cells_query(*file, job.options())));
    if (!defined) return fail(job.explained(file->path, defined.error()));
    if (Status s = job.run(*file, kAzureFunctionsSql, {std::int64_t{day - 1}}, collector); !s) {
      return fail(s.error());
    }
  }
  RawTrace trace;
  trace.format = "azure-functions";
  trace.quantity = Quantity::kCount;
  trace.unit = "requests";
  trace.step = 1min;
  auto result = job.finish(std::move(trace), collector);
  if (result && days->back().first - days->front().first + 1 > static_cast<int>(days->size())) {
    for (Samples& samples : result->workloads) drop_other_days(*days, samples);
  }
  return result;
}

}  // namespace

FormatReader azure_functions_format() {
  return {{.name = "azure-functions",
           .description = "Azure Functions 2019: invocations per minute, one file a day",
           .publisher = kPage,
           .quantity = "requests per minute and function",
           .options = {"group"}},
          is_azure_functions,
          read_azure_functions};
}

FormatReader azure_functions_durations_format() {
  return {{.name = "azure-functions-durations",
           .description = "Azure Functions 2019: percentiles of each function's execution time, ms",
           .publisher = kPage,
           .quantity = "no series: a table",
           .options = {},
           .is_table = true},
          is_durations,
          nullptr};
}

FormatReader azure_functions_memory_format() {
  return {{.name = "azure-functions-memory",
           .description = "Azure Functions 2019: percentiles of each application's memory, MB",
           .publisher = kPage,
           .quantity = "no series: a table",
           .options = {},
           .is_table = true},
          is_memory,
          nullptr};
}

}  // namespace starling
