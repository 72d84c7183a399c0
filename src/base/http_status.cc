#include "base/http_status.h"

namespace starling {

int http_status_of(ErrorCode code) {
  switch (code) {
    case ErrorCode::kInvalid:
      return 400;
    case ErrorCode::kNotFound:
      return 404;
    case ErrorCode::kConflict:
      return 409;
    case ErrorCode::kTooLarge:
      return 413;
    case ErrorCode::kUnavailable:
      return 503;
    case ErrorCode::kTimeout:
      return 504;
    case ErrorCode::kInternal:
      return 500;
  }
  return 500;
}

ErrorCode error_code_of(int http_status) {
  for (const auto code : {ErrorCode::kInvalid, ErrorCode::kNotFound, ErrorCode::kConflict,
                          ErrorCode::kTooLarge, ErrorCode::kUnavailable, ErrorCode::kTimeout}) {
    if (http_status_of(code) == http_status) return code;
  }
  return http_status >= 400 && http_status < 500 ? ErrorCode::kInvalid : ErrorCode::kInternal;
}

}  // namespace starling
