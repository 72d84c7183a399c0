// What commands that take long share: a Ctrl-C that lets them end in order, and a line of progress.
#pragma once

#include <chrono>
#include <string>

namespace starling::lab {

/// From now on the first Ctrl-C, or SIGTERM, is only noted; a second one ends the program at once.
void note_interrupts();
bool interrupted();

/// On standard error: rewritten on a terminal, elsewhere a line every ten seconds. One thread.
class ProgressLine {
 public:
  /// Whether the last line has stood for long enough; the next one counts from now.
  bool due();
  void show(const std::string& text);
  /// A line that stays, as at the end.
  void show_last(const std::string& text);
  /// Takes the line from the terminal, for what is printed next.
  void clear() const;
  /// Since the beginning, and never quite zero.
  double elapsed_s() const;

 private:
  using SteadyClock = std::chrono::steady_clock;
  bool terminal_ = is_terminal();
  SteadyClock::time_point began_ = SteadyClock::now();
  SteadyClock::time_point shown_ = began_;

  static bool is_terminal();
};

}  // namespace starling::lab
