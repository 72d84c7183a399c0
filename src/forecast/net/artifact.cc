// Implements forecast/net/artifact.h.
#include "forecast/net/artifact.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cassert>
#include <cmath>
#include <nlohmann/json.hpp>
#include <string_view>

#include "base/file.h"
#include "base/json.h"
#include "forecast/net/half.h"
#include "forecast/net/sha256.h"

namespace starling {
namespace {

using nlohmann::json;

static_assert(std::endian::native == std::endian::little, "the payload is little-endian");

constexpr const char* kFormat = "starling-forecaster";
constexpr int kFormatVersion = 2;
constexpr std::int64_t kFileBytesMax = 16 << 20;
constexpr int kHiddenMax = 1024;
constexpr std::size_t kWeightBytes = sizeof(std::uint16_t);

std::string payload_of(const ForecasterArtifact& artifact) {
  std::string payload;
  for (const TrainedNetwork& network : artifact.networks) {
    for (const float weight : network.weights) {
      const std::uint16_t half = to_half(weight);
      payload.append(reinterpret_cast<const char*>(&half), kWeightBytes);
    }
  }
  return payload;
}

json layout_of(const NetworkShape& network) {
  json layout = json::array();
  for (const WeightShape& shape : weight_shapes(network)) {
    layout.push_back({{"name", shape.name}, {"shape", {shape.rows, shape.columns}}});
  }
  return layout;
}

json network_json(const TrainedNetwork& network) {
  json held_out = json::array();
  for (const HeldOutScore& score : network.held_out) {
    held_out.push_back({{"dataset", score.dataset},
                        {"windows", score.windows},
                        {"loss", score.loss},
                        {"coverage_90", score.coverage_90}});
  }
  return {{"regime", regime_name(network.shape.regime)},
          {"hidden", network.shape.hidden},
          {"layout", layout_of(network.shape)},
          {"steps", network.steps},
          {"held_out", held_out}};
}

json sources_json(const std::vector<DataSource>& sources) {
  json list = json::array();
  for (const DataSource& source : sources) {
    list.push_back({{"name", source.name},
                    {"workloads", source.workloads},
                    {"points", source.points},
                    {"sha256", source.sha256}});
  }
  return list;
}

std::string hash_of_header(json header) {
  header.erase("header_sha256");
  return sha256(header.dump(-1, ' ', false, json::error_handler_t::replace));
}

Status check_header(const json& header, const std::string& file) {
  if (header.value("format", "") != kFormat) {
    return fail(ErrorCode::kInvalid,
                "{}: not a Starling forecaster (no \"format\": \"{}\" in its first line)", file,
                kFormat);
  }
  const int version = header.value("version", 0);
  const int encoding = header.value("encoding", 0);
  if (version != kFormatVersion || encoding != kEncodingVersion) {
    return fail(ErrorCode::kInvalid,
                "{}: format version {}, encoding {}; this program reads version {}, encoding {}: "
                "train it again with `starling-lab forecast train --out {}`",
                file, version, encoding, kFormatVersion, kEncodingVersion, file);
  }
  if (hash_of_header(header) != header.at("header_sha256")) {
    return fail(ErrorCode::kInvalid,
                "{}: the header does not match its checksum; the file was altered", file);
  }
  return {};
}

Result<TrainedNetwork> network_from(const json& given, const std::string& file) {
  TrainedNetwork network;
  const std::string regime = given.at("regime");
  const auto known = std::find_if(kRegimes.begin(), kRegimes.end(),
                                  [&](Regime one) { return regime == regime_name(one); });
  const int hidden = given.at("hidden");
  if (known == kRegimes.end() || hidden < 1 || hidden > kHiddenMax) {
    return fail(ErrorCode::kInvalid,
                "{}: a network '{}', {} wide; expected 'short' or 'long', at most {} wide", file,
                regime, hidden, kHiddenMax);
  }
  network.shape = {*known, hidden};
  if (given.at("layout") != layout_of(network.shape)) {
    return fail(ErrorCode::kInvalid, "{}: its layout is not that of a network '{}', {} wide", file,
                regime, hidden);
  }
  network.steps = given.at("steps");
  for (const json& score : given.at("held_out")) {
    network.held_out.push_back({.dataset = score.at("dataset"),
                                .windows = score.at("windows"),
                                .loss = score.at("loss"),
                                .coverage_90 = score.at("coverage_90")});
  }
  return network;
}

Status take_weights(ForecasterArtifact& artifact, std::string_view payload,
                    const std::string& file) {
  std::size_t expected = 0;
  for (const TrainedNetwork& network : artifact.networks) {
    expected += kWeightBytes * static_cast<std::size_t>(weight_count(network.shape));
  }
  if (payload.size() != expected) {
    return fail(ErrorCode::kInvalid,
                "{}: {} bytes of weights where {} belong; the file was cut or added to", file,
                payload.size(), expected);
  }
  const char* next = payload.data();
  for (TrainedNetwork& network : artifact.networks) {
    network.weights.resize(static_cast<std::size_t>(weight_count(network.shape)));
    for (float& weight : network.weights) {
      std::uint16_t half = 0;
      std::copy_n(next, kWeightBytes, reinterpret_cast<char*>(&half));
      next += kWeightBytes;
      weight = from_half(half);
      if (!std::isfinite(weight)) {
        return fail(ErrorCode::kInvalid, "{}: holds weights that are not finite; train it again",
                    file);
      }
    }
  }
  return {};
}

Result<ForecasterArtifact> artifact_from(const json& header, const std::string& file) {
  ForecasterArtifact artifact{.networks = {},
                              .inner_rate = header.at("inner_rate"),
                              .inner_steps = header.at("inner_steps"),
                              .seed = header.at("seed"),
                              .commit = header.at("commit"),
                              .data = header.at("data"),
                              .sources = {}};
  for (const json& given : header.at("networks")) {
    auto network = network_from(given, file);
    if (!network) return fail(network.error());
    artifact.networks.push_back(std::move(*network));
  }
  if (artifact.networks.empty() || artifact.networks.size() > kRegimes.size()) {
    return fail(ErrorCode::kInvalid, "{}: {} networks; expected one or two", file,
                artifact.networks.size());
  }
  for (const json& source : header.at("sources")) {
    artifact.sources.push_back({.name = source.at("name"),
                                .workloads = source.at("workloads"),
                                .points = source.at("points"),
                                .sha256 = source.at("sha256")});
  }
  return artifact;
}

}  // namespace

std::vector<WeightShape> weight_shapes(const NetworkShape& network) {
  const int hidden = network.hidden;
  const int outputs = outputs_of(network.regime);
  return {{"input.weight", inputs_of(network.regime), hidden},
          {"input.bias", 1, hidden},
          {"block1.gain", 1, hidden},
          {"block1.shift", 1, hidden},
          {"block1.weight", hidden, hidden},
          {"block1.bias", 1, hidden},
          {"block2.gain", 1, hidden},
          {"block2.shift", 1, hidden},
          {"block2.weight", hidden, hidden},
          {"block2.bias", 1, hidden},
          {"head.gain", 1, hidden},
          {"head.shift", 1, hidden},
          {"head.weight", hidden, outputs},
          {"head.bias", 1, outputs}};
}

std::int64_t weight_count(const NetworkShape& network) {
  std::int64_t count = 0;
  for (const WeightShape& shape : weight_shapes(network)) count += shape.rows * shape.columns;
  return count;
}

std::string ForecasterArtifact::version() const { return sha256(payload_of(*this)).substr(0, 8); }

const TrainedNetwork& ForecasterArtifact::network(Regime regime) const {
  assert(!networks.empty());
  const auto found = std::find_if(networks.begin(), networks.end(), [&](const TrainedNetwork& one) {
    return one.shape.regime == regime;
  });
  return found != networks.end() ? *found : networks.front();
}

Result<ForecasterArtifact> join(const ForecasterArtifact& a, const ForecasterArtifact& b) {
  if (a.seed != b.seed || a.commit != b.commit || a.sources != b.sources || a.data != b.data) {
    return fail(ErrorCode::kInvalid,
                "these forecasters were not trained together: seed {} and {}, commit {} and {}, on "
                "'{}' and '{}'; train both regimes with the same arguments",
                a.seed, b.seed, a.commit, b.commit, a.data, b.data);
  }
  ForecasterArtifact joined = a;
  for (const TrainedNetwork& network : b.networks) {
    for (const TrainedNetwork& other : a.networks) {
      if (other.shape.regime != network.shape.regime) continue;
      return fail(ErrorCode::kInvalid,
                  "both forecasters hold a network for {} histories; join one of each regime",
                  regime_name(network.shape.regime));
    }
    joined.networks.push_back(network);
  }
  std::sort(joined.networks.begin(), joined.networks.end(),
            [](const TrainedNetwork& x, const TrainedNetwork& y) {
              return x.shape.regime < y.shape.regime;
            });
  return joined;
}

std::string encode_artifact(const ForecasterArtifact& artifact) {
  const std::string payload = payload_of(artifact);
  json networks = json::array();
  for (const TrainedNetwork& network : artifact.networks) networks.push_back(network_json(network));
  json header{{"format", kFormat},
              {"version", kFormatVersion},
              {"encoding", kEncodingVersion},
              {"networks", networks},
              {"inner_rate", artifact.inner_rate},
              {"inner_steps", artifact.inner_steps},
              {"seed", artifact.seed},
              {"commit", artifact.commit},
              {"data", artifact.data},
              {"sources", sources_json(artifact.sources)},
              {"payload_bytes", payload.size()},
              {"payload_sha256", sha256(payload)}};
  header["header_sha256"] = hash_of_header(header);
  std::string bytes = header.dump(-1, ' ', false, json::error_handler_t::replace);
  bytes += '\n';
  bytes += payload;
  return bytes;
}

Result<ForecasterArtifact> decode_artifact(const std::string& bytes, const std::string& file) {
  const std::size_t line_end = bytes.find('\n');
  const json header =
      line_end == std::string::npos ? json() : parse_json(bytes.substr(0, line_end));
  if (!header.is_object()) {
    return fail(ErrorCode::kInvalid,
                "{}: not a Starling forecaster (its first line is no JSON header)", file);
  }
  try {
    if (auto valid = check_header(header, file); !valid) return fail(valid.error());
    auto artifact = artifact_from(header, file);
    if (!artifact) return fail(artifact.error());
    const std::string_view payload = std::string_view(bytes).substr(line_end + 1);
    if (auto taken = take_weights(*artifact, payload, file); !taken) return fail(taken.error());
    if (sha256(payload) != header.at("payload_sha256")) {
      return fail(ErrorCode::kInvalid,
                  "{}: the weights do not match their checksum; the file was altered", file);
    }
    return artifact;
  } catch (const json::exception& problem) {
    return fail(ErrorCode::kInvalid, "{}: damaged header: {}", file, problem.what());
  }
}

Result<ForecasterArtifact> read_artifact(const std::filesystem::path& path) {
  const auto bytes = read_file(path, kFileBytesMax);
  if (!bytes) return fail(bytes.error());
  return decode_artifact(*bytes, path.string());
}

Status write_artifact(const std::filesystem::path& path, const ForecasterArtifact& artifact) {
  return write_file_atomically(path, encode_artifact(artifact));
}

}  // namespace starling
