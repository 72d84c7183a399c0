// The example models' data: the program renders it itself, so that training needs no download.
#pragma once

#include <cstdint>
#include <vector>

#include "base/rng.h"

namespace starling::lab {

struct LabelledBatch {
  std::vector<float> values;         // examples one after the other, each row-major
  std::vector<std::int64_t> labels;  // one an example, 0 … classes − 1
};

inline constexpr int kDigitSide = 28;
/// Digits 0 … 9 drawn with a pen on 28×28 pixels of 0 … 1: random stroke wobble, affine map,
/// thickness, noise.
LabelledBatch render_digits(Rng& rng, int examples);

inline constexpr int kToneSamples = 2048;
inline constexpr double kToneRate = 8000;  // samples per second
/// A quarter of a second of one note between C4 and B6 with random harmonics, detuning, loudness
/// and noise; the label is its pitch class: 0 = C … 11 = B, whichever the octave.
LabelledBatch render_tones(Rng& rng, int examples);

}  // namespace starling::lab
