// Round robin: a fixed allotment, dealt in turn.
#pragma once

#include <cstddef>
#include <functional>
#include <vector>

namespace starling {

/// How many replicas each model gets when they are dealt one by one in the models' order, round
/// after round, until each has its maximum or is refused: `take(model)` reserves room for one more
/// and says whether there was any.
///
/// The comparison is to the modified round robin of Pradhan, Behera & Ray, "Modified round robin
/// algorithm for resource allocation in cloud computing", Procedia Computer Science 85, 2016. The
/// paper's: resources are dealt in turn, whoever needs them more. Ours: what is dealt is replicas,
/// once, before any request; the paper's dynamic time quantum has no counterpart, as a request
/// keeps its slot until it is done and a model's requests are served in their order.
std::vector<int> deal_in_turn(const std::vector<int>& maxima,
                              const std::function<bool(std::size_t model)>& take);

}  // namespace starling
