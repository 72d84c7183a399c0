// What those in line for a model hand to one another, so that nobody who comes to decide for it
// starts from nothing.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "control/demand_minutes.h"
#include "policy/sizing/vertical_sizer.h"

namespace starling {

/// A model's arrivals, as Demand keeps them. Unix minutes and seconds.
struct DemandPast {
  static constexpr std::int64_t kUnknown = -1;

  std::int64_t first_minute = 0;
  std::vector<DemandMinutes::Minute> minutes;
  std::int64_t first_second = 0;
  std::vector<std::int64_t> seconds;  // or kUnknown

  bool empty() const { return minutes.empty() && seconds.empty(); }
  bool operator==(const DemandPast&) const = default;
};

/// To the other one in line for a model, from one that has just come into the line and has not seen
/// its past.
struct HandoverRequest {
  std::string from;
  std::string model;
};

/// The answer to a request; without a past also what an owner tells the next in line of its own
/// accord whenever it has learned something.
struct Handover {
  static constexpr std::size_t kFilmBytesMax = 16 << 10;

  std::string from;
  std::string model;
  std::optional<DemandPast> past;
  /// The model's own weights, in the form of the forecaster (forecast/meta/film_bytes.h); empty: it
  /// has none.
  std::string film;
  std::optional<SizerRecord> sizer;  // only where its size is decided with its replicas
};

}  // namespace starling
