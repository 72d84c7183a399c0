// A task's own part of a network: how it reads the features that all tasks share. Internal:
// libtorch types.
#pragma once

#include "forecast/meta/inner_loop.h"

namespace starling::meta {

/// Feature-wise linear modulation (Perez et al. 2018) of the last layer, and the head's bias, for T
/// tasks: gain [T, 1, hidden], shift [T, 1, hidden], bias [T, 1, outputs]. Some 800 numbers a task,
/// where the network has hundreds of thousands: the trunk runs once for all tasks and steps, and
/// what adapts is too little to learn a short past by heart.
using Film = net::Weights;

/// The shared network's own, for T tasks; no memory shared with it.
Film film_of(const net::Weights& one, std::int64_t tasks);

/// The losses of `batch` as a function of its tasks' films. `one` is the shared network (T = 1).
Losses film_losses(const net::Weights& one, net::Batch batch);

/// Equation (1) of the inner loop on films alone; `from` stays as it is.
Film adapted_film(const net::Weights& one, const Film& from, const net::Batch& support,
                  const InnerLoop& loop);

/// Quantiles of each task's histories through its film.
at::Tensor film_quantiles(const net::Weights& one, const Film& film, const net::Batch& batch);

}  // namespace starling::meta
