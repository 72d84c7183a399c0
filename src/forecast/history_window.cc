// Implements forecast/history_window.h.
#include "forecast/history_window.h"

#include <algorithm>

namespace starling {

Result<MaskedWindow> known_window(const HistoryView& history, std::size_t length,
                                  std::size_t index) {
  if (history.values.size() != history.present.size()) {
    return fail(ErrorCode::kInvalid,
                "history {}: {} values but a mask of {}; give both the same length", index,
                history.values.size(), history.present.size());
  }
  if (history.step <= Duration::zero()) {
    return fail(ErrorCode::kInvalid, "history {}: its step must be longer than zero", index);
  }
  const std::size_t size = history.values.size();
  MaskedWindow window = last_window(history.values, history.present, std::min(length, size));
  if (window.known == 0) window = last_window(history.values, history.present, size);
  if (window.known == 0) {
    return fail(ErrorCode::kInvalid,
                "history {}: none of its {} points is known (a known value is finite and not "
                "negative); forecast once one has been observed",
                index, size);
  }
  return window;
}

Forecast forecast_after(const HistoryView& history, std::string method) {
  Forecast forecast;
  forecast.origin = history.start + static_cast<std::int64_t>(history.values.size()) * history.step;
  forecast.step = history.step;
  forecast.method = std::move(method);
  return forecast;
}

Status check_horizon(int horizon) {
  if (horizon >= 1) return {};
  return fail(ErrorCode::kInvalid, "horizon {}: a forecast needs at least one step", horizon);
}

}  // namespace starling
