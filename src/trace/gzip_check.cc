#include "trace/gzip_check.h"

#include <zlib.h>

#include <memory>
#include <vector>

namespace starling {

Status check_gzip(const std::string& path) {
  const std::unique_ptr<gzFile_s, int (*)(gzFile)> file(::gzopen(path.c_str(), "rb"), ::gzclose_r);
  if (!file) return fail(ErrorCode::kInvalid, "{}: cannot be opened", path);
  std::vector<char> bytes(1 << 18);
  int count = 0;
  while ((count = ::gzread(file.get(), bytes.data(), static_cast<unsigned>(bytes.size()))) > 0) {
    if (::gzdirect(file.get())) {
      return fail(ErrorCode::kInvalid,
                  "{}: not a gzip file; take .gz off its name if it is plain text", path);
    }
  }
  int code = Z_OK;
  const char* reason = ::gzerror(file.get(), &code);
  if (count < 0 || code != Z_OK) {
    return fail(ErrorCode::kInvalid, "{}: damaged or truncated gzip file ({}); fetch it again",
                path, code == Z_BUF_ERROR ? "unexpected end of file" : reason);
  }
  return {};
}

}  // namespace starling
