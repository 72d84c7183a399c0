// Implements control/packing.h.
#include "control/packing.h"

#include <zlib.h>

#include <algorithm>
#include <new>

namespace starling {
namespace {

constexpr char kForm = 1;
constexpr char kFormsEnd = '\t';  // the first byte that JSON may begin with
constexpr int kLevel = 6;
constexpr int kWindowBits = -15;  // raw
constexpr int kMemoryLevel = 6;   // 64 KB a thread less than usual; messages are short
constexpr std::size_t kPiece = 4096;

Bytef* bytes_of(std::string& text) { return reinterpret_cast<Bytef*>(text.data()); }
/// zlib's interface takes input, which it does not change, as if it did.
Bytef* bytes_of(std::string_view text) {
  return reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
}

/// A stream of zlib's that is kept for the next message: to make one takes longer than to use it.
template <int (*End)(z_streamp)>
struct Stream {
  z_stream z{};
  explicit Stream(int (*begin)(z_stream&)) {
    if (begin(z) != Z_OK) throw std::bad_alloc();  // all else that it may be is a bug
  }
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;
  ~Stream() { End(&z); }
};

z_stream& deflater() {
  thread_local Stream<deflateEnd> kept([](z_stream& z) {
    return deflateInit2(&z, kLevel, Z_DEFLATED, kWindowBits, kMemoryLevel, Z_DEFAULT_STRATEGY);
  });
  deflateReset(&kept.z);
  return kept.z;
}

z_stream& inflater() {
  thread_local Stream<inflateEnd> kept([](z_stream& z) { return inflateInit2(&z, kWindowBits); });
  inflateReset(&kept.z);
  return kept.z;
}

}  // namespace

std::string pack(std::string_view text) {
  const std::string_view dictionary = packing_dictionary();
  z_stream& z = deflater();
  deflateSetDictionary(&z, bytes_of(dictionary), static_cast<uInt>(dictionary.size()));
  std::string packed(1 + deflateBound(&z, text.size()), kForm);
  z.next_in = bytes_of(text);
  z.avail_in = static_cast<uInt>(text.size());
  z.next_out = bytes_of(packed) + 1;
  z.avail_out = static_cast<uInt>(packed.size() - 1);
  deflate(&z, Z_FINISH);  // to the end: the bound is what it takes at most
  packed.erase(packed.size() - z.avail_out);
  return packed;
}

bool is_packed(std::string_view bytes) {
  return !bytes.empty() && bytes.front() > 0 && bytes.front() < kFormsEnd;
}

Result<std::string> unpack(std::string_view bytes, std::size_t bytes_max) {
  if (bytes.empty() || bytes.front() != kForm)
    return fail(ErrorCode::kInvalid, "packed in a form that is not known here");
  const std::string_view dictionary = packing_dictionary();
  z_stream& z = inflater();
  inflateSetDictionary(&z, bytes_of(dictionary), static_cast<uInt>(dictionary.size()));
  z.next_in = bytes_of(bytes) + 1;
  z.avail_in = static_cast<uInt>(bytes.size() - 1);
  std::string text;
  int status = Z_OK;
  while (status == Z_OK) {
    const std::size_t before = text.size();
    text.resize(std::min(before + kPiece, bytes_max + 1));
    z.next_out = bytes_of(text) + before;
    z.avail_out = static_cast<uInt>(text.size() - before);
    status = inflate(&z, Z_NO_FLUSH);
    text.erase(text.size() - z.avail_out);
    if (text.size() > bytes_max) {
      return fail(ErrorCode::kTooLarge, "more than {} bytes unpacked: no more are read", bytes_max);
    }
  }
  if (status != Z_STREAM_END || z.avail_in > 0) {
    return fail(ErrorCode::kInvalid,
                "packed bytes that are damaged, cut, or more than one message");
  }
  return text;
}

}  // namespace starling
