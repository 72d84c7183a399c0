#include "trace/formats/collector.h"

#include <algorithm>
#include <cmath>

#include "base/excerpt.h"
#include "trace/floor_divide.h"
#include "trace/timestamp.h"

namespace starling {
namespace {

constexpr std::size_t kExamplesMax = 3;
constexpr std::size_t kExampleBytes = 80;

/// The text's beginning on one line.
std::string example_of(std::string_view text) {
  std::string example = excerpt(text, kExampleBytes);
  for (char& c : example) {
    if (static_cast<unsigned char>(c) < 0x20) c = ' ';
  }
  return example.size() < text.size() ? example + "…" : example;
}

std::string time_text(std::int64_t time_us) {
  const bool has_calendar = time_us >= kCalendarFromUs;
  return timestamp_text(TimePoint{Duration{time_us}}, has_calendar) + (has_calendar ? "" : " s");
}

}  // namespace

void SkipLog::add(std::string_view reason, std::string_view where, std::string_view text,
                  std::int64_t count) {
  auto entry = std::find_if(skipped_.begin(), skipped_.end(),
                            [&](const Skipped& s) { return s.reason == reason; });
  if (entry == skipped_.end()) {
    entry = skipped_.insert(entry, Skipped{std::string(reason), 0, {}});
  }
  entry->count += count;
  if (entry->examples.size() < kExamplesMax) {
    entry->examples.push_back(fmt::format("{}: {}", where, example_of(text)));
  }
}

Error Collector::too_many_points(std::string_view detail) const {
  return Error{ErrorCode::kTooLarge,
               fmt::format("more than {} points{}; choose a larger step, read fewer files, or "
                           "raise --max-points of `starling trace`",
                           limits_.points_max, detail)};
}

Result<std::size_t> Collector::index_of(std::string_view workload) {
  // Rows of one workload often follow each other.
  if (last_ < names_.size() && names_[last_] == workload) return last_;
  const auto [entry, is_new] = index_.try_emplace(std::string(workload), names_.size());
  if (is_new) {
    if (static_cast<std::int64_t>(names_.size()) >= limits_.workloads_max) {
      return fail(ErrorCode::kTooLarge,
                  "more than {} workloads (the last one is '{}'); group by another column, or "
                  "raise --max-workloads of `starling trace`",
                  limits_.workloads_max, example_of(workload));
    }
    names_.emplace_back(workload);
  }
  return last_ = entry->second;
}

Status Collector::take(std::string_view workload, std::int64_t time_us, double value) {
  const auto index = index_of(workload);
  if (!index) return fail(index.error());
  const auto more = store(*index, time_us, value);
  if (!more) return fail(more.error());
  points_ += *more;
  if (points_ > limits_.points_max) return fail(too_many_points(""));
  return {};
}

Result<std::int64_t> SampleCollector::store(std::size_t workload, std::int64_t time_us,
                                            double value) {
  if (workload == samples_.size()) samples_.push_back(Samples{names_[workload], {}, {}});
  const auto& times = samples_[workload].times_us;
  if (strict_ && !times.empty() &&
      (time_us < times.back() || (time_us == times.back() && !strict_->allow_same_time))) {
    return fail(ErrorCode::kInvalid,
                "'{}': {} is {} the time before it; sort the file by time and keep one row each, "
                "or let `starling trace import` do it",
                example_of(names_[workload]), time_text(time_us),
                time_us == times.back() ? "the same as" : "earlier than");
  }
  if (strict_ && !strict_->allow_negative && value < 0) {
    return fail(ErrorCode::kInvalid,
                "'{}': {} is below zero, which no demand is; mend the row, or let `starling trace "
                "import --quantity count` make it missing",
                example_of(names_[workload]), value);
  }
  samples_[workload].times_us.push_back(time_us);
  samples_[workload].values.push_back(value);
  return 1;
}

Result<std::vector<Samples>> SampleCollector::finish() { return std::move(samples_); }

void StepCollector::add(std::vector<Cell>& cells, std::int64_t step, double value) {
  first_step_ = std::min(first_step_, step);
  last_step_ = std::max(last_step_, step);
  const bool changes_nothing = value == 0 && (gather_ == Gather::kSum || gather_ == Gather::kLevel);
  if (changes_nothing) return;
  // Events mostly come in the order of time.
  if (cells.empty() || cells.back().step != step) cells.push_back(Cell{step, 0, 0});
  cells.back().sum += value;
  ++cells.back().count;
}

void StepCollector::merge(Steps& steps) {
  std::vector<Cell>& cells = steps.cells;
  std::stable_sort(cells.begin(), cells.end(),
                   [](const Cell& a, const Cell& b) { return a.step < b.step; });
  std::size_t kept = 0;
  for (std::size_t i = 1; i < cells.size(); ++i) {
    if (cells[i].step == cells[kept].step) {
      cells[kept].sum += cells[i].sum;
      cells[kept].count += cells[i].count;
    } else {
      cells[++kept] = cells[i];
    }
  }
  if (!cells.empty()) cells.resize(kept + 1);
  steps.merge_at = 2 * std::max<std::size_t>(cells.size(), 512);
}

Result<std::int64_t> StepCollector::store(std::size_t workload, std::int64_t time_us,
                                          double value) {
  if (workload == steps_.size()) steps_.emplace_back();
  if (std::isnan(value)) return 0;
  Steps& steps = steps_[workload];
  const auto before = static_cast<std::int64_t>(steps.cells.size());
  const std::int64_t step = floor_divide(time_us, step_us_);
  if (gather_ == Gather::kLevel) {
    // The change counts for the rest of its step, and in full from the next one on.
    const double passed =
        static_cast<double>(time_us - step * step_us_) / static_cast<double>(step_us_);
    add(steps.cells, step, value * (1 - passed));
    add(steps.cells, step + 1, value * passed);
  } else {
    add(steps.cells, step, value);
  }
  if (steps.cells.size() >= steps.merge_at) merge(steps);
  return static_cast<std::int64_t>(steps.cells.size()) - before;
}

Samples StepCollector::present_steps(std::size_t workload) const {
  Samples samples{names_[workload], {}, {}};
  for (const Cell& cell : steps_[workload].cells) {
    const double mean = cell.sum / static_cast<double>(cell.count);
    samples.times_us.push_back(cell.step * step_us_);
    samples.values.push_back(gather_ == Gather::kMean ? mean : cell.sum);
  }
  return samples;
}

Samples StepCollector::all_steps(std::size_t workload) const {
  const std::vector<Cell>& cells = steps_[workload].cells;
  Samples samples{names_[workload], {}, {}};
  const auto size = static_cast<std::size_t>(last_step_ - first_step_ + 1);
  samples.times_us.reserve(size);
  samples.values.reserve(size);
  auto next = cells.begin();
  double level = 0;
  for (std::int64_t step = first_step_; step <= last_step_; ++step) {
    if (gather_ == Gather::kSum) level = 0;
    if (next != cells.end() && next->step == step) level += (next++)->sum;
    samples.times_us.push_back(step * step_us_);
    // Sums of fractions leave a remainder where the level is whole.
    samples.values.push_back(gather_ == Gather::kLevel ? std::round(level * 1e9) / 1e9 : level);
  }
  return samples;
}

Result<std::vector<Samples>> StepCollector::finish() {
  std::vector<Samples> result;
  if (first_step_ > last_step_) return result;
  const bool fills = gather_ == Gather::kSum || gather_ == Gather::kLevel;
  // A level's last step is the one after its last change, where nothing is left.
  if (gather_ == Gather::kLevel && last_step_ > first_step_) --last_step_;
  const auto workloads = static_cast<std::int64_t>(steps_.size());
  if (fills && last_step_ - first_step_ >= limits_.points_max / workloads) {
    const auto text = [&](std::int64_t step) {
      return timestamp_text(TimePoint{Duration{step * step_us_}},
                            first_step_ * step_us_ >= kCalendarFromUs);
    };
    return fail(too_many_points(fmt::format(
        ": {} workloads from {} to {} in steps of {} s (is one timestamp far off?)", workloads,
        text(first_step_), text(last_step_), static_cast<double>(step_us_) / 1e6)));
  }
  for (std::size_t i = 0; i < steps_.size(); ++i) {
    merge(steps_[i]);
    result.push_back(fills ? all_steps(i) : present_steps(i));
    steps_[i] = {};
  }
  return result;
}

}  // namespace starling
