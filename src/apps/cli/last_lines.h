// The end of a text, by lines.
#pragma once

#include <string>

namespace starling::cli {

/// At most the last `lines` lines of `text`, with their newlines; the rest of a line that has none
/// counts as one.
inline std::string last_lines(const std::string& text, int lines) {
  if (text.empty() || lines <= 0) return "";
  std::size_t begin = text.size() - (text.back() == '\n' ? 1 : 0);
  for (int i = 0; i < lines; ++i) {
    const auto newline = begin == 0 ? std::string::npos : text.rfind('\n', begin - 1);
    if (newline == std::string::npos) return text;
    begin = newline;
  }
  return text.substr(begin + 1);
}

}  // namespace starling::cli
