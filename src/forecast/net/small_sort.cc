// Implements forecast/net/small_sort.h.
#include "forecast/net/small_sort.h"

#include <algorithm>
#include <bit>
#include <limits>

namespace starling {
namespace {

void order(float& a, float& b) {
  const float low = std::min(a, b), high = std::max(a, b);
  a = low;
  b = high;
}

/// The five comparisons that sort four values (Knuth, volume 3, section 5.3.4).
void sort_four(float* x) {
  order(x[0], x[1]);
  order(x[2], x[3]);
  order(x[0], x[2]);
  order(x[1], x[3]);
  order(x[1], x[2]);
}

/// Merges two sorted runs of `width`, from both ends at once: two chains of dependent loads, which
/// the processor overlaps, and no pointer can leave its run within `width` steps.
void merge_even(const float* runs, std::size_t width, float* out) {
  const float *a = runs, *b = runs + width;
  const float *a_last = b - 1, *b_last = b + width - 1;
  float* out_last = out + 2 * width - 1;
  for (std::size_t i = 0; i < width; ++i) {
    const bool from_b = *b < *a;
    *out++ = std::min(*a, *b);
    b += from_b;
    a += !from_b;
    const bool from_a = *b_last < *a_last;
    *out_last-- = std::max(*a_last, *b_last);
    a_last -= from_a;
    b_last -= !from_a;
  }
}

}  // namespace

void sort_sample(std::vector<float>& sample) {
  const std::size_t given = sample.size();
  const std::size_t n = std::bit_ceil(std::max<std::size_t>(4, given));
  sample.resize(n, std::numeric_limits<float>::infinity());
  for (std::size_t i = 0; i < n; i += 4) sort_four(&sample[i]);
  std::vector<float> other(n);
  for (std::size_t width = 4; width < n; width *= 2) {
    for (std::size_t i = 0; i < n; i += 2 * width) merge_even(&sample[i], width, &other[i]);
    sample.swap(other);
  }
  sample.resize(given);
}

}  // namespace starling
