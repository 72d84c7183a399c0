// Notes as sums of harmonics under noise.
#include <cmath>
#include <numbers>

#include "apps/lab/models_data.h"

namespace starling::lab {
namespace {

constexpr int kLowestNote = 60;  // C4 in MIDI numbers, where A4 = 69 is 440 Hz
constexpr int kNotes = 36;       // three octaves
constexpr int kHarmonics = 3;

void render_tone(Rng& rng, int note, std::vector<float>& samples) {
  const double detune = rng.uniform(-0.4, 0.4);  // semitones
  const double hertz = 440 * std::exp2((note + detune - 69) / 12);
  double amplitudes[kHarmonics];
  double phases[kHarmonics];
  for (int h = 0; h < kHarmonics; ++h) {
    amplitudes[h] = h == 0 ? 1.0 : rng.uniform(0.0, 0.9 / h);
    if (hertz * (h + 1) > 0.45 * kToneRate) amplitudes[h] = 0;  // above what this rate can carry
    phases[h] = rng.uniform(0.0, 2 * std::numbers::pi);
  }
  const double loudness = rng.uniform(0.3, 1.0);
  const double decay = rng.uniform(0.0, 6.0);  // per second
  const double noise = rng.uniform(0.1, 1.2);
  for (int i = 0; i < kToneSamples; ++i) {
    const double t = i / kToneRate;
    double value = 0;
    for (int h = 0; h < kHarmonics; ++h) {
      value += amplitudes[h] * std::sin(2 * std::numbers::pi * hertz * (h + 1) * t + phases[h]);
    }
    samples.push_back(
        static_cast<float>(loudness * std::exp(-decay * t) * value + noise * rng.normal()));
  }
}

}  // namespace

LabelledBatch render_tones(Rng& rng, int examples) {
  LabelledBatch batch;
  batch.values.reserve(static_cast<std::size_t>(examples) * kToneSamples);
  for (int i = 0; i < examples; ++i) {
    const int note = kLowestNote + static_cast<int>(rng.below(kNotes));
    render_tone(rng, note, batch.values);
    batch.labels.push_back(note % 12);
  }
  return batch;
}

}  // namespace starling::lab
