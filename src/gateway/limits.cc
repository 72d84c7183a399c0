#include "gateway/limits.h"

#include <fmt/format.h>

#include "base/file.h"

namespace starling {

Status LimitTable::set(const std::filesystem::path& map, const std::string& model,
                       std::int64_t value, bool known) {
  return runtime_.tell(
      fmt::format("{} map {} {} {}", known ? "set" : "add", map.string(), model, value));
}

Status LimitTable::follow(const AdmissionLimits& limits) {
  for (auto it = done_.begin(); it != done_.end();) {
    if (limits.contains(it->first)) {
      ++it;
      continue;
    }
    // The limit is what rejects: with it gone, nobody reads the time to come back after.
    for (const auto& map : {files_.limits, files_.retries}) {
      if (auto status = runtime_.tell(fmt::format("del map {} {}", map.string(), it->first));
          !status) {
        return status;
      }
    }
    it = done_.erase(it);
  }
  for (const auto& [model, limit] : limits) {
    const auto before = done_.find(model);
    const bool known = before != done_.end();
    if (known && before->second == limit) continue;
    if (auto status = set(files_.retries, model, limit.retry_after_s, known); !status)
      return status;
    if (auto status = set(files_.limits, model, limit.in_flight, known); !status) return status;
    done_[model] = limit;
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
  done_ = limits;
  return {};
}

}  // namespace starling
