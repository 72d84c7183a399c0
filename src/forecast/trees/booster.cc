// Implements forecast/trees/booster.h on XGBoost's C interface.
#include "forecast/trees/booster.h"

#include "forecast/trees/boosted_trees.h"

#ifdef STARLING_XGBOOST

#include <xgboost/c_api.h>

#include <array>
#include <limits>
#include <utility>

namespace starling {
namespace {

constexpr int kRounds = 60;

struct Matrix {
  DMatrixHandle handle = nullptr;
  ~Matrix() {
    if (handle != nullptr) XGDMatrixFree(handle);
  }
};

struct Booster {
  BoosterHandle handle = nullptr;
  ~Booster() {
    if (handle != nullptr) XGBoosterFree(handle);
  }
};

Status check(int status) {
  if (status == 0) return {};
  return fail(ErrorCode::kInternal, "XGBoost: {}", XGBGetLastError());
}

Status fill(Matrix& matrix, const std::vector<float>& features, std::size_t rows) {
  return check(XGDMatrixCreateFromMat(features.data(), rows, features.size() / rows,
                                      std::numeric_limits<float>::quiet_NaN(), &matrix.handle));
}

Status fit(Booster& booster, Matrix& matrix, const std::vector<float>& targets) {
  constexpr std::array<std::pair<const char*, const char*>, 9> kParameters{{
      {"verbosity", "0"},
      {"nthread", "1"},
      {"objective", "reg:squarederror"},
      {"base_score", "0"},
      {"max_depth", "4"},
      {"eta", "0.1"},
      {"min_child_weight", "8"},
      {"tree_method", "hist"},
      {"max_bin", "64"},
  }};
  if (Status s =
          check(XGDMatrixSetFloatInfo(matrix.handle, "label", targets.data(), targets.size()));
      !s) {
    return s;
  }
  if (Status s = check(XGBoosterCreate(&matrix.handle, 1, &booster.handle)); !s) return s;
  for (const auto& [name, value] : kParameters) {
    if (Status s = check(XGBoosterSetParam(booster.handle, name, value)); !s) return s;
  }
  for (int round = 0; round < kRounds; ++round) {
    if (Status s = check(XGBoosterUpdateOneIter(booster.handle, round, matrix.handle)); !s) {
      return s;
    }
  }
  return {};
}

}  // namespace

bool has_boosted_trees() { return true; }

Result<std::vector<float>> boosted_predictions(const TreeExamples& learned,
                                               const TreeExamples& asked, std::size_t rows) {
  if (learned.targets.empty()) return std::vector<float>(rows, 0.0F);
  Matrix known, questions;
  Booster booster;
  if (Status s = fill(known, learned.features, learned.targets.size()); !s) return fail(s.error());
  if (Status s = fit(booster, known, learned.targets); !s) return fail(s.error());
  if (Status s = fill(questions, asked.features, rows); !s) return fail(s.error());
  bst_ulong count = 0;
  const float* values = nullptr;
  if (Status s =
          check(XGBoosterPredict(booster.handle, questions.handle, 0, 0, 0, &count, &values));
      !s) {
    return fail(s.error());
  }
  return std::vector<float>(values, values + count);
}

}  // namespace starling

#else

namespace starling {

bool has_boosted_trees() { return false; }

Result<std::vector<float>> boosted_predictions(const TreeExamples&, const TreeExamples&,
                                               std::size_t) {
  return fail(ErrorCode::kUnavailable, "gbt is not built in");
}

}  // namespace starling

#endif
