// How commands that measure something show what they found: as a table or as JSON.
#pragma once

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <string>
#include <type_traits>

#include "apps/lab/long_run.h"
#include "apps/lab/refusal.h"

namespace starling::lab {

/// Prints what was found as `output` says, "table" or "json". Only that one is made.
template <typename Found>
void print_found(const std::string& output, const Found& found,
                 nlohmann::json (*json_of)(const std::type_identity_t<Found>&),
                 std::string (*table_of)(const std::type_identity_t<Found>&)) {
  if (output == "json") {
    fmt::print("{}\n", json_of(found).dump(2));
  } else {
    fmt::print("{}", table_of(found));
  }
}

/// The end of a command that Ctrl-C may have cut short: prints what was found until then, and in
/// that case says that it is only of `part`, as "cases that were run", and throws Failed.
template <typename Found>
void end_with(const std::string& output, const char* part, const Found& found,
              nlohmann::json (*json_of)(const std::type_identity_t<Found>&),
              std::string (*table_of)(const std::type_identity_t<Found>&)) {
  if (interrupted()) fmt::print(stderr, "interrupted: what follows is of the {}\n", part);
  print_found(output, found, json_of, table_of);
  if (interrupted()) throw Failed{kInterrupted};
}

}  // namespace starling::lab
