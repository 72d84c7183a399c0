// What noise in training is worth as differential privacy.
#pragma once

#include <cstdint>
#include <vector>

namespace starling::federated {

/// Differentially private gradient descent (Abadi et al. 2016): each window's gradient is cut to
/// the length `clip`, and Gaussian noise of standard deviation noise · clip is added to their sum.
/// What is sent later follows from such weights, so it gives away no more, however often it is
/// sent.
struct PrivacyOptions {
  double noise = 0;  // multiple of the clip; 0: none, no privacy
  double clip = 1;
  double delta = 1e-5;
  bool on() const { return noise > 0; }
};

/// Rényi differential privacy of one step of the Gaussian mechanism at integer order α ≥ 2, on a
/// Poisson sample that takes each window with probability `rate`: α / 2σ² where all are taken
/// (Mironov 2017, table II), otherwise ln(Σ_k C(α,k) (1−q)^(α−k) q^k exp(k(k−1) / 2σ²)) / (α−1)
/// (Mironov, Talwar & Zhang 2019, 3.3).
double renyi_divergence(double rate, double noise, int order);

/// Adds up what all steps so far give away.
class PrivacyAccountant {
 public:
  PrivacyAccountant();

  /// `rate` in [0, 1], `noise` > 0.
  void add(double rate, double noise, std::int64_t steps = 1);
  /// ε of (ε, δ)-differential privacy for one window of training: the least over the orders of
  /// RDP(α) + ln(1/δ) / (α−1) (Mironov 2017, proposition 3).
  double epsilon(double delta) const;

 private:
  std::vector<int> orders_;
  std::vector<double> spent_;  // of each order
};

}  // namespace starling::federated
