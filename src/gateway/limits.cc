#include "gateway/limits.h"

#include <fmt/format.h>

#include "base/file.h"

namespace starling {

Status LimitTable::set(const std::filesystem::path& map, Entries& done, const std::string& model,
                       std::int64_t value) {
  const auto before = done.find(model);
  const bool known = before != done.end();
  if (known && before->second == value) return {};
  if (!known) {
    if (auto status = runtime_.forget(map, model); !status) return status;
  }
  const auto status = runtime_.tell(
      fmt::format("{} map {} {} {}", known ? "set" : "add", map.string(), model, value));
  if (status) done[model] = value;
  return status;
}

Status LimitTable::drop(const std::filesystem::path& map, Entries& done,
                        const AdmissionLimits& limits) {
  for (auto it = done.begin(); it != done.end();) {
    if (limits.contains(it->first)) {
      ++it;
      continue;
    }
    if (auto status = runtime_.forget(map, it->first); !status) return status;
    it = done.erase(it);
  }
  return {};
}

Status LimitTable::follow(const AdmissionLimits& limits) {
  // The limit is what rejects: with it gone, nobody reads the time to come back after.
  if (auto status = drop(files_.limits, limits_, limits); !status) return status;
  if (auto status = drop(files_.retries, retries_, limits); !status) return status;
  for (const auto& [model, limit] : limits) {
    if (auto status = set(files_.retries, retries_, model, limit.retry_after_s); !status)
      return status;
    if (auto status = set(files_.limits, limits_, model, limit.in_flight); !status) return status;
  }
  return {};
}

Status LimitTable::write(const AdmissionLimits& limits) {
  std::string in_flight, retries;
  for (const auto& [model, limit] : limits) {
    in_flight += fmt::format("{} {}\n", model, limit.in_flight);
    retries += fmt::format("{} {}\n", model, limit.retry_after_s);
  }
  if (auto status = write_file_atomically(files_.limits, in_flight, 0600); !status) return status;
  if (auto status = write_file_atomically(files_.retries, retries, 0600); !status) return status;
  limits_.clear();
  retries_.clear();
  for (const auto& [model, limit] : limits) {
    limits_[model] = limit.in_flight;
    retries_[model] = limit.retry_after_s;
  }
  return {};
}

}  // namespace starling
