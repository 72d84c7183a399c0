#include "apps/lab/trace_text.h"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <chrono>
#include <cmath>
#include <vector>

namespace starling::lab {

std::size_t terminal_columns() {
  winsize size{};
  const bool known = ::isatty(STDOUT_FILENO) == 1 &&
                     ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
  return known ? size.ws_col : 80;
}

std::string described_time(TimePoint at, bool has_calendar) {
  if (has_calendar) {
    return fmt::format("{:%F %H:%M}", fmt::gmtime(std::chrono::system_clock::to_time_t(at)));
  }
  const auto minutes = std::chrono::duration_cast<std::chrono::minutes>(at.time_since_epoch());
  return fmt::format("day {} {:02}:{:02}", minutes.count() / 1440 + 1, minutes.count() / 60 % 24,
                     minutes.count() % 60);
}

std::string figure(std::optional<double> value, int digits) {
  return value ? fmt::format("{:.{}f}", *value, digits) : "-";
}

std::string amount(double value) {
  const double size = std::abs(value);
  return size >= 1000 && size < 1e7 ? fmt::format("{:.0f}", value) : fmt::format("{:.4g}", value);
}

std::string short_name(const std::string& name, std::size_t width) {
  std::vector<std::string> characters;  // each with its continuation bytes
  for (const char c : name) {
    const auto byte = static_cast<unsigned char>(c);
    const bool continues = (byte & 0xC0) == 0x80 && !characters.empty();
    if (continues) {
      characters.back() += c;
    } else {
      characters.emplace_back(1, byte < 0x20 || byte == 0x7f ? '?' : c);
    }
  }
  const std::size_t kept = characters.size() > width ? width - 2 : characters.size();
  const std::size_t head = characters.size() > width ? (kept + 1) / 2 : kept;
  std::string text;
  for (std::size_t i = 0; i < head; ++i) text += characters[i];
  if (characters.size() > width) {
    text += "..";
    for (std::size_t i = characters.size() - (kept - head); i < characters.size(); ++i) {
      text += characters[i];
    }
  }
  return text;
}

}  // namespace starling::lab
