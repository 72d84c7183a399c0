#include "history/cube_merge.h"

namespace starling::history {

using Spans = CubeAccumulator::Spans;

Status CubeMerge::add(const CubePartial& partial) {
  all_.add(partial, std::vector<bool>(partial.keys.size(), true));
  if (all_.groups() <= limits_.groups_max && all_.buckets() <= limits_.buckets_max) return {};
  return fail(ErrorCode::kTooLarge,
              "the nodes together have more than {} groups: take a coarser time, fewer rows and "
              "columns, or narrow it with 'where'",
              limits_.groups_max);
}

Result<CubePartial> merge(const std::vector<CubePartial>& partials, const CubeLimits& limits) {
  CubeMerge all(limits);
  for (const auto& partial : partials) {
    if (Status status = all.add(partial); !status) return fail(status.error());
  }
  return all.take();
}

CubePartial roll_up(const CubePartial& partial, const std::vector<bool>& kept) {
  // Series beside each other first, for their spans are the same time; then the times.
  std::vector<bool> with_times = kept;
  for (std::size_t i = 0; i < kept.size(); ++i) {
    if (partial.keys[i].dimension->hierarchy == Hierarchy::kTime) with_times[i] = true;
  }
  CubeAccumulator beside(Spans::kBeside);
  beside.add(partial, with_times);
  const CubePartial by_time = beside.take();
  if (with_times == kept) return by_time;
  std::vector<bool> kept_of_these;
  for (std::size_t i = 0; i < kept.size(); ++i) {
    if (with_times[i]) kept_of_these.push_back(kept[i]);
  }
  CubeAccumulator after(Spans::kAfter);
  after.add(by_time, kept_of_these);
  return after.take();
}

}  // namespace starling::history
