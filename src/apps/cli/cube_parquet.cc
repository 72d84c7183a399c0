#include "apps/cli/cube_parquet.h"

#include <stdlib.h>
#include <unistd.h>

#include <filesystem>
#include <thread>

#include "base/child_process.h"
#include "base/file.h"

namespace starling::cli {
namespace {

/// A file that goes away with its user.
class TemporaryFile {
 public:
  TemporaryFile()
      : path_((std::filesystem::temp_directory_path() / "starling-cube-XXXXXX").string()) {
    const int descriptor = ::mkstemp(path_.data());
    if (descriptor >= 0) ::close(descriptor);
  }
  ~TemporaryFile() { ::unlink(path_.c_str()); }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace

Status write_parquet(const nlohmann::json& answer, const std::string& file) {
  const TemporaryFile table;
  if (auto status = write_file_atomically(table.path(), answer.dump(), 0600); !status)
    return status;
  ChildOptions options;
  options.arguments = {(program_directory() / "starling-parquet").string(), table.path(), file};
  auto writer = ChildProcess::spawn(options);
  if (!writer) return fail(writer.error());
  while (writer->running()) std::this_thread::sleep_for(5ms);
  const auto how = *writer->ended();
  if (how.success()) return {};
  return fail(ErrorCode::kInvalid, "{} was not written ({})", file, how.text());
}

}  // namespace starling::cli
