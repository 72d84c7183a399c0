// Implements apps/lab/long_run.h.
#include "apps/lab/long_run.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstdio>

namespace starling::lab {
namespace {

std::atomic<bool> noted = false;

void on_interrupt(int signal) {
  noted = true;
  std::signal(signal, SIG_DFL);
}

}  // namespace

void note_interrupts() {
  std::signal(SIGINT, on_interrupt);
  std::signal(SIGTERM, on_interrupt);
}

bool interrupted() { return noted; }

bool ProgressLine::is_terminal() { return isatty(STDERR_FILENO) != 0; }

bool ProgressLine::due() {
  const auto now = SteadyClock::now();
  if (now - shown_ < (terminal_ ? std::chrono::milliseconds(200) : std::chrono::seconds(10)))
    return false;
  shown_ = now;
  return true;
}

void ProgressLine::show(const std::string& text) {
  fmt::print(stderr, "{}{}{}", terminal_ ? "\r\x1b[K" : "", text, terminal_ ? "" : "\n");
  std::fflush(stderr);
}

void ProgressLine::show_last(const std::string& text) {
  fmt::print(stderr, "{}{}\n", terminal_ ? "\r\x1b[K" : "", text);
  std::fflush(stderr);
}

void ProgressLine::clear() const {
  if (terminal_) fmt::print(stderr, "\r\x1b[K");
}

double ProgressLine::elapsed_s() const {
  return std::max(1e-3, std::chrono::duration<double>(SteadyClock::now() - began_).count());
}

}  // namespace starling::lab
