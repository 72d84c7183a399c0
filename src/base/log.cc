#include "base/log.h"

#include <spdlog/sinks/stdout_color_sinks.h>

#include "base/nearest.h"

namespace starling {

Status set_up_logging(const std::string& who, const std::string& level) {
  const std::vector<std::string> levels{"trace", "debug", "info", "warn", "error", "off"};
  if (std::find(levels.begin(), levels.end(), level) == levels.end()) {
    return fail(ErrorCode::kInvalid, "log level '{}' is unknown{}: expected one of {}", level,
                did_you_mean(level, levels), fmt::join(levels, ", "));
  }
  auto logger = spdlog::get(who);
  if (!logger) logger = spdlog::stderr_color_mt(who);
  logger->set_pattern("%Y-%m-%dT%H:%M:%S.%e %^%-5l%$ %n: %v");
  spdlog::set_default_logger(logger);
  spdlog::set_level(spdlog::level::from_str(level == "warn" ? "warning" : level));
  return {};
}

}  // namespace starling
