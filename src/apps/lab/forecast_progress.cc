// Implements apps/lab/forecast_progress.h.
#include "apps/lab/forecast_progress.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

namespace starling::lab {

TrainingProgress::TrainingProgress()
    : terminal_(isatty(STDERR_FILENO) != 0), began_(SteadyClock::now()), shown_(began_) {}

bool TrainingProgress::operator()(const MetaProgress& progress) {
  const auto now = SteadyClock::now();
  const auto quiet = terminal_ ? std::chrono::milliseconds(200) : std::chrono::milliseconds(10'000);
  const bool last = progress.step == progress.steps;
  if (now - shown_ < quiet && !last && progress.step > 1) return true;
  shown_ = now;
  const double elapsed_s = std::max(1e-3, std::chrono::duration<double>(now - began_).count());
  const double rate = progress.step / elapsed_s;
  fmt::print(stderr, "{}step {}/{}  loss {:.4f}  adapted {:.4f}  {:.1f} steps/s  {:.0f} s left{}",
             terminal_ ? "\r\x1b[K" : "", progress.step, progress.steps, progress.loss,
             progress.loss_adapted, rate, (progress.steps - progress.step) / rate,
             terminal_ && !last ? "" : "\n");
  std::fflush(stderr);
  return true;
}

}  // namespace starling::lab
