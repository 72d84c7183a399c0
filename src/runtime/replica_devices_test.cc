// Which GPUs a replica sees.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <thread>

#include "runtime/process_runtime.h"

namespace starling {
namespace {

namespace fs = std::filesystem;

class ReplicaDevices : public ::testing::Test {
 protected:
  ReplicaDevices() {
    char pattern[] = "/tmp/devices_test_XXXXXX";
    folder_ = ::mkdtemp(pattern);
    std::ofstream(folder_ / "model.pt") << "not looked into";
  }
  ~ReplicaDevices() override { fs::remove_all(folder_); }

  /// What a replica finds in CUDA_VISIBLE_DEVICES; "unset" where it is not there at all.
  std::string seen(std::vector<int> devices, bool node_has_gpus) {
    ProcessRuntimeOptions options;
    options.node = folder_.filename();
    options.log_folder = folder_ / "logs";
    options.program = folder_ / "program";
    std::ofstream(options.program)
        << "#!/bin/sh\necho \"sees ${CUDA_VISIBLE_DEVICES-unset}.\" >&2; exit 3\n";
    fs::permissions(options.program, fs::perms::owner_all);
    auto runtime = ProcessRuntime::create(options);
    EXPECT_TRUE(runtime) << runtime.error().message;
    ReplicaStart start;
    start.id = "m-1";
    start.model.name = "m";
    start.model.artifact = folder_ / "model.pt";
    start.devices = std::move(devices);
    start.node_has_gpus = node_has_gpus;
    EXPECT_TRUE((*runtime)->start(start));
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (std::chrono::steady_clock::now() < deadline) {
      for (const auto& event : (*runtime)->poll({})) return event.detail;
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
    return "no event came";
  }

  fs::path folder_;
};

TEST_F(ReplicaDevices, AreThoseThatItsNodeGaveIt) {
  EXPECT_THAT(seen({1, 3}, true), ::testing::HasSubstr("sees 1,3."));
}

TEST_F(ReplicaDevices, AreNoneWhereItAskedForNoneOfTheNodesGpus) {
  EXPECT_THAT(seen({}, true), ::testing::HasSubstr("sees ."));
}

TEST_F(ReplicaDevices, AreLeftAloneOnANodeThatOffersNone) {
  ::unsetenv("CUDA_VISIBLE_DEVICES");
  EXPECT_THAT(seen({}, false), ::testing::HasSubstr("sees unset."));
}

}  // namespace
}  // namespace starling
