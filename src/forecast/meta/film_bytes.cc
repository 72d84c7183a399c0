// Implements forecast/meta/film_bytes.h.
#include "forecast/meta/film_bytes.h"

#include <vector>

#include "forecast/federated/compression.h"
#include "forecast/federated/wire.h"

namespace starling::meta {
namespace {

federated::Kind kind_of(const Film& shared, Regime regime, const std::string& version) {
  federated::Kind kind{.architecture = federated::fingerprint(regime_name(regime)),
                       .base = federated::fingerprint(version),
                       .count = 0};
  for (const at::Tensor& tensor : shared) kind.count += static_cast<std::size_t>(tensor.numel());
  return kind;
}

}  // namespace

std::string film_bytes(const Film& film, const Film& shared, Regime regime,
                       const std::string& version) {
  std::vector<float> values;
  for (std::size_t i = 0; i < film.size(); ++i) {
    const at::Tensor difference = (film[i].detach() - shared[i]).contiguous();
    const float* first = difference.data_ptr<float>();
    values.insert(values.end(), first, first + difference.numel());
  }
  return federated::compress(values, kind_of(shared, regime, version), federated::Encoding::kHalf);
}

std::optional<Film> film_from(const std::string& bytes, const Film& shared, Regime regime,
                              const std::string& version) {
  const auto values = federated::decompress(bytes, kind_of(shared, regime, version));
  if (!values) return std::nullopt;
  Film film;
  std::size_t next = 0;
  for (const at::Tensor& tensor : shared) {
    at::Tensor own = tensor.clone().contiguous();
    float* to = own.data_ptr<float>();
    for (std::int64_t k = 0; k < own.numel(); ++k) to[k] += (*values)[next++];
    film.push_back(std::move(own));
  }
  return film;
}

}  // namespace starling::meta
