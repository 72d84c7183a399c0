#include "tests/transcript.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <fstream>
#include <regex>
#include <sstream>

#include "base/file.h"

namespace starling::system_test {
namespace {

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
  return text;
}

/// The output's lines, each with the mark before it and no blanks at its end.
std::string marked(const std::string& text, const std::string& mark) {
  std::istringstream lines(text);
  std::string line, result;
  while (std::getline(lines, line)) {
    line = mark + line;
    result += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
  }
  return result;
}

std::string told(const Ended& ended, const TranscriptOptions& options) {
  std::string text = marked(ended.out, "") + marked(ended.err, "! ");
  for (const auto& [from, to] : options.placeholders) text = replaced(text, from, to);
  static const std::regex kLogTime(R"(\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d[.\d]*Z?)");
  text = std::regex_replace(text, kLogTime, "<time>");
  static const std::regex kCost(R"(\d+\.\d\d s, \d+ MB of memory at most)");
  text = std::regex_replace(text, kCost, "<cost>");
  return ended.exit_code == 0 ? text : text + fmt::format("[exit {}]\n", ended.exit_code);
}

}  // namespace

std::string replayed(const std::string& transcript, const TranscriptOptions& options) {
  std::istringstream lines(transcript);
  std::string line, result;
  bool after_command = false;
  while (std::getline(lines, line)) {
    const bool command = line.rfind("$ ", 0) == 0;
    if (!command && line.rfind("# ", 0) != 0) continue;
    if (after_command) result += "\n";
    after_command = command;
    result += line + "\n";
    if (command) result += told(run(line.substr(2), options.run), options);
  }
  return result;
}

void expect_transcript(const std::string& name, const TranscriptOptions& options) {
  const auto path =
      std::filesystem::path(STARLING_SOURCE_DIR) / "tests/transcripts" / (name + ".txt");
  const auto golden = read_file(path);
  ASSERT_TRUE(golden) << golden.error().message;
  const std::string now = replayed(*golden, options);
  if (const char* update = ::getenv("UPDATE_TRANSCRIPTS"); update != nullptr && *update == '1') {
    std::ofstream(path) << now;
    return;
  }
  EXPECT_EQ(now, *golden) << "if this is meant: UPDATE_TRANSCRIPTS=1 rewrites " << path;
}

}  // namespace starling::system_test
