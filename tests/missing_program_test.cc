// A machine that lacks a server which every node needs: `starling up` says so and leaves nothing.
#include <gtest/gtest.h>

#include "base/child_process.h"
#include "tests/program.h"

namespace starling::system_test {
namespace {

class MissingProgram : public testing::TestWithParam<const char*> {};

TEST_P(MissingProgram, IsNamedWithThePackageThatBringsIt) {
  if (const auto missing = missing_programs(); !missing.empty()) GTEST_SKIP() << missing;
  if (run("unshare --mount true").exit_code != 0) {
    GTEST_SKIP() << "a mount namespace, in which the program can be hidden, needs root";
  }
  const std::string name = GetParam();
  const auto program = std::filesystem::canonical(*find_program(name, name));
  const TemporaryFolder folder;
  // /dev/null in its place can't be run: what a search for the program sees is its absence.
  const auto ended =
      run(fmt::format("unshare --mount sh -c 'mount --bind /dev/null {} && exec "
                      "starling up --nodes 2 --data {}'",
                      program.string(), (folder.path() / "fleet").string()));
  EXPECT_EQ(ended.exit_code, 1) << ended.out;
  EXPECT_NE(ended.err.find(fmt::format(
                "{0} is not installed: install it (Debian: apt-get install {0})", name)),
            std::string::npos)
      << ended.err;
  // The brackets keep pgrep's own shell from matching.
  EXPECT_EQ(run(fmt::format("pgrep -af '[/]{}'", folder.path().string().substr(1))).out, "")
      << "still running";
}

INSTANTIATE_TEST_SUITE_P(Of, MissingProgram, testing::Values("haproxy", "nats-server"),
                         [](const auto& of) {
                           return std::string(of.param) == "haproxy" ? "Haproxy" : "NatsServer";
                         });

}  // namespace
}  // namespace starling::system_test
