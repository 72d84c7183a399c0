// A tensor as it crosses the network: a name, a datatype, a shape and row-major elements. No
// libtorch here.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace starling {

/// The datatypes of the Open Inference Protocol that libtorch has too.
enum class Datatype { kBool, kInt8, kUint8, kInt16, kInt32, kInt64, kFp16, kFp32, kFp64 };

/// "FP32" → kFp32. Errors: a datatype that exists in the protocol but not here, or in neither.
Result<Datatype> parse_datatype(const std::string& name);
std::string_view datatype_name(Datatype datatype);
/// Bytes an element takes in `Tensor::data`. FP16 is carried as 32-bit floats: C++20 has no half
/// type.
std::size_t element_bytes(Datatype datatype);

struct Tensor {
  std::string name;
  Datatype datatype = Datatype::kFp32;
  std::vector<std::int64_t> shape;
  std::vector<char> data;  // row-major, native byte order

  std::size_t element_count() const { return data.size() / element_bytes(datatype); }
};

/// Elements of a tensor of this shape. Errors: a negative dimension, more than 2^26 elements.
Result<std::size_t> elements_of(const std::vector<std::int64_t>& shape);

/// Fills `tensor.data` from the protocol's `data`: flat, or nested exactly as `tensor.shape` says.
/// Errors: number of elements or nesting against the shape, an element that is not of the datatype
/// or outside its range.
Status read_elements(const nlohmann::json& data, Tensor& tensor);

/// The elements as the protocol's flat `data`. NaN and infinities become null: JSON has no word for
/// them.
nlohmann::json elements_json(const Tensor& tensor);

}  // namespace starling
