#include "trace/formats/file_check.h"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <memory>
#include <vector>

namespace starling {
namespace {

constexpr std::int64_t kRatioMax = 500;
constexpr std::int64_t kRatioCheckedFrom = 64 << 20;  // bytes uncompressed
constexpr std::uint32_t kZstdMagic = 0xFD2FB528;
constexpr std::uint32_t kZstdSkippableMagic = 0x184D2A50;  // the last four bits are free
constexpr std::int64_t kZstdBlockMax = 128 << 10;

tl::unexpected<Error> damaged(const std::string& path, std::string_view kind,
                              std::string_view reason) {
  return fail(ErrorCode::kInvalid, "{}: damaged or truncated {} file ({}); fetch it again", path,
              kind, reason);
}

/// Watches the text go by, chunk by chunk.
class TextGauge {
 public:
  TextGauge(const std::string& path, const ReadRawLimits& limits) : path_(path), limits_(limits) {}

  /// `packed_bytes`: of the file that all text so far was unpacked from.
  Status take(std::string_view chunk, std::int64_t packed_bytes) {
    bytes_ += static_cast<std::int64_t>(chunk.size());
    if (bytes_ > limits_.file_bytes_max) {
      return fail(ErrorCode::kTooLarge,
                  "{}: more than {} bytes of text; split it, or raise --max-file-bytes of "
                  "`starling trace`",
                  path_, limits_.file_bytes_max);
    }
    if (bytes_ > kRatioCheckedFrom && bytes_ / kRatioMax > packed_bytes) {
      return fail(ErrorCode::kTooLarge,
                  "{}: unpacks to more than {} times its size, as no trace does; unpack it "
                  "yourself if you trust it",
                  path_, kRatioMax);
    }
    while (!chunk.empty()) {
      const std::size_t end = chunk.find('\n');
      line_bytes_ += static_cast<std::int64_t>(std::min(end, chunk.size()));
      if (line_bytes_ > limits_.line_bytes_max) {
        return fail(ErrorCode::kTooLarge,
                    "{}:{}: a line of more than {} bytes; is this a text file with one row a line? "
                    "If so raise --max-line-bytes of `starling trace`",
                    path_, line_, limits_.line_bytes_max);
      }
      if (end == std::string_view::npos) break;
      chunk.remove_prefix(end + 1);
      line_bytes_ = 0;
      ++line_;
    }
    return {};
  }

 private:
  const std::string& path_;
  const ReadRawLimits& limits_;
  std::int64_t bytes_ = 0, line_bytes_ = 0, line_ = 1;
};

/// zlib hands plain files through, so this serves both.
std::unique_ptr<gzFile_s, int (*)(gzFile)> open_text(const std::string& path) {
  return {::gzopen(path.c_str(), "rb"), ::gzclose_r};
}

/// The caller knows the time allowed, and says it.
Status check_time(std::chrono::steady_clock::time_point until) {
  if (std::chrono::steady_clock::now() < until) return {};
  return fail(ErrorCode::kTimeout, "the time is over");
}

Status check_plain_or_gzip(const std::string& path, TextGauge gauge,
                           std::chrono::steady_clock::time_point until) {
  const auto file = open_text(path);
  if (!file) return fail(ErrorCode::kInvalid, "{}: cannot be opened", path);
  std::vector<char> bytes(1 << 18);
  int count = 0;
  while ((count = ::gzread(file.get(), bytes.data(), static_cast<unsigned>(bytes.size()))) > 0) {
    const std::string_view chunk(bytes.data(), static_cast<std::size_t>(count));
    if (Status s = gauge.take(chunk, ::gzoffset(file.get())); !s) return s;
    if (Status s = check_time(until); !s) return s;
  }
  int code = Z_OK;
  const char* reason = ::gzerror(file.get(), &code);
  if (count < 0 || code != Z_OK) {
    return damaged(path, "gzip", code == Z_BUF_ERROR ? "unexpected end of file" : reason);
  }
  return {};
}

/// Little-endian number of `size` bytes, or nothing at the file's end.
std::optional<std::uint32_t> read_number(std::istream& file, std::size_t size) {
  std::array<unsigned char, 4> bytes{};
  if (!file.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(size))) {
    return std::nullopt;
  }
  return bytes[0] | bytes[1] << 8 | bytes[2] << 16 | static_cast<std::uint32_t>(bytes[3]) << 24;
}

/// Bytes of a frame's header after its descriptor (RFC 8878, section 3.1.1.1).
std::streamoff frame_header_bytes(std::uint32_t descriptor) {
  const bool single_segment = (descriptor & 0x20) != 0;
  constexpr std::array<int, 4> kDictionaryBytes{0, 1, 2, 4};
  constexpr std::array<int, 4> kContentSizeBytes{0, 2, 4, 8};
  const int content_size = kContentSizeBytes[descriptor >> 6];
  return (single_segment ? std::max(content_size, 1) : content_size + 1) +
         kDictionaryBytes[descriptor & 3];
}

/// Walks the frames and their blocks without unpacking them.
Status check_zstd(const std::string& path, std::int64_t file_bytes, const ReadRawLimits& limits,
                  std::chrono::steady_clock::time_point until) {
  std::ifstream file(path, std::ios::binary);
  std::int64_t blocks = 0;
  const auto skip = [&](std::streamoff bytes) {
    file.seekg(bytes, std::ios::cur);
    return file.good() && file.tellg() <= file_bytes;
  };
  while (file.tellg() < file_bytes) {
    const auto magic = read_number(file, 4);
    if (!magic) return damaged(path, "Zstandard", "unexpected end of file");
    if ((*magic & 0xFFFFFFF0) == kZstdSkippableMagic) {
      const auto size = read_number(file, 4);
      if (!size || !skip(*size)) return damaged(path, "Zstandard", "unexpected end of file");
      continue;
    }
    if (*magic != kZstdMagic) return damaged(path, "Zstandard", "no frame where one should begin");
    const auto descriptor = read_number(file, 1);
    if (!descriptor || !skip(frame_header_bytes(*descriptor))) {
      return damaged(path, "Zstandard", "unexpected end of file");
    }
    if (Status s = check_time(until); !s) return s;
    for (bool last = false; !last;) {
      const auto header = read_number(file, 3);
      if (!header) return damaged(path, "Zstandard", "unexpected end of file");
      last = (*header & 1) != 0;
      const bool repeats_one_byte = ((*header >> 1) & 3) == 1;
      if (!skip(repeats_one_byte ? 1 : *header >> 3)) {
        return damaged(path, "Zstandard", "unexpected end of file");
      }
      if (++blocks * kZstdBlockMax > limits.file_bytes_max) {
        return fail(ErrorCode::kTooLarge,
                    "{}: may hold more than {} bytes of text; split it, or raise "
                    "--max-file-bytes of `starling trace`",
                    path, limits.file_bytes_max);
      }
    }
    if ((*descriptor & 4) != 0 && !skip(4)) {
      return damaged(path, "Zstandard", "unexpected end of file");
    }
  }
  return {};
}

}  // namespace

Result<Packing> packing_of(const std::string& path) {
  std::error_code error;
  const auto status = std::filesystem::status(path, error);
  if (!std::filesystem::exists(status)) return fail(ErrorCode::kNotFound, "{}: no such file", path);
  if (!std::filesystem::is_regular_file(status)) {
    return fail(ErrorCode::kInvalid, "{}: not a regular file", path);
  }
  std::ifstream file(path, std::ios::binary);
  if (!file) return fail(ErrorCode::kInvalid, "{}: {}", path, std::strerror(errno));
  std::array<char, 4> start{};
  file.read(start.data(), start.size());
  const std::string_view bytes(start.data(), static_cast<std::size_t>(file.gcount()));
  if (bytes.empty()) return fail(ErrorCode::kInvalid, "{}: the file is empty", path);
  const Packing packing = bytes.starts_with("\x1f\x8b")           ? Packing::kGzip
                          : bytes.starts_with("\x28\xb5\x2f\xfd") ? Packing::kZstd
                          : bytes == "PAR1"                       ? Packing::kParquet
                                                                  : Packing::kPlain;
  if (path.ends_with(".gz") && packing != Packing::kGzip) {
    return fail(ErrorCode::kInvalid,
                "{}: not a gzip file; take .gz off its name if it is plain text", path);
  }
  if (path.ends_with(".zst") && packing != Packing::kZstd) {
    return fail(ErrorCode::kInvalid,
                "{}: not a Zstandard file; take .zst off its name if it is plain text", path);
  }
  return packing;
}

const char* compression_name(Packing packing) {
  switch (packing) {
    case Packing::kGzip:
      return "gzip";
    case Packing::kZstd:
      return "zstd";
    default:
      return "uncompressed";
  }
}

std::string first_text(const std::string& path, Packing packing, std::size_t bytes_max) {
  std::string text;
  if (packing != Packing::kPlain && packing != Packing::kGzip) return text;
  const auto file = open_text(path);
  if (!file) return text;
  text.resize(bytes_max);
  const int count = ::gzread(file.get(), text.data(), static_cast<unsigned>(text.size()));
  text.resize(static_cast<std::size_t>(std::max(count, 0)));
  return text;
}

Status check_file(const std::string& path, Packing packing, const ReadRawLimits& limits,
                  std::chrono::steady_clock::time_point until) {
  std::error_code error;
  const auto bytes = static_cast<std::int64_t>(std::filesystem::file_size(path, error));
  switch (packing) {
    case Packing::kParquet:
      return {};
    case Packing::kZstd:
      return check_zstd(path, bytes, limits, until);
    default:
      return check_plain_or_gzip(path, TextGauge(path, limits), until);
  }
}

}  // namespace starling
