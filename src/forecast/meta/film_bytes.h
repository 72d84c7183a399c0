// A model's own weights on their way to another node. Internal: libtorch types.
#pragma once

#include <optional>
#include <string>

#include "forecast/meta/film.h"

namespace starling::meta {

/// What the film of one task differs by from the `shared` one, as half floats (some 1.6 kB); the
/// header names the regime and the `version` of the shared weights.
std::string film_bytes(const Film& film, const Film& shared, Regime regime,
                       const std::string& version);

/// The film, where the bytes are one of this regime, shape and version and every value is finite.
std::optional<Film> film_from(const std::string& bytes, const Film& shared, Regime regime,
                              const std::string& version);

}  // namespace starling::meta
