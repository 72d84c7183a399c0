// Operating errors as values: every function that the world can make fail returns a Result.
#pragma once

#include <fmt/format.h>

#include <string>
#include <tl/expected.hpp>
#include <utility>

namespace starling {

/// What kind of failure it is; the HTTP API maps each to one status.
enum class ErrorCode {
  kInvalid,      // the input is wrong; repeating it will not help (400)
  kNotFound,     // no such thing (404)
  kConflict,     // the thing changed, or is taken, meanwhile (409)
  kTooLarge,     // over a stated bound (413)
  kUnavailable,  // a component is away; try again later (503)
  kTimeout,      // no answer in the stated time (504)
  kInternal,     // the machine or a library failed us (500)
};

/// A failure with a message for the person who can mend it: what, where, what was expected, how to
/// mend.
struct Error {
  ErrorCode code = ErrorCode::kInternal;
  std::string message;
};

template <typename T>
using Result = tl::expected<T, Error>;

/// Success without a value.
using Status = tl::expected<void, Error>;

/// Builds the failing side of any Result: `return fail(ErrorCode::kInvalid, "{}: …", file);`
template <typename... Args>
[[nodiscard]] tl::unexpected<Error> fail(ErrorCode code, fmt::format_string<Args...> text,
                                         Args&&... args) {
  return tl::unexpected<Error>(Error{code, fmt::format(text, std::forward<Args>(args)...)});
}

/// Passes an error of one Result on as the error of another.
[[nodiscard]] inline tl::unexpected<Error> fail(Error error) {
  return tl::unexpected<Error>(std::move(error));
}

}  // namespace starling
