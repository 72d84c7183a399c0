// The file that holds a trained forecaster: one JSON header line, then the
// weights as float16.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "forecast/net/encoding.h"

namespace starling {

/// One weight matrix of a network: rows × columns, row-major in the payload.
struct WeightShape {
  std::string name;
  std::int64_t rows = 0;
  std::int64_t columns = 0;
  bool operator==(const WeightShape&) const = default;
};

struct NetworkShape {
  Regime regime = Regime::kShort;
  int hidden = 0;  // width
  bool operator==(const NetworkShape&) const = default;
};

/// The matrices of a network, in the order of the payload.
std::vector<WeightShape> weight_shapes(const NetworkShape& network);
std::int64_t weight_count(const NetworkShape& network);

/// How a network forecast workloads that were kept out of its training.
struct HeldOutScore {
  std::string dataset;
  std::int64_t windows = 0;
  double loss = 0;         // mean pinball loss over steps and levels, in spreads of each window
  double coverage_90 = 0;  // share of outcomes at or below the 0.9 quantile
};

/// One trained network, and what training it came to.
struct TrainedNetwork {
  NetworkShape shape;
  std::vector<float> weights;  // all matrices, one after the other
  std::int64_t steps = 0;      // of training
  std::vector<HeldOutScore> held_out;
};

/// A source of workloads, as anyone can check it.
struct DataSource {
  std::string name;  // the file's name, or "synthetic"
  std::int64_t workloads = 0;
  std::int64_t points = 0;
  std::string sha256;  // of the file; empty for synthetic data
  bool operator==(const DataSource&) const = default;
};

/// Trained networks, at most one a regime, with what is needed to adapt them and to know where they
/// came from.
struct ForecasterArtifact {
  std::vector<TrainedNetwork> networks;
  double inner_rate = 0;  // step size of adaptation
  int inner_steps = 0;    // and the number of its steps
  std::uint64_t seed = 0;
  std::string commit = "unknown";   // of the program that trained
  std::string data;                 // what it was trained on, for people
  std::vector<DataSource> sources;  // the same, to be checked

  /// Eight hex digits of the weights' hash: tells weights apart in Forecast::method.
  std::string version() const;
  /// The network for this regime; the other regime's, or the only one, where there is none.
  const TrainedNetwork& network(Regime regime) const;
};

/// Networks of two regimes in one artefact. Errors: they share a regime, or were trained on other
/// data, by another program or with another seed.
Result<ForecasterArtifact> join(const ForecasterArtifact& a, const ForecasterArtifact& b);

/// The payload is little-endian; `payload_sha256` covers it, `header_sha256` the header without it.
/// Weights are rounded to float16, so what is read back is what any later writing gives.
std::string encode_artifact(const ForecasterArtifact& artifact);
/// `file` is only used in messages. Errors: no such header, another format version or layout, a
/// header or payload that is shorter, longer or altered, a weight that is not finite.
Result<ForecasterArtifact> decode_artifact(const std::string& bytes, const std::string& file);

Result<ForecasterArtifact> read_artifact(const std::filesystem::path& path);
Status write_artifact(const std::filesystem::path& path, const ForecasterArtifact& artifact);

}  // namespace starling
