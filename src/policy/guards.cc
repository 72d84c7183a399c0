#include "policy/guards.h"

#include <algorithm>
#include <cmath>

#include "base/counted.h"
#include "base/units.h"

namespace starling {
namespace {

void change(Allocation& wish, const char* guard, int to, std::string detail) {
  wish.guards.push_back({guard, std::move(detail), wish.replicas, to});
  wish.replicas = to;
}

}  // namespace

Duration hold_time(const GuardOptions& options, Duration cold_start) {
  const double held_s =
      std::max(seconds(options.hold_min), options.hold_cold_starts * seconds(cold_start));
  return from_seconds(held_s * options.hold_scale);
}

Allocation Guards::apply(Allocation wish, const Observation& observation,
                         const Objective& objective) {
  const TimePoint now = observation.now;
  const Duration window = hold_time(options_, observation.cold_start);
  if (!given_) given_ = observation.ready + observation.starting;

  // A wish beyond the limits is no need that a later, lower one must wait for.
  wishes_.push_back(
      {now, std::clamp(wish.replicas, objective.min, std::max(objective.min, objective.max))});
  while (now - wishes_.front().at > window) wishes_.pop_front();

  hold(wish, now, window);
  limit_downs(wish, now);
  limit_up(wish);
  limit_ups(wish, now);
  if (wish.replicas < objective.min) {
    change(wish, "min-replicas", objective.min,
           fmt::format("wished {}, replicas.min is {}", wish.replicas, objective.min));
  }
  if (wish.replicas > objective.max) {
    change(wish, "max-replicas", objective.max,
           fmt::format("wished {}, replicas.max is {}", wish.replicas, objective.max));
  }

  if (wish.replicas > *given_) last_up_ = now;
  if (wish.replicas < *given_) downs_.push_back(now);
  if (wish.replicas != *given_) given_before_.push_back({now, *given_});
  given_ = wish.replicas;
  return wish;
}

void Guards::hold(Allocation& wish, TimePoint now, Duration window) {
  if (wish.replicas >= *given_) return;
  const auto highest =
      std::max_element(wishes_.begin(), wishes_.end(),
                       [](const Wish& a, const Wish& b) { return a.replicas < b.replicas; });
  const int held = std::min(*given_, highest->replicas);
  if (held > wish.replicas) {
    change(wish, "hold", held,
           fmt::format("{} needed within the last {}", counted(highest->replicas, "replica"),
                       format_duration(window)));
  }
  if (wish.replicas < *given_ && last_up_ && now - *last_up_ < window) {
    change(wish, "direction", *given_,
           fmt::format("scaled up {} ago, no removal for {}", format_duration(now - *last_up_),
                       format_duration(window)));
  }
}

void Guards::limit_downs(Allocation& wish, TimePoint now) {
  while (!downs_.empty() && now - downs_.front() >= options_.downs_window) downs_.pop_front();
  if (wish.replicas >= *given_ || static_cast<int>(downs_.size()) < options_.downs_max) return;
  change(wish, "downs", *given_,
         fmt::format("{} removals within the last {}", downs_.size(),
                     format_duration(options_.downs_window)));
}

void Guards::limit_up(Allocation& wish) {
  const double highest = std::floor(options_.up_factor * *given_) + options_.up_step;
  if (wish.replicas <= highest) return;
  change(wish, "step-up", static_cast<int>(highest),
         fmt::format("at most {:g} × {} + {} in one decision", options_.up_factor, *given_,
                     options_.up_step));
}

void Guards::limit_ups(Allocation& wish, TimePoint now) {
  while (!given_before_.empty() && now - given_before_.front().at >= options_.ups_window)
    given_before_.pop_front();
  const int start = given_before_.empty() ? *given_ : given_before_.front().replicas;
  // What was given already stays: this guard bounds rises and removes nothing.
  const double highest =
      std::max<double>(*given_, std::floor(options_.ups_factor * start) + options_.ups_step);
  if (wish.replicas <= highest) return;
  change(wish, "ups", static_cast<int>(highest),
         fmt::format("at most {:g} × {} + {} within {}, and {} is what there was {} ago",
                     options_.ups_factor, start, options_.ups_step,
                     format_duration(options_.ups_window), start,
                     format_duration(options_.ups_window)));
}

}  // namespace starling
