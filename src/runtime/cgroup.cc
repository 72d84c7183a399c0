#include "runtime/cgroup.h"

#include <sys/vfs.h>

#include <algorithm>

namespace starling {
namespace {

constexpr long kCgroup2Magic = 0x63677270;
constexpr std::int64_t kPeriodUs = 20'000;
constexpr std::int64_t kQuotaMinUs = 1'000;
constexpr std::int64_t kPeriodMaxUs = 1'000'000;

}  // namespace

CpuQuota cpu_quota(std::int64_t cpu_millis) {
  const auto millis = std::max<std::int64_t>(cpu_millis, 1);
  const auto period = std::clamp(kQuotaMinUs * 1000 / millis, kPeriodUs, kPeriodMaxUs);
  return {std::max(period * millis / 1000, kQuotaMinUs), period};
}

Result<std::unique_ptr<CgroupTree>> open_cgroups(const std::string& folder,
                                                 const std::filesystem::path& root) {
  struct statfs info {};
  if (::statfs(root.c_str(), &info) != 0) {
    return fail(ErrorCode::kUnavailable,
                "{} is not there: mount cgroups to have CPU and memory limits", root.string());
  }
  return info.f_type == kCgroup2Magic ? open_cgroups_v2(folder, root)
                                      : open_cgroups_v1(folder, root);
}

}  // namespace starling
