// Implements forecast/net/artifact.h.
#include "forecast/net/artifact.h"

#include <fmt/format.h>

#include <bit>
#include <cmath>
#include <cstring>
#include <nlohmann/json.hpp>
#include <string_view>

#include "base/file.h"
#include "forecast/net/encoding.h"

namespace starling {
namespace {

using nlohmann::json;

static_assert(std::endian::native == std::endian::little, "the payload is little-endian");

constexpr const char* kFormat = "starling-forecaster";
constexpr int kFormatVersion = 1;
constexpr std::int64_t kFileBytesMax = 16 << 20;
constexpr int kHiddenMax = 512;

std::uint64_t fnv1a64(std::string_view bytes) {
  std::uint64_t hash = 0xcbf29ce484222325ULL;
  for (const char byte : bytes) {
    hash = (hash ^ static_cast<unsigned char>(byte)) * 0x100000001b3ULL;
  }
  return hash;
}

std::string_view payload_of(const std::vector<float>& weights) {
  return {reinterpret_cast<const char*>(weights.data()), weights.size() * sizeof(float)};
}

std::string hash_text(std::string_view payload) { return fmt::format("{:016x}", fnv1a64(payload)); }

json layout_of(int hidden) {
  json layout = json::array();
  for (const WeightShape& shape : weight_shapes(hidden)) {
    layout.push_back({{"name", shape.name}, {"shape", {shape.rows, shape.columns}}});
  }
  return layout;
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
    return fail(
        ErrorCode::kInvalid,
        "{}: format version {}, encoding {}; this program reads version {}, encoding {}: train it "
        "again with `starling-lab forecast train --out {}`",
        file, version, encoding, kFormatVersion, kEncodingVersion, file);
  }
  const int hidden = header.value("hidden", 0);
  if (hidden < 1 || hidden > kHiddenMax || header.value("layout", json()) != layout_of(hidden)) {
    return fail(ErrorCode::kInvalid, "{}: its layout is not that of a network {} wide (at most {})",
                file, hidden, kHiddenMax);
  }
  return {};
}

}  // namespace

std::vector<WeightShape> weight_shapes(int hidden) {
  return {{"input.weight", kInputs, hidden}, {"input.bias", 1, hidden},
          {"block1.gain", 1, hidden},        {"block1.shift", 1, hidden},
          {"block1.weight", hidden, hidden}, {"block1.bias", 1, hidden},
          {"block2.gain", 1, hidden},        {"block2.shift", 1, hidden},
          {"block2.weight", hidden, hidden}, {"block2.bias", 1, hidden},
          {"head.gain", 1, hidden},          {"head.shift", 1, hidden},
          {"head.weight", hidden, kOutputs}, {"head.bias", 1, kOutputs}};
}

std::int64_t weight_count(int hidden) {
  std::int64_t count = 0;
  for (const WeightShape& shape : weight_shapes(hidden)) count += shape.rows * shape.columns;
  return count;
}

std::string ForecasterArtifact::version() const {
  return hash_text(payload_of(weights)).substr(0, 4);
}

std::string encode_artifact(const ForecasterArtifact& artifact) {
  const std::string_view payload = payload_of(artifact.weights);
  const json header{{"format", kFormat},
                    {"version", kFormatVersion},
                    {"encoding", kEncodingVersion},
                    {"hidden", artifact.hidden},
                    {"layout", layout_of(artifact.hidden)},
                    {"inner_rate", artifact.inner_rate},
                    {"inner_steps", artifact.inner_steps},
                    {"seed", artifact.seed},
                    {"steps", artifact.steps},
                    {"data", artifact.data},
                    {"payload_bytes", payload.size()},
                    {"payload_fnv1a64", hash_text(payload)}};
  std::string bytes = header.dump(-1, ' ', false, json::error_handler_t::replace);
  bytes += '\n';
  bytes += payload;
  return bytes;
}

Result<ForecasterArtifact> decode_artifact(const std::string& bytes, const std::string& file) {
  const std::size_t line_end = bytes.find('\n');
  const json header = line_end == std::string::npos
                          ? json()
                          : json::parse(bytes.substr(0, line_end), nullptr, false);
  if (!header.is_object()) {
    return fail(ErrorCode::kInvalid,
                "{}: not a Starling forecaster (its first line is no JSON header)", file);
  }
  try {
    if (auto valid = check_header(header, file); !valid) return fail(valid.error());
    ForecasterArtifact artifact{.hidden = header.at("hidden"),
                                .inner_rate = header.at("inner_rate"),
                                .inner_steps = header.at("inner_steps"),
                                .seed = header.at("seed"),
                                .steps = header.at("steps"),
                                .data = header.at("data"),
                                .weights = {}};
    const std::string_view payload = std::string_view(bytes).substr(line_end + 1);
    artifact.weights.resize(static_cast<std::size_t>(weight_count(artifact.hidden)));
    const std::size_t expected = payload_of(artifact.weights).size();
    if (payload.size() != expected) {
      return fail(ErrorCode::kInvalid,
                  "{}: {} bytes of weights where {} belong; the file was cut or added to", file,
                  payload.size(), expected);
    }
    if (hash_text(payload) != header.at("payload_fnv1a64")) {
      return fail(ErrorCode::kInvalid,
                  "{}: the weights do not match their checksum; the file was altered", file);
    }
    std::memcpy(artifact.weights.data(), payload.data(), expected);
    for (const float weight : artifact.weights) {
      if (!std::isfinite(weight)) {
        return fail(ErrorCode::kInvalid, "{}: holds weights that are not finite; train it again",
                    file);
      }
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
