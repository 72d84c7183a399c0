// Implements apps/lab/forecast_progress.h.
#include "apps/lab/forecast_progress.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstdio>

namespace starling::lab {
namespace {

std::atomic<bool> interrupted = false;

/// The second Ctrl-C ends the program at once.
void on_interrupt(int signal) {
  interrupted = true;
  std::signal(signal, SIG_DFL);
}

}  // namespace

TrainingProgress::TrainingProgress()
    : terminal_(isatty(STDERR_FILENO) != 0), began_(SteadyClock::now()), shown_(began_) {
  std::signal(SIGINT, on_interrupt);
}

bool TrainingProgress::operator()(const TrainingState& state) {
  if (first_step_ < 0) first_step_ = state.step - 1;
  const auto now = SteadyClock::now();
  const auto quiet = terminal_ ? std::chrono::milliseconds(200) : std::chrono::milliseconds(10'000);
  const bool last = state.step == state.steps || interrupted;
  if (now - shown_ < quiet && !last && state.step > first_step_ + 1) return true;
  shown_ = now;
  const double elapsed_s = std::max(1e-3, std::chrono::duration<double>(now - began_).count());
  const double rate = (state.step - first_step_) / elapsed_s;
  fmt::print(stderr, "{}{} step {}/{}  loss {:.4f}  held out {}  {:.1f} steps/s  {:.0f} s left{}",
             terminal_ ? "\r\x1b[K" : "", regime_name(state.regime), state.step, state.steps,
             state.loss, state.held_out_loss > 0 ? fmt::format("{:.4f}", state.held_out_loss) : "-",
             rate, (state.steps - state.step) / rate, terminal_ && !last ? "" : "\n");
  std::fflush(stderr);
  return !interrupted;
}

}  // namespace starling::lab
