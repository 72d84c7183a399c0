// Implements forecast/evaluation/text_file.h.
#include "forecast/evaluation/text_file.h"

#include <zlib.h>

#include <filesystem>
#include <limits>
#include <utility>

#include "base/file.h"

namespace starling {

struct LineReader::File {
  gzFile handle = nullptr;
  ~File() {
    if (handle != nullptr) gzclose(handle);
  }
};

LineReader::LineReader(std::string path, std::unique_ptr<File> file)
    : path_(std::move(path)), file_(std::move(file)) {}
LineReader::LineReader(LineReader&&) noexcept = default;
LineReader& LineReader::operator=(LineReader&&) noexcept = default;
LineReader::~LineReader() = default;

Result<LineReader> LineReader::open(const std::string& path) {
  std::error_code error;
  const auto status = std::filesystem::status(path, error);
  if (!std::filesystem::exists(status)) return fail(ErrorCode::kNotFound, "{}: no such file", path);
  if (!std::filesystem::is_regular_file(status)) {
    return fail(ErrorCode::kInvalid, "{}: not a regular file", path);
  }
  auto file = std::make_unique<File>();
  file->handle = gzopen(path.c_str(), "rb");  // reads plain files as they are
  if (file->handle == nullptr) return fail(ErrorCode::kInvalid, "{}: it cannot be read", path);
  return LineReader(path, std::move(file));
}

Status LineReader::refill() {
  constexpr std::size_t kBlock = 1U << 18;
  buffer_.erase(0, begin_);
  begin_ = 0;
  const std::size_t held = buffer_.size();
  if (held > kLineBytesMax) {
    return fail(ErrorCode::kTooLarge, "{}:{}: the line is longer than {} MB", path_, line_ + 1,
                kLineBytesMax >> 20);
  }
  buffer_.resize(held + kBlock);
  const int got = gzread(file_->handle, buffer_.data() + held, kBlock);
  int code = Z_OK;
  const char* words = gzerror(file_->handle, &code);
  if (got < 0 || code == Z_BUF_ERROR) {
    return fail(ErrorCode::kInvalid, "{}: damaged after line {}: {}; fetch or make it anew", path_,
                line_, code == Z_BUF_ERROR ? "the gzip data ends too early" : words);
  }
  buffer_.resize(held + static_cast<std::size_t>(got));
  bytes_ += got;
  if (bytes_ > kFileBytesMax) {
    return fail(ErrorCode::kTooLarge, "{}: more than {} GB; split it", path_, kFileBytesMax >> 30);
  }
  at_end_ = got == 0;
  return {};
}

Result<std::optional<std::string_view>> LineReader::next() {
  std::size_t end = buffer_.find('\n', begin_);
  while (end == std::string::npos && !at_end_) {
    const std::size_t searched = buffer_.size() - begin_;
    if (Status status = refill(); !status) return fail(status.error());
    end = buffer_.find('\n', searched);
  }
  if (end == std::string::npos) end = buffer_.size();
  if (begin_ >= buffer_.size()) return std::nullopt;
  std::string_view text(buffer_.data() + begin_, end - begin_);
  begin_ = end + 1;
  ++line_;
  if (text.ends_with('\r')) text.remove_suffix(1);
  if (line_ == 1 && text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);  // byte order mark
  return text;
}

namespace {

std::string gzipped(const std::string& bytes) {
  constexpr int kGzipWindow = 15 + 16;
  z_stream stream{};
  deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, kGzipWindow, 8, Z_DEFAULT_STRATEGY);
  std::string out(deflateBound(&stream, bytes.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

}  // namespace

Status write_maybe_gzipped(const std::string& path, const std::string& bytes) {
  if (bytes.size() > std::numeric_limits<uInt>::max() / 2) {
    return fail(ErrorCode::kTooLarge, "{}: {} MB are too many for one file; write fewer cases",
                path, bytes.size() >> 20);
  }
  return write_file_atomically(path, path.ends_with(".gz") ? gzipped(bytes) : bytes);
}

}  // namespace starling
