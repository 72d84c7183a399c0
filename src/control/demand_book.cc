#include "control/demand_book.h"

#include <algorithm>

namespace starling {
namespace {

constexpr Duration kClockApartMax = 30s;  // beyond it a report would spoil the record of the demand

/// When what is handed over ends: when it was sent, or earlier where nothing came since.
TimePoint end_of(const Handover& handover) {
  TimePoint newest{};
  if (handover.past) {
    const DemandPast& past = *handover.past;
    const auto second = past.first_second + static_cast<std::int64_t>(past.seconds.size());
    const auto minute = past.first_minute + static_cast<std::int64_t>(past.minutes.size()) - 1;
    const auto end = std::max(second, past.minutes.empty() ? 0 : 60 * minute);
    newest = TimePoint{std::chrono::seconds(end)};
  }
  if (handover.sizer) {
    const UsageRecord& usage = handover.sizer->usage;
    newest =
        std::max({newest, usage.last, usage.killed, usage.cpu.reference, usage.memory.reference});
    if (handover.sizer->decided) newest = std::max(newest, handover.sizer->decided->changed);
  }
  return newest;
}

}  // namespace

const Demand* DemandBook::find(const std::string& model) const {
  const auto found = demands_.find(model);
  return found == demands_.end() ? nullptr : &found->second;
}

const Origins* DemandBook::origins_of(const std::string& model) const {
  const auto found = origins_.find(model);
  return found == origins_.end() ? nullptr : &found->second;
}

void DemandBook::forget_origins() {
  std::erase_if(origins_, [&](const auto& entry) { return !known_.specs.contains(entry.first); });
}

/// Demand is kept by the owner and by the next in line, who then need not start from nothing.
void DemandBook::forget_out_of_line() {
  std::erase_if(demands_, [&](const auto& entry) {
    return !known_.line.in_line(known_.self(), entry.first);
  });
}

void DemandBook::on_report(const TrafficReport& report, TimePoint now, Effects& out) {
  if (!believes(report, now, out)) return;
  const Member* from = known_.members.find(report.node);
  for (const auto& sample : report.samples) {
    if (!known_.specs.contains(sample.model)) continue;
    demands_[sample.model].add(report.second, sample);
    // A gateway in a cloud stands for the clients that are near it.
    if (from != nullptr)
      origins_[sample.model].add(from->last.node.cloud, static_cast<double>(sample.arrivals),
                                 report.second);
  }
}

/// Demand is kept by the second, so a node whose clock is elsewhere can't add to it: one report
/// from the future would make all true ones look too old.
bool DemandBook::believes(const TrafficReport& report, TimePoint now, Effects& out) {
  const Duration apart = report.second > now ? report.second - now : now - report.second;
  if (apart <= kClockApartMax) {
    clocks_apart_.erase(report.node);
    return true;
  }
  if (clocks_apart_.insert(report.node).second) {
    out.push_back(Notice{
        fmt::format("traffic reports of node {} are left out: its clock is {:.0f} s from this "
                    "node's; synchronise both (chrony, systemd-timesyncd)",
                    report.node, seconds(apart))});
  }
  return false;
}

bool DemandBook::believes(const Handover& handover, TimePoint now, Effects& out) {
  const TimePoint end = end_of(handover);
  const bool ahead = end > now + kClockApartMax;
  if (!ahead && end >= now - kClockApartMax) clocks_apart_.erase(handover.from);
  if (!ahead) return !clocks_apart_.contains(handover.from);
  if (clocks_apart_.insert(handover.from).second) {
    out.push_back(
        Notice{fmt::format("what node {} hands over is left out: its clock is ahead of this "
                           "node's; synchronise both (chrony, systemd-timesyncd)",
                           handover.from)});
  }
  return false;
}

}  // namespace starling
