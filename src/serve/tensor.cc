#include "serve/tensor.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <limits>
#include <type_traits>

#include "base/nearest.h"

namespace starling {
namespace {

constexpr std::size_t kElementsMax = std::size_t{1} << 26;

struct DatatypeEntry {
  Datatype datatype;
  const char* name;
  std::size_t bytes;
};

constexpr std::array kDatatypes{
    DatatypeEntry{Datatype::kBool, "BOOL", 1},   DatatypeEntry{Datatype::kInt8, "INT8", 1},
    DatatypeEntry{Datatype::kUint8, "UINT8", 1}, DatatypeEntry{Datatype::kInt16, "INT16", 2},
    DatatypeEntry{Datatype::kInt32, "INT32", 4}, DatatypeEntry{Datatype::kInt64, "INT64", 8},
    DatatypeEntry{Datatype::kFp16, "FP16", 4},   DatatypeEntry{Datatype::kFp32, "FP32", 4},
    DatatypeEntry{Datatype::kFp64, "FP64", 8},
};

const DatatypeEntry& entry(Datatype datatype) {
  return *std::find_if(kDatatypes.begin(), kDatatypes.end(),
                       [&](const auto& e) { return e.datatype == datatype; });
}

/// Calls `use` with a value of the C++ type that carries the datatype's elements.
template <typename Use>
auto with_element_type(Datatype datatype, const Use& use) {
  switch (datatype) {
    case Datatype::kBool:
      return use(bool{});
    case Datatype::kInt8:
      return use(std::int8_t{});
    case Datatype::kUint8:
      return use(std::uint8_t{});
    case Datatype::kInt16:
      return use(std::int16_t{});
    case Datatype::kInt32:
      return use(std::int32_t{});
    case Datatype::kInt64:
      return use(std::int64_t{});
    case Datatype::kFp64:
      return use(double{});
    case Datatype::kFp16:
    case Datatype::kFp32:
      break;
  }
  return use(float{});
}

/// One JSON value as a T, or false when it is not one.
template <typename T>
bool read_element(const nlohmann::json& value, T& out) {
  if constexpr (std::is_same_v<T, bool>) {
    if (value.is_boolean()) {
      out = value.get<bool>();
      return true;
    }
    if (!value.is_number_integer() || (value != 0 && value != 1)) return false;
    out = value == 1;
    return true;
  } else if constexpr (std::is_integral_v<T>) {
    if (!value.is_number_integer()) return false;
    if (value.is_number_unsigned() &&
        value.get<std::uint64_t>() > static_cast<std::uint64_t>(std::numeric_limits<T>::max())) {
      return false;
    }
    const auto wide = value.get<std::int64_t>();
    if (wide < static_cast<std::int64_t>(std::numeric_limits<T>::min())) return false;
    out = static_cast<T>(wide);
    return true;
  } else {
    if (!value.is_number()) return false;
    out = static_cast<T>(value.get<double>());
    return std::isfinite(out);
  }
}

template <typename T>
Status append_flat(const nlohmann::json& values, Tensor& tensor) {
  for (const auto& value : values) {
    T element{};
    if (!read_element(value, element)) {
      const auto text = value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
      return fail(ErrorCode::kInvalid, "input '{}': element {} is {}, which is no {}", tensor.name,
                  tensor.element_count(), text.substr(0, 40), datatype_name(tensor.datatype));
    }
    const auto* bytes = reinterpret_cast<const char*>(&element);
    tensor.data.insert(tensor.data.end(), bytes, bytes + sizeof element);
  }
  return {};
}

/// Recursion ends at the shape's rank, which the caller has bounded.
template <typename T>
Status append_nested(const nlohmann::json& values, std::size_t depth, Tensor& tensor) {
  const auto& shape = tensor.shape;
  if (!values.is_array() || values.size() != static_cast<std::size_t>(shape[depth])) {
    return fail(
        ErrorCode::kInvalid,
        "input '{}': nested data does not have the stated shape: expected a list of {} at depth {}",
        tensor.name, shape[depth], depth);
  }
  if (depth + 1 == shape.size()) return append_flat<T>(values, tensor);
  for (const auto& value : values) {
    if (auto status = append_nested<T>(value, depth + 1, tensor); !status) return status;
  }
  return {};
}

}  // namespace

Result<Datatype> parse_datatype(const std::string& name) {
  std::vector<std::string> names;
  for (const auto& e : kDatatypes) {
    if (name == e.name) return e.datatype;
    names.emplace_back(e.name);
  }
  return fail(ErrorCode::kInvalid, "datatype '{}' is not supported{}: expected one of {}",
              name.substr(0, 40), did_you_mean(name.substr(0, 40), names), fmt::join(names, ", "));
}

std::string_view datatype_name(Datatype datatype) { return entry(datatype).name; }
std::size_t element_bytes(Datatype datatype) { return entry(datatype).bytes; }

Result<std::size_t> elements_of(const std::vector<std::int64_t>& shape) {
  std::size_t count = 1;
  for (const auto dimension : shape) {
    if (dimension < 0)
      return fail(ErrorCode::kInvalid, "shape has the negative dimension {}", dimension);
    const auto size = static_cast<std::size_t>(dimension);
    if (size > kElementsMax || count * size > kElementsMax) {
      return fail(ErrorCode::kInvalid, "shape [{}] has more than {} elements",
                  fmt::join(shape, ", "), kElementsMax);
    }
    count *= size;
  }
  return count;
}

Status read_elements(const nlohmann::json& data, Tensor& tensor) {
  const auto count = elements_of(tensor.shape);
  if (!count)
    return fail(ErrorCode::kInvalid, "input '{}': {}", tensor.name, count.error().message);
  if (!data.is_array()) {
    return fail(ErrorCode::kInvalid, "input '{}': data is {}, expected a list", tensor.name,
                data.type_name());
  }
  const bool nested = !data.empty() && data[0].is_array() && !tensor.shape.empty();
  if (!nested && data.size() != *count) {
    return fail(ErrorCode::kInvalid, "input '{}': data has {} elements, shape [{}] needs {}",
                tensor.name, data.size(), fmt::join(tensor.shape, ", "), *count);
  }
  tensor.data.clear();
  // A shape may promise more than the body holds; the flat case has just been checked.
  if (!nested) tensor.data.reserve(*count * element_bytes(tensor.datatype));
  return with_element_type(tensor.datatype, [&](auto zero) -> Status {
    using T = decltype(zero);
    return nested ? append_nested<T>(data, 0, tensor) : append_flat<T>(data, tensor);
  });
}

nlohmann::json elements_json(const Tensor& tensor) {
  auto list = nlohmann::json::array();
  with_element_type(tensor.datatype, [&](auto zero) {
    using T = decltype(zero);
    for (std::size_t at = 0; at + sizeof(T) <= tensor.data.size(); at += sizeof(T)) {
      T element{};
      std::memcpy(&element, tensor.data.data() + at, sizeof element);
      list.push_back(element);
    }
  });
  return list;
}

}  // namespace starling
