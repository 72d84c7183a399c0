// Small files for the readers' tests, and short ways to look at what was read.
#pragma once

#include <gmock/gmock.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>

#include "trace/import.h"

namespace starling {

class FormatTest : public testing::Test {
 protected:
  FormatTest() {
    char name[] = "/tmp/starling-formats-XXXXXX";
    folder_ = ::mkdtemp(name);
  }
  ~FormatTest() override { std::filesystem::remove_all(folder_); }

  std::string file(const std::string& text, const std::string& name = "trace.csv") const {
    const std::filesystem::path path = folder_ / name;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << text;
    return path;
  }
  std::string gzipped(const std::string& text, const std::string& name = "trace.csv") const {
    const std::string path = file(text, name);
    EXPECT_EQ(std::system(("gzip -f '" + path + "'").c_str()), 0);
    return path + ".gz";
  }
  /// The trace; the test fails where there is none.
  static RawTrace read(const std::vector<std::string>& paths, const ReadRawOptions& options = {}) {
    auto trace = read_raw(paths, options);
    if (!trace) throw std::runtime_error(trace.error().message);
    return std::move(*trace);
  }
  /// The error, which there must be.
  static Error error(const std::vector<std::string>& paths, const ReadRawOptions& options = {}) {
    const auto trace = read_raw(paths, options);
    EXPECT_FALSE(trace) << "accepted";
    return trace ? Error() : trace.error();
  }
  static std::vector<std::string> names(const RawTrace& trace) {
    std::vector<std::string> result;
    for (const Samples& samples : trace.workloads) result.push_back(samples.workload);
    return result;
  }
  static const Samples& workload(const RawTrace& trace, const std::string& name) {
    for (const Samples& samples : trace.workloads) {
      if (samples.workload == name) return samples;
    }
    ADD_FAILURE() << "no workload " << name;
    static const Samples kNone{};
    return kNone;
  }
  static std::vector<double> times_s(const Samples& samples) {
    std::vector<double> result;
    for (const std::int64_t time : samples.times_us) {
      result.push_back(static_cast<double>(time) / 1e6);
    }
    return result;
  }
  static std::int64_t skipped(const RawTrace& trace, const std::string& reason) {
    for (const Skipped& one : trace.skipped) {
      if (one.reason == reason) return one.count;
    }
    return 0;
  }
  static std::string format_of(const std::vector<std::string>& paths) {
    const auto format = detect_format(paths);
    return format ? format->name : "none: " + format.error().message;
  }

  std::filesystem::path folder_;
};

}  // namespace starling
