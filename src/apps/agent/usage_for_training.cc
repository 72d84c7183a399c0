// Implements apps/agent/usage_for_training.h.
#include "apps/agent/usage_for_training.h"

#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "apps/agent/usage_for_training.sql.h"
#include "base/log.h"

namespace starling::agent {
namespace {

constexpr Duration kStep{10s};
/// Twelve hours of 115 workloads; more would only fill memory.
constexpr history::QueryLimits kTrainingLimits{
    .rows_max = 500'000, .bytes_max = 64LL << 20, .time_max = Duration(30s)};

}  // namespace

Result<std::vector<Series>> usage_for_training(const history::Store& history) {
  const auto result = history.query(std::string(kUsageForTrainingSql), kTrainingLimits);
  if (!result) return fail(result.error());
  std::vector<Series> all;
  std::int64_t next = 0;
  for (const auto& row : result->rows) {
    const auto workload = row[0].get<std::string>();
    const auto step = row[1].get<std::int64_t>();
    if (all.empty() || all.back().workload != workload) {
      all.push_back({.workload = workload,
                     .start = TimePoint(step * kStep),
                     .step = kStep,
                     .values = {},
                     .present = {}});
      next = step;
    }
    Series& series = all.back();
    for (; next < step; ++next) {
      series.values.push_back(0);
      series.present.push_back(0);
    }
    series.values.push_back(row[2].get<double>());
    series.present.push_back(1);
    ++next;
  }
  return all;
}

void lower_priority() {
  constexpr int kLowest = 19;
  if (::setpriority(PRIO_PROCESS, static_cast<id_t>(::syscall(SYS_gettid)), kLowest) != 0) {
    spdlog::warn("training runs at ordinary priority: {}", std::strerror(errno));
  }
}

}  // namespace starling::agent
