#include "trace/cleaning_report.h"

#include <algorithm>
#include <cassert>

namespace starling {

void CleaningStep::add(const std::string& workload, const Touched& touched) {
  if (touched.points == 0) return;
  points += touched.points;
  ++workloads;
  for (const std::string& example : touched.examples) {
    if (examples.size() == Touched::kExamplesMax) return;
    examples.push_back(workload + ": " + example);
  }
}

const CleaningStep& CleaningReport::step(const std::string& name) const {
  const auto found = std::find_if(steps.begin(), steps.end(),
                                  [&](const CleaningStep& one) { return one.name == name; });
  assert(found != steps.end());
  return *found;
}

}  // namespace starling
