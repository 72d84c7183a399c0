// Whose weights are adapted next, within a budget of work.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/clock.h"

namespace starling {

struct AdaptScheduleOptions {
  Duration interval{60s};  // between adaptations to one model, while they pay
  int patience_max = 8;    // intervals between tries where they do not
};

/// A model is due one interval after it was first seen, and again one interval after every
/// adaptation that was kept; each refusal in a row doubles the wait, up to `patience_max`
/// intervals. A model whose demand drifted is due at once and goes first. Pure: time is an
/// argument.
class AdaptSchedule {
 public:
  explicit AdaptSchedule(const AdaptScheduleOptions& options = {}) : options_(options) {}

  /// A model that is not known yet is due one interval from now. `work` is what adapting to it
  /// takes, in any unit.
  void seen(const std::string& model, TimePoint now, std::int64_t work);
  void drifted(const std::string& model, TimePoint now);
  void forget(const std::string& model) { models_.erase(model); }

  /// The models due now that fit into `budget` together: drifted ones first, then those longest
  /// due. One is taken even if it alone exceeds the budget, so that none waits for ever. They are
  /// not due again before `done`.
  std::vector<std::string> take(TimePoint now, std::int64_t budget);
  void done(const std::string& model, bool kept, TimePoint now);

 private:
  struct Entry {
    TimePoint due{};
    bool drifted = false;
    bool taken = false;
    int patience = 1;  // intervals to the next try
    std::int64_t work = 0;
  };
  AdaptScheduleOptions options_;
  std::map<std::string, Entry> models_;
};

}  // namespace starling
