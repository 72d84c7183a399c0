// Every recipe of tests/faults, with seeds that are always the same and with fresh ones.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <random>
#include <thread>

#include "sim/chaos.h"

namespace starling {
namespace {

constexpr int kFixedSeeds = 16;
constexpr int kFreshSeeds = 2;
constexpr std::uint64_t kFreshMax = 1'000'000'000;  // short enough to be typed

std::vector<std::string> recipes() {
  std::vector<std::string> files;
  const auto folder = std::filesystem::path(STARLING_SOURCE_DIR) / "tests/faults";
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() == ".yaml") files.push_back(entry.path().string());
  }
  std::sort(files.begin(), files.end());
  return files;
}

void expect_all_hold(const std::string& file, std::uint64_t first_seed, int seeds) {
  const auto plan = read_fault_plan(file);
  ASSERT_TRUE(plan) << plan.error().message;
  const int threads = static_cast<int>(std::max(1u, std::thread::hardware_concurrency()));
  const auto outcomes = run_chaos_seeds({*plan}, {first_seed, seeds, threads});
  for (const auto& outcome : outcomes.front()) {
    if (!outcome.broken) continue;
    ADD_FAILURE() << outcome.broken->invariant << " broken at " << seconds(outcome.broken->at)
                  << " s: " << outcome.broken->detail << "\nreplay it: starling-lab chaos --faults "
                  << file << " --seed " << outcome.seed;
  }
}

class Recipe : public ::testing::TestWithParam<std::string> {};

TEST_P(Recipe, HoldsWithTheSeedsOfEveryDay) { expect_all_hold(GetParam(), 1, kFixedSeeds); }

TEST_P(Recipe, HoldsWithFreshSeeds) {
  const std::uint64_t first = std::random_device{}() % kFreshMax + 1000;
  std::printf("%s: seeds %llu to %llu\n", GetParam().c_str(),
              static_cast<unsigned long long>(first),
              static_cast<unsigned long long>(first + kFreshSeeds - 1));
  expect_all_hold(GetParam(), first, kFreshSeeds);
}

INSTANTIATE_TEST_SUITE_P(Faults, Recipe, ::testing::ValuesIn(recipes()), [](const auto& recipe) {
  std::string name = std::filesystem::path(recipe.param).stem().string();
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
});

/// The check came while a replica of a model at its maximum was being moved.
TEST(Recipes, AMoveIsNoReplicaTooMany) {
  expect_all_hold(STARLING_SOURCE_DIR "/tests/faults/evictions.yaml", 500670, 1);
}

TEST(Recipes, ThereAreSomeOfEveryKind) { EXPECT_GE(recipes().size(), 8u); }

}  // namespace
}  // namespace starling
