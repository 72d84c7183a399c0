#include "policy/sizing/vertical_sizer.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/counted.h"
#include "base/units.h"
#include "policy/market/miss_curve.h"

namespace starling {
namespace {

Resources larger(const Resources& a, const Resources& b) {
  return {std::max(a.cpu_millis, b.cpu_millis), std::max(a.memory_bytes, b.memory_bytes)};
}

Resources smaller(const Resources& a, const Resources& b) {
  return {std::min(a.cpu_millis, b.cpu_millis), std::min(a.memory_bytes, b.memory_bytes)};
}

std::string text(const Resources& size) {
  return fmt::format("{} / {}", format_cpu(size.cpu_millis), format_memory(size.memory_bytes));
}

std::string text(const SizedReplicas& sized) {
  return fmt::format("{} of {}", counted(sized.replicas, "replica"), text(sized.size));
}

constexpr double kFading = 0.99;     // about the last hundred decisions
constexpr double kRequestsMin = 50;  // below, what a replica burns while idle outweighs them

std::int64_t stepped(std::int64_t cpu_millis, int steps) {
  return std::llround(static_cast<double>(cpu_millis) * std::pow(kSizeStep, steps));
}

int mebibytes(std::int64_t bytes) { return static_cast<int>(bytes >> 20); }

std::string cpu_basis(const SizeFloor& floor) {
  return fmt::format("p95 of use {:.0f}m + {:.0f} %", std::ceil(1000 * floor.cpu_p95),
                     100 * SizeRecommender::kMargin);
}

std::string memory_basis(const SizeFloor& floor) {
  if (floor.memory_killed) return "more than what a replica was killed at";
  return fmt::format("p95 of use {:.0f} MiB + {:.0f} %", std::ceil(floor.memory_p95 / (1 << 20)),
                     100 * SizeRecommender::kMargin);
}

}  // namespace

void add_to(Allocation& allocation, const SizeDecision& decision, int most) {
  auto& guards = allocation.guards;
  guards.insert(guards.end(), decision.guards.begin(), decision.guards.end());
  const int first = std::min(decision.replicas_first, most);
  if (first <= allocation.replicas) return;
  guards.push_back({"more-before-smaller", "so many are needed once they are smaller",
                    allocation.replicas, first});
  allocation.replicas = first;
}

SizeInputs inputs_of(const Observation& observation, const Objective& objective,
                     const Allocation& allocation) {
  SizeInputs inputs;
  inputs.now = observation.now;
  inputs.rate = std::max(allocation.planned_rate, observation.arrival_rate);
  inputs.service = observation.service;
  inputs.ready = observation.ready;
  inputs.concurrency = observation.concurrency;
  inputs.arrival_rate = observation.arrival_rate;
  inputs.queued = observation.queued;
  inputs.interval = observation.interval;
  inputs.queue_limit = observation.queue_limit;
  inputs.cpu_steps = allocation.cpu_steps;
  inputs.objective = objective;
  return inputs;
}

VerticalSizer::VerticalSizer(const SizingSpec& spec, const Resources& first)
    : spec_(spec), first_(first), recommender_(spec.period) {
  begin_with(within(spec_, first));
}

void VerticalSizer::begin_with(const Resources& size) { size_ = stepped_ = size; }

void VerticalSizer::set_spec(const SizingSpec& spec, const Resources& first, TimePoint now) {
  const bool wished = first != first_ || spec.mode != spec_.mode;
  spec_ = spec;
  first_ = first;
  recommender_.set_history(spec.period);
  if (wished) {
    begin_with(within(spec_, first));
  } else {
    size_ = within(spec_, size_);
    stepped_ = within(spec_, stepped_);
  }
  if (!wished) return;
  changed_ = now;
  certain_ = true;
}

void VerticalSizer::adopt(const std::vector<Resources>& sizes, TimePoint now) {
  if (std::exchange(adopted_, true) || sizes.empty() || spec_.mode != SizingMode::kAuto) return;
  Resources held = sizes.front();
  for (const Resources& size : sizes) held = larger(held, size);
  held = within(spec_, held);
  if (!certain_) {
    begin_with(held);
    changed_ = now;
  } else {
    // Memory that was raised since is kept, as a replica may have been killed for want of it.
    size_.memory_bytes = stepped_.memory_bytes = std::max(size_.memory_bytes, held.memory_bytes);
  }
}

std::optional<DecidedSize> VerticalSizer::decided_size() const {
  if (!adopted_ || !certain_ || spec_.mode != SizingMode::kAuto) return std::nullopt;
  return DecidedSize{size_, first_, changed_.value_or(TimePoint{})};
}

void VerticalSizer::take_over(const SizerRecord& record) {
  recommender_.take_over(record.usage);
  const auto& decided = record.decided;
  if (!decided || certain_ || spec_.mode != SizingMode::kAuto || decided->first != first_) return;
  Resources size = within(spec_, decided->size);
  if (adopted_) size.memory_bytes = std::max(size.memory_bytes, size_.memory_bytes);
  begin_with(size);
  changed_ = decided->changed;
  certain_ = true;
}

void VerticalSizer::observe_requests(double cpu_s, double requests) {
  if (!(cpu_s >= 0) || !(requests >= 0) || std::isinf(cpu_s) || std::isinf(requests)) return;
  cpu_s_ = kFading * cpu_s_ + cpu_s;
  requests_ = kFading * requests_ + requests;
}

double VerticalSizer::peak_rate(double rate, TimePoint now) {
  if (now - window_ >= spec_.period) {
    peak_before_ = now - window_ < 2 * spec_.period ? peak_ : 0;
    peak_ = 0;
    window_ = now;
  }
  if (std::isfinite(rate)) peak_ = std::max(peak_, rate);
  return std::max(peak_, peak_before_);
}

SizeQuestion VerticalSizer::question(const SizeInputs& inputs, const SizeFloor& floor) {
  SizeQuestion q;
  q.rate = peak_rate(inputs.rate, inputs.now);
  q.service = inputs.service;
  q.cpu_s_per_request = cpu_s_per_request();
  q.measured_cpu_millis = inputs.cpu_millis_ready > 0 ? inputs.cpu_millis_ready : size_.cpu_millis;
  q.concurrency = inputs.concurrency;
  q.objective = inputs.objective;
  q.current = size_;
  q.prices = inputs.prices;
  // What may be kept is bounded by the floor alone, what is lowered by the floor and the history.
  const Resources kept = larger(size_, floor.size);
  q.least = within(spec_, floor.trusted ? smaller(kept, floor.lower_to) : kept);
  q.most = spec_.max;
  return q;
}

/// The size that would be chosen, and why.
void VerticalSizer::recommend(SizeDecision& d, const SizeQuestion& q, const SizeChoice& choice) {
  const SizedReplicas& now = choice.current;
  d.recommended = within(spec_, larger(size_, d.floor.size));
  if (!choice.best) {
    const bool measured = q.cpu_s_per_request > 0 && q.rate > 0;
    d.reason = measured ? "no size within the limits meets the SLO"
                        : "the CPU stays: what a request costs of it is not known yet";
    // Less memory serves the same requests.
    const Resources less{d.recommended.cpu_millis, q.least.memory_bytes};
    if (q.prices.of(less) <= (1 - kSavingMin) * q.prices.of(size_)) d.recommended = less;
  } else if (!choice.current_meets) {
    d.recommended = choice.best->size;
    d.reason = fmt::format("at {:.1f} req/s {} {} the SLO, {} cost least of what meets it", q.rate,
                           text(now), now.replicas == 1 ? "misses" : "miss", text(*choice.best));
  } else {
    const double saving = 1 - choice.best->price_per_hour / now.price_per_hour;
    const bool worth = saving >= kSavingMin;
    if (worth) d.recommended = choice.best->size;
    if (choice.best->size == size_) {
      d.reason = fmt::format("at {:.1f} req/s {} cost least", q.rate, text(now));
    } else {
      d.reason =
          fmt::format("at {:.1f} req/s {} cost {:.0f} % {} than {}{}", q.rate, text(*choice.best),
                      100 * std::abs(saving), saving >= 0 ? "less" : "more", text(now),
                      worth ? "" : fmt::format(": a change must save {:.0f} %", 100 * kSavingMin));
    }
  }
  if (!d.floor.trusted) {
    d.reason += fmt::format("; nothing is lowered on {} of history, {} are asked for",
                            format_duration(std::chrono::floor<std::chrono::seconds>(d.floor.seen)),
                            format_duration(spec_.period));
  }
}

/// Where less would have been chosen but for what is seen to be used.
void VerticalSizer::note_floor(SizeDecision& d, SizeQuestion q) const {
  q.least = spec_.min;
  const auto free = choose_size(q);
  const std::int64_t cpu = free.best ? free.best->size.cpu_millis : size_.cpu_millis;
  const Resources floor = within(spec_, d.floor.size);
  if (cpu < floor.cpu_millis) {
    d.guards.push_back({"size-floor", "millicores of CPU: " + cpu_basis(d.floor),
                        static_cast<int>(cpu), static_cast<int>(floor.cpu_millis)});
  }
  if (size_.memory_bytes < floor.memory_bytes) {
    d.guards.push_back({"size-floor", "MiB of memory: " + memory_basis(d.floor),
                        mebibytes(size_.memory_bytes), mebibytes(floor.memory_bytes)});
  }
}

void VerticalSizer::apply(SizeDecision& d, const SizeChoice& choice, const SizeInputs& inputs) {
  if (spec_.mode != SizingMode::kAuto) return;
  // What was found is decided on once it could have been changed.
  certain_ |= !changed_ || inputs.now - *changed_ >= spec_.period;
  const std::int64_t memory_floor = within(spec_, d.floor.size).memory_bytes;
  size_.memory_bytes = std::max(size_.memory_bytes, memory_floor);
  if (d.recommended == size_) {
    waiting_.reset();
    return;
  }
  if (changed_ && inputs.now - *changed_ < spec_.period) {
    d.reason += fmt::format("; it changed {:.0f} s ago, at most once in {}",
                            seconds(inputs.now - *changed_), format_duration(spec_.period));
    return;
  }
  const bool shrinks = d.recommended.cpu_millis < size_.cpu_millis;
  const int needed = choice.best ? choice.best->replicas : 0;
  if (shrinks && needed > inputs.ready) {
    if (!waiting_) waiting_ = inputs.now;
    if (inputs.now - *waiting_ < spec_.period) {
      d.replicas_first = needed;
      d.reason += fmt::format("; they become smaller once {} are ready", needed);
      return;
    }
    d.reason += "; there was no room for so many";
  } else {
    size_ = d.recommended;
    certain_ = true;
  }
  waiting_.reset();
  changed_ = inputs.now;
}

/// Steps that the load of the moment asks for: none where nothing is known of it.
int VerticalSizer::steps_now(const SizeInputs& in, const SizeQuestion& q) {
  const double interval_s = seconds(in.interval);
  const double rate = in.arrival_rate + in.queued / interval_s;
  const bool known = q.cpu_s_per_request > 0 && in.service.mean_s > 0 && in.ready > 0 &&
                     interval_s > 0 && std::isfinite(rate);
  if (!known) return steps_.hold(in.now, 0);
  const int limit = in.queue_limit > 0 ? in.queue_limit : kQueueLimitGuess;
  const int slots = in.ready * in.concurrency;
  const auto serve = [&](double high, int steps) {
    const ServiceTime service = service_at(q, stepped(size_.cpu_millis, steps));
    return SteppedService{
        miss_share(high, service, slots, limit, seconds(in.objective.slo_latency)),
        slots / service.occupied_s()};
  };
  const double allowed = 1 - in.objective.slo_percentile / 100;
  return steps_.hold(in.now, steps_needed(rate, interval_s, allowed, serve));
}

void VerticalSizer::step(SizeDecision& d, int steps, int most) {
  stepped_ = size_;
  cpu_least_ = d.floor.trusted ? within(spec_, d.floor.size).cpu_millis : size_.cpu_millis;
  if (spec_.mode != SizingMode::kAuto) return;
  steps = std::clamp(steps, -kSizeStepsMax, most);
  stepped_.cpu_millis =
      std::max(stepped(size_.cpu_millis, steps), std::min(cpu_least_, size_.cpu_millis));
  stepped_ = within(spec_, stepped_);
  if (stepped_ != size_)
    d.reason += fmt::format("; {} of CPU for the moment", format_cpu(stepped_.cpu_millis));
}

ServiceTime VerticalSizer::planned(const ServiceTime& measured, double cores,
                                   int concurrency) const {
  if (spec_.mode != SizingMode::kAuto || !(cores > 0) || cpu_s_per_request() <= 0) return measured;
  SizeQuestion q;
  q.service = measured;
  q.cpu_s_per_request = cpu_s_per_request();
  q.measured_cpu_millis = std::llround(1000 * cores);
  q.concurrency = concurrency;
  return service_at(q, size_.cpu_millis);
}

std::optional<ObservedSize> VerticalSizer::observed(double cores) const {
  if (spec_.mode != SizingMode::kAuto) return std::nullopt;
  ObservedSize seen;
  seen.cpu_s_per_request = cpu_s_per_request();
  seen.cores = cores;
  seen.decided_cores = static_cast<double>(size_.cpu_millis) / 1000;
  seen.least_cores = static_cast<double>(cpu_least_) / 1000;
  return seen;
}

double VerticalSizer::cpu_s_per_request() const {
  return requests_ >= kRequestsMin ? cpu_s_ / requests_ : 0;
}

SizeDecision VerticalSizer::decide(const SizeInputs& inputs) {
  SizeDecision d;
  d.mode = spec_.mode;
  d.floor = recommender_.floor(inputs.now);
  const SizeQuestion q = question(inputs, d.floor);
  const SizeChoice choice = choose_size(q);
  recommend(d, q, choice);
  note_floor(d, q);
  apply(d, choice, inputs);
  step(d, steps_now(inputs, q) + inputs.cpu_steps, inputs.cpu_steps_most);
  d.size = stepped_;
  d.reason =
      fmt::format("CPU {}, memory {}; {}", cpu_basis(d.floor), memory_basis(d.floor), d.reason);
  return d;
}

}  // namespace starling
