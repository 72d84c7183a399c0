// Implements forecast/federated/compression.h.
#include "forecast/federated/compression.h"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <cmath>

#include "forecast/federated/bytes.h"
#include "forecast/net/half.h"

namespace starling::federated {
namespace {

constexpr std::uint32_t kWeightsMagic = 0x31574c53;  // "SLW1"
constexpr std::size_t kHeaderBytes = 4 + 4 + 8 + 8 + 4;
constexpr float kHalfMax = 65504;
constexpr float kStepsMax = 127;

void put_halves(std::string& out, std::span<const float> values) {
  for (const float value : values) put(out, to_half(std::clamp(value, -kHalfMax, kHalfMax)));
}

void put_blocks(std::string& out, std::span<const float> values) {
  for (std::size_t first = 0; first < values.size(); first += kBlock) {
    const auto block = values.subspan(first, std::min(kBlock, values.size() - first));
    float largest = 0;
    for (const float value : block) largest = std::max(largest, std::abs(value));
    const float scale = largest / kStepsMax;
    put(out, scale);
    for (const float value : block) {
      // A scale so small that it is zero, or that division overflows, still gives a step in range.
      const float steps = scale > 0 ? std::nearbyint(value / scale) : 0;
      put(out, static_cast<std::int8_t>(std::clamp(steps, -kStepsMax, kStepsMax)));
    }
  }
}

Checked<std::vector<float>> halves(ByteReader reader, std::size_t count) {
  std::vector<float> values(count);
  for (float& value : values) {
    value = from_half(*reader.take<std::uint16_t>());
    if (!std::isfinite(value)) return reject(Reason::kNotFinite, "a weight that is not finite");
  }
  return values;
}

Checked<std::vector<float>> blocks(ByteReader reader, std::size_t count) {
  std::vector<float> values;
  values.reserve(count);
  while (values.size() < count) {
    const float scale = *reader.take<float>();
    // Times 127 it must be finite too.
    if (!std::isfinite(scale * kStepsMax) || scale < 0) {
      return reject(Reason::kNotFinite, "a block whose scale is not finite or negative");
    }
    const std::size_t last = std::min(count, values.size() + kBlock);
    while (values.size() < last) {
      values.push_back(scale * static_cast<float>(*reader.take<std::int8_t>()));
    }
  }
  return values;
}

}  // namespace

const char* name_of(Encoding encoding) { return encoding == Encoding::kHalf ? "fp16" : "int8"; }

std::optional<Encoding> encoding_named(std::string_view name) {
  for (const Encoding one : {Encoding::kHalf, Encoding::kInt8}) {
    if (name == name_of(one)) return one;
  }
  return std::nullopt;
}

std::size_t compressed_size(std::size_t count, Encoding encoding) {
  if (encoding == Encoding::kHalf) return kHeaderBytes + 2 * count;
  return kHeaderBytes + count + sizeof(float) * ((count + kBlock - 1) / kBlock);
}

std::string compress(std::span<const float> values, const Kind& kind, Encoding encoding) {
  assert(values.size() == kind.count && kind.count <= kValuesMax);
  std::string out;
  out.reserve(compressed_size(values.size(), encoding));
  put(out, kWeightsMagic);
  put(out, static_cast<std::uint32_t>(encoding));
  put(out, kind.architecture);
  put(out, kind.base);
  put(out, static_cast<std::uint32_t>(kind.count));
  encoding == Encoding::kHalf ? put_halves(out, values) : put_blocks(out, values);
  return out;
}

Checked<std::vector<float>> decompress(std::string_view bytes, const Kind& expected) {
  ByteReader reader(bytes);
  const auto magic = reader.take<std::uint32_t>();
  const auto encoding = reader.take<std::uint32_t>();
  const auto architecture = reader.take<std::uint64_t>();
  const auto base = reader.take<std::uint64_t>();
  const auto count = reader.take<std::uint32_t>();
  if (!count || *magic != kWeightsMagic ||
      *encoding > static_cast<std::uint32_t>(Encoding::kInt8)) {
    return reject(Reason::kMalformed, "no header of compressed weights");
  }
  if (*architecture != expected.architecture) {
    return reject(Reason::kArchitecture,
                  fmt::format("weights of the architecture {:016x}; here it is {:016x}",
                              *architecture, expected.architecture));
  }
  if (*base != expected.base) {
    return reject(Reason::kBase,
                  fmt::format("a difference to the weights {:016x}; here they are {:016x}", *base,
                              expected.base));
  }
  const auto form = static_cast<Encoding>(*encoding);
  if (*count != expected.count || *count > kValuesMax ||
      bytes.size() != compressed_size(*count, form)) {
    return reject(Reason::kLength,
                  fmt::format("{} bytes of {} weights; expected {} of {}", bytes.size(), *count,
                              compressed_size(expected.count, form), expected.count));
  }
  return form == Encoding::kHalf ? halves(reader, *count) : blocks(reader, *count);
}

Compressor::Compressor(const Kind& kind, Encoding encoding)
    : kind_(kind), encoding_(encoding), residual_(kind.count, 0.0F) {}

std::string Compressor::encode(std::span<const float> values) {
  assert(values.size() == kind_.count);
  std::vector<float> owed(values.begin(), values.end());
  for (std::size_t i = 0; i < owed.size(); ++i) owed[i] += residual_[i];
  std::string bytes = compress(owed, kind_, encoding_);
  const auto sent = decompress(bytes, kind_);
  assert(sent.has_value());
  for (std::size_t i = 0; i < owed.size(); ++i) residual_[i] = owed[i] - (*sent)[i];
  return bytes;
}

}  // namespace starling::federated
