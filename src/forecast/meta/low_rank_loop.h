// The inner loop without a matrix of each task's own: for algorithms that take a gradient through
// it. Internal: libtorch types.
#pragma once

#include "forecast/meta/inner_loop.h"

namespace starling::meta {

/// The query losses after adaptation, [T], as a function of `theta` ([1, …], asks for gradients)
/// that autograd can follow: up to rounding what
///     episode.query(follow_losses(shared_by(theta, T), episode.support, loop, rates, order))
/// is. A step of a task with B windows moves a matrix by no more than rank B, by −α c xᵀδ, where x
/// [B, rows] is what the layer read and δ [B, columns] the gradient of what it gave. So a layer
/// after k steps gives
///     x' ↦ x' W − Σ_k (x' x_kᵀ) (α c_k δ_k),
/// and no step reads or writes a task's own W: it costs T·B·k rows where that would cost T
/// matrices. The gradient's norm needs none either: ‖xᵀδ‖² = Σ (x xᵀ) ∘ (δ δᵀ). The rate of a
/// matrix is one number. With Order::kFirst the steps count as constants: the gradient is FOMAML's.
at::Tensor losses_after(const net::Weights& theta, const Episode& episode, const InnerLoop& loop,
                        const InnerRates& rates, Order order);

}  // namespace starling::meta
