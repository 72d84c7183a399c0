// Implements base/secret.h.
#include "base/secret.h"

#include <fmt/format.h>
#include <sys/random.h>

#include <cstring>
#include <vector>

namespace starling {
namespace {

Result<std::vector<unsigned char>> secret_bytes(std::size_t count) {
  std::vector<unsigned char> bytes(count);
  // Up to 256 bytes the kernel gives all or none.
  if (count > 256 || ::getrandom(bytes.data(), count, 0) != static_cast<ssize_t>(count))
    return fail(ErrorCode::kInternal, "no random numbers from the kernel");
  return bytes;
}

}  // namespace

Result<std::uint64_t> secret_number() {
  std::uint64_t number = 0;
  const auto bytes = secret_bytes(sizeof number);
  if (!bytes) return fail(bytes.error());
  std::memcpy(&number, bytes->data(), sizeof number);
  return number;
}

Result<std::string> secret_text(std::size_t bytes) {
  const auto drawn = secret_bytes(bytes);
  if (!drawn) return fail(drawn.error());
  std::string text;
  for (const auto byte : *drawn) text += fmt::format("{:02x}", byte);
  return text;
}

}  // namespace starling
