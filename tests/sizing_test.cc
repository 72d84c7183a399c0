// A model whose size is left to its owner: under a light load its replicas become smaller while
// they serve, in the kernel's books too.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include "runtime/cgroup.h"
#include "tests/one_node.h"

namespace starling::system_test {
namespace {

using Json = nlohmann::json;
namespace fs = std::filesystem;

/// Why no limits can be set on this machine, or nothing.
std::string no_cgroups() {
  auto tree = open_cgroups("starling-sizing-test");
  if (!tree) return tree.error().message;
  (*tree)->remove_folder();
  return "";
}

/// The limit of memory that the kernel keeps for a replica; 0 where it knows none.
std::int64_t kernel_memory_limit(const std::string& replica) {
  std::error_code error;
  for (const auto& [root, file] :
       {std::pair{fs::path("/sys/fs/cgroup/memory"), "memory.limit_in_bytes"},
        std::pair{fs::path("/sys/fs/cgroup"), "memory.max"}}) {
    for (const auto& folder : fs::directory_iterator(root, error)) {
      std::ifstream in(folder.path() / replica / file);
      if (std::int64_t bytes = 0; in >> bytes) return bytes;
    }
  }
  return 0;
}

class Sizing : public testing::Test {
 protected:
  void SetUp() override {
    fleet_ = one_node();
    if (fleet_ == nullptr) GTEST_SKIP() << missing_programs();
    if (const auto why = no_cgroups(); !why.empty()) GTEST_SKIP() << why;
  }
  void TearDown() override {
    if (fleet_ != nullptr) (void)fleet_->command("starling delete sized");
  }

  Json replica() const {
    const auto all = fleet_->get(fleet_->members().front(), "/v1/replicas").json();
    for (const auto& r : all) {
      if (r["model"] == "sized") return r;
    }
    return {};
  }

  const RunningFleet* fleet_ = nullptr;
};

TEST_F(Sizing, ALightLoadMakesReplicasSmallerWithoutAFailedRequest) {
  const auto manifest = fleet_->folder().write(
      "sized.yaml",
      fmt::format("apiVersion: starling/v1\nkind: Model\nmetadata: {{ name: sized }}\nspec:\n"
                  "  artifact: {}/models/digits.pt\n"
                  "  resources: {{ cpu: 500m, memory: 400Mi }}\n"
                  "  sizing: {{ mode: auto, period: 10s, cpu: {{ min: 100m }} }}\n"
                  "  slo: {{ latency: 500ms, percentile: 95 }}\n"
                  "  replicas: {{ min: 1, max: 1 }}\n",
                  STARLING_SOURCE_DIR));
  const auto applied = fleet_->command("starling apply -f " + manifest);
  ASSERT_EQ(applied.exit_code, 0) << applied.err;
  const auto& gateway = fleet_->members().front().gateway;
  Result<std::string> body = fail(ErrorCode::kUnavailable, "not asked yet");
  ASSERT_TRUE(eventually(90s, [&] {
    body = request_of_zeros(gateway, "sized");
    return body.has_value();
  })) << body.error().message;

  const std::string id = replica()["id"];
  int asked = 0, failed = 0;
  const bool smaller = eventually(90s, [&] {
    for (int i = 0; i < 10; ++i) {
      ++asked;
      failed += ask({"POST", gateway, "/v2/models/sized/infer", *body}).status != 200;
      std::this_thread::sleep_for(50ms);
    }
    const Json r = replica()["resources"];
    return r.is_object() && r["cpu_millis"] < 500 && r["memory_bytes"] < 400LL << 20;
  });
  const auto explained = fleet_->command("starling explain sized");
  ASSERT_TRUE(smaller) << explained.out << explained.err;
  EXPECT_EQ(failed, 0) << "of " << asked;
  const Json r = replica();
  EXPECT_EQ(r["id"], id) << "resized in place";
  EXPECT_EQ(r["state"], "ready");
  EXPECT_GE(r["resources"]["cpu_millis"], 100);
  EXPECT_GT(r["memory_bytes"], 10 << 20);
  EXPECT_LT(r["memory_bytes"], r["resources"]["memory_bytes"]);
  EXPECT_EQ(kernel_memory_limit(id), r["resources"]["memory_bytes"].get<std::int64_t>());
  EXPECT_NE(explained.out.find("Size       "), std::string::npos) << explained.out;
  EXPECT_NE(explained.out.find("p95 of use"), std::string::npos) << explained.out;
}

}  // namespace
}  // namespace starling::system_test
