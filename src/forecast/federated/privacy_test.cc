// The accountant against numbers that were published.
#include "forecast/federated/privacy.h"

#include <gtest/gtest.h>

#include <cmath>

namespace starling::federated {
namespace {

double epsilon_of(double noise, int epochs) {
  constexpr double kRate = 256.0 / 60'000;
  PrivacyAccountant accountant;
  accountant.add(kRate, noise, std::lround(std::ceil(epochs / kRate)));
  return accountant.epsilon(1e-5);
}

/// The table "Select Parameters" of TensorFlow Privacy's tutorials (README.md): 60,000 images, 256
/// a step.
TEST(Privacy, AgreesWithThePublishedEpsilonOfTensorFlowPrivacy) {
  EXPECT_NEAR(epsilon_of(1.12, 60), 2.92, 0.01);
  EXPECT_NEAR(epsilon_of(0.6, 30), 9.74, 0.15)
      << "orders between the whole ones would give a little less";
  EXPECT_NEAR(epsilon_of(1.2, 10), 1.20, 0.01);
}

TEST(Privacy, WithoutSamplingItIsTheGaussianMechanism) {
  EXPECT_DOUBLE_EQ(renyi_divergence(1, 2, 8), 1.0);
  EXPECT_NEAR(renyi_divergence(1 - 1e-12, 2, 8), 1.0, 1e-6) << "both formulas meet";
  EXPECT_EQ(renyi_divergence(0, 2, 8), 0);
  // min over α of α/2σ² + ln(1/δ)/(α−1): α ≈ 1 + σ√(2 ln(1/δ)) = 20.2.
  PrivacyAccountant accountant;
  accountant.add(1, 4);
  EXPECT_NEAR(accountant.epsilon(1e-5), 1 / 32.0 + std::sqrt(2 * std::log(1e5)) / 4, 0.01);
}

TEST(Privacy, MoreStepsMoreDataAndLessNoiseGiveAwayMore) {
  const auto spent = [](double rate, double noise, int steps) {
    PrivacyAccountant accountant;
    accountant.add(rate, noise, steps);
    return accountant.epsilon(1e-5);
  };
  EXPECT_EQ(PrivacyAccountant().epsilon(1e-5), 0) << "nothing was done";
  EXPECT_LT(spent(0.01, 1, 100), spent(0.01, 1, 1000));
  EXPECT_LT(spent(0.01, 1, 100), spent(0.05, 1, 100));
  EXPECT_LT(spent(0.01, 2, 100), spent(0.01, 1, 100));
  PrivacyAccountant twice;
  twice.add(0.01, 1, 60);
  twice.add(0.01, 1, 40);
  EXPECT_NEAR(twice.epsilon(1e-5), spent(0.01, 1, 100), 1e-9) << "rounds compose by adding";
}

}  // namespace
}  // namespace starling::federated
