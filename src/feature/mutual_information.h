// Mutual information of two columns: how much one tells about the other, linear or not.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace starling {

/// A column in bins that hold about equally many of its values.
struct BinnedColumn {
  std::vector<std::uint8_t> bins;  // one a value; kUnknownBin where it is NaN
  int count = 0;                   // bins are 0 … count − 1
};

inline constexpr std::uint8_t kUnknownBin = 255;

/// Bins for `rows` samples: their cube root, from 2 to 32. A pair of columns then has about as many
/// cells as keeps ten samples in each.
int bin_count(std::size_t rows);

/// Equal values (to float precision) share a bin. One that is as frequent as a bin should be, such
/// as the zeros of a silent workload, has a bin to itself, and there are fewer bins than bins_max.
/// bins_max is 1 … 254.
BinnedColumn equal_frequency_bins(std::span<const double> values, int bins_max);

/// I(X; Y) = H(X) + H(Y) − H(X, Y) in nats, of the rows in which both are known, with the entropies
/// corrected for their bias by Miller & Madow (1955): H + (occupied cells − 1) / 2n. Never below 0;
/// 0 when no row has both. For two normal variables it approaches −½·log(1 − ρ²) from below, as
/// bins grow finer. Columns of equal length.
double mutual_information(const BinnedColumn& x, const BinnedColumn& y);

}  // namespace starling
