// The file that holds a trained forecaster: one JSON header line, then the weights as float32.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "base/result.h"

namespace starling {

/// One weight matrix of the network: rows × columns, row-major in the payload.
struct WeightShape {
  std::string name;
  std::int64_t rows = 0;
  std::int64_t columns = 0;
  bool operator==(const WeightShape&) const = default;
};

/// A trained network with what is needed to adapt it and to know where it came from.
struct ForecasterArtifact {
  int hidden = 0;         // width of the network
  double inner_rate = 0;  // step size of adaptation that the weights were meta-learned for
  int inner_steps = 0;    // and the number of its steps
  std::uint64_t seed = 0;
  std::int64_t steps = 0;      // of meta-training
  std::string data;            // what it was trained on, for people
  std::vector<float> weights;  // all matrices of `weight_shapes(hidden)`, one after the other

  /// Four hex digits of the payload's hash: tells weights apart in Forecast::method.
  std::string version() const;
};

/// The matrices of a network of this width, in the order of the payload.
std::vector<WeightShape> weight_shapes(int hidden);
std::int64_t weight_count(int hidden);

/// Header keys: format, version, encoding, hidden, layout, inner_rate, inner_steps, seed, steps,
/// data, payload_bytes, payload_fnv1a64. The payload is little-endian.
std::string encode_artifact(const ForecasterArtifact& artifact);
/// `file` is only used in messages. Errors: no such header, another format version or layout, a
/// payload that is shorter, longer or altered, a weight that is not finite.
Result<ForecasterArtifact> decode_artifact(const std::string& bytes, const std::string& file);

Result<ForecasterArtifact> read_artifact(const std::filesystem::path& path);
Status write_artifact(const std::filesystem::path& path, const ForecasterArtifact& artifact);

}  // namespace starling
