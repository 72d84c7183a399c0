// Implements apps/lab/forecast_progress.h.
#include "apps/lab/forecast_progress.h"

#include <fmt/format.h>

namespace starling::lab {

bool TrainingProgress::operator()(const TrainingState& state) {
  const bool first = first_step_ < 0;
  if (first) first_step_ = state.step - 1;
  const bool last = state.step == state.steps || interrupted();
  if (!line_.due() && !first && !last) return true;
  const double rate = (state.step - first_step_) / line_.elapsed_s();
  const std::string text =
      fmt::format("{} step {}/{}  loss {:.4f}  held out {}  {:.1f} steps/s  {:.0f} s left",
                  regime_name(state.regime), state.step, state.steps, state.loss,
                  state.held_out_loss > 0 ? fmt::format("{:.4f}", state.held_out_loss) : "-", rate,
                  (state.steps - state.step) / rate);
  last ? line_.show_last(text) : line_.show(text);
  return !interrupted();
}

}  // namespace starling::lab
