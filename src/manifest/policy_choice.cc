// Implements manifest/policy_choice.h.
#include "manifest/policy_choice.h"

#include <fmt/ranges.h>

#include <charconv>
#include <map>
#include <vector>

#include "base/nearest.h"

namespace starling {
namespace {

struct TargetRange {
  double low = 0;
  double high = 0;
  const char* example = "";
};

const std::map<std::string, TargetRange>& ranges() {
  static const std::map<std::string, TargetRange> all{
      {"hpa", {0.01, 1, "0.7: of the concurrency in use"}},
      {"kpa", {0.01, 1, "0.7: of the concurrency in flight"}},
      {"ray-serve", {0.01, 1000, "2: requests a replica"}},
      {"skyserve", {0.01, 1, "0.7: of what a replica serves"}},
      {"threshold", {0.01, 1, "0.8: of the concurrency in use"}},
      {"skewness", {0.01, 1, "0.9: of the concurrency in use"}},
      {"aiad", {0.01, 10, "1: of the SLO's latency"}},
      {"greedy", {0.01, 1, "0.7: of the concurrency in use"}},
      {"predictive", {-5, 5, "0: a replica's price is e^-target times the usual"}},
      {"learned", {-5, 5, "0: a replica's price is e^-target times the usual"}},
  };
  return all;
}

}  // namespace

Result<PolicyChoice> read_policy_choice(const std::string& text) {
  const auto at = text.find('@');
  if (at == std::string::npos) return PolicyChoice{text, std::nullopt};
  const std::string policy = text.substr(0, at);
  const auto range = ranges().find(policy);
  if (range == ranges().end()) {
    std::vector<std::string> names;
    for (const auto& [name, unused] : ranges()) names.push_back(name);
    return fail(ErrorCode::kInvalid, "'{}': no policy '{}' takes a target{}; those that do: {}",
                text, policy, did_you_mean(policy, names), fmt::join(names, ", "));
  }
  const std::string number = text.substr(at + 1);
  double target = 0;
  const char* end = number.data() + number.size();
  const auto read = std::from_chars(number.data(), end, target);
  const auto& [low, high, example] = range->second;
  if (read.ec != std::errc{} || read.ptr != end || !(target >= low && target <= high)) {
    return fail(ErrorCode::kInvalid, "'{}': expected a target from {:g} to {:g} ({}@{})", text, low,
                high, policy, example);
  }
  return PolicyChoice{policy, target};
}

}  // namespace starling
