#include "apps/lab/replay_timeline.h"

#include <cerrno>
#include <cstring>

#include "base/file.h"
#include "sim/timeline.h"

namespace starling::lab {

Result<TimelineFile> TimelineFile::begin(const std::string& path) {
  if (const Status writable = check_writable(path); !writable) return fail(writable.error());
  std::FILE* file = std::fopen((path + ".new").c_str(), "wb");
  if (file == nullptr) return fail(ErrorCode::kInvalid, "{}: {}", path, std::strerror(errno));
  TimelineFile begun(path, file);
  if (const Status added = begun.add(timeline_heading()); !added) return fail(added.error());
  return begun;
}

TimelineFile::~TimelineFile() {
  if (file_ == nullptr) return;
  file_.reset();
  std::remove(unfinished().c_str());
}

Status TimelineFile::add(const std::string& rows) {
  if (std::fwrite(rows.data(), 1, rows.size(), file_.get()) == rows.size()) return {};
  return fail(ErrorCode::kInternal, "{}: {}", path_, std::strerror(errno));
}

Status TimelineFile::finish() {
  const bool closed = std::fclose(file_.release()) == 0;
  if (closed && std::rename(unfinished().c_str(), path_.c_str()) == 0) return {};
  const int error = errno;
  std::remove(unfinished().c_str());
  return fail(ErrorCode::kInternal, "{}: {}", path_, std::strerror(error));
}

}  // namespace starling::lab
