// Bad input at its real size: the program says what is wrong, and its memory stays bounded.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zlib.h>

#include <fstream>

#include "base/file.h"
#include "tests/program.h"

namespace starling::system_test {
namespace {

using testing::AllOf;
using testing::HasSubstr;

/// What the program holds when it does nothing (libtorch is most of it), DuckDB's bound of 512 MB,
/// and what was read: less than any of the files here holds.
constexpr std::int64_t kMemoryMax = 900LL << 20;

struct Cost {
  int exit_code = -1;
  std::int64_t memory_bytes = 0;  // highest resident
  std::string out;
  std::string err;
};

/// Runs starling-lab trace with these words and waits for its end.
Cost run_trace(const TemporaryFolder& folder, const std::vector<std::string>& words) {
  const auto out = folder.path() / "out", err = folder.path() / "err";
  const std::string program = STARLING_BIN_DIR "/starling-lab";
  std::vector<std::string> arguments{program, "trace"};
  arguments.insert(arguments.end(), words.begin(), words.end());
  std::vector<char*> argv;
  for (std::string& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  const pid_t child = ::fork();
  if (child == 0) {
    const int files[] = {::open(out.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600),
                         ::open(err.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600)};
    ::dup2(files[0], STDOUT_FILENO);
    ::dup2(files[1], STDERR_FILENO);
    ::execv(program.c_str(), argv.data());
    ::_exit(127);
  }
  int status = 0;
  rusage usage{};
  EXPECT_EQ(::wait4(child, &status, 0, &usage), child);
  return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, usage.ru_maxrss * 1024LL,
          read_file(out).value_or(""), read_file(err).value_or("")};
}

class TraceBoundsTest : public testing::Test {
 protected:
  /// A file of this length that takes no room: zeros after the text.
  std::string sparse(const std::string& name, const std::string& text, std::uintmax_t bytes) {
    const std::string path = folder_.write(name, text);
    std::filesystem::resize_file(path, bytes);
    return path;
  }
  /// Expects the one-line error of an import of the file.
  void expect_refused(const std::string& path, const std::string& reason) {
    const Cost cost = run_trace(folder_, {"import", path});
    EXPECT_EQ(cost.exit_code, 1);
    EXPECT_THAT(cost.err,
                AllOf(HasSubstr("starling-lab trace import: " + path), HasSubstr(reason)));
    EXPECT_EQ(std::count(cost.err.begin(), cost.err.end(), '\n'), 1) << cost.err;
    EXPECT_LT(cost.memory_bytes, kMemoryMax);
  }

  TemporaryFolder folder_;
};

TEST_F(TraceBoundsTest, ALineOfAGigabyte) {
  expect_refused(sparse("line.csv", "timestamp,workload,value\n0,a,1\n60,", 1 << 30),
                 ":3: a line of more than 4194304 bytes");
  expect_refused(
      sparse("answer.json", R"({"status":"success","data":{"resultType":"matrix",)", 1 << 30),
      "a Prometheus answer of more than 32Mi");
}

TEST_F(TraceBoundsTest, AGzipFileWithoutAnEnd) {
  // One member of 64 MiB again and again, 64 GiB in all: it is left after the first few.
  const std::string member_path = (folder_.path() / "member.gz").string();
  gzFile member = ::gzopen(member_path.c_str(), "wb9");
  const std::string rows(1 << 20, '\n');
  for (int i = 0; i < 64; ++i) ::gzwrite(member, rows.data(), static_cast<unsigned>(rows.size()));
  ::gzclose(member);
  const auto bytes = read_file(member_path);
  ASSERT_TRUE(bytes);
  const std::string path = folder_.write("endless.csv.gz", "");
  std::ofstream endless(path, std::ios::binary);
  for (int i = 0; i < 1000; ++i) endless << *bytes;
  endless.close();
  expect_refused(path, "unpacks to more than 500 times its size");
}

TEST_F(TraceBoundsTest, AMillionWorkloads) {
  std::string text = "timestamp,workload,value\n";
  for (int i = 0; i < 1'000'000; ++i) text += fmt::format("0,name-{},1\n", i);
  const std::string path = folder_.write("names.csv", text);
  expect_refused(path, "more than 50000 workloads");
  expect_refused(path, "--max-workloads");
}

TEST_F(TraceBoundsTest, TheBoundsAreTheUsersToRaise) {
  std::string text = "timestamp,workload,value\n";
  for (int i = 0; i < 60'000; ++i) text += fmt::format("0,n{0},1\n60,n{0},2\n", i);
  const std::string path = folder_.write("names.csv", text);
  const Cost cost = run_trace(folder_, {"import", path, "--max-workloads", "60k", "-o", "json"});
  EXPECT_EQ(cost.exit_code, 0) << cost.err;
  EXPECT_THAT(cost.out, HasSubstr("\"workloads\": 60000"));
  EXPECT_LT(cost.memory_bytes, kMemoryMax);
  const Cost lower = run_trace(folder_, {"list", path, "--max-rows", "1k"});
  EXPECT_EQ(lower.exit_code, 1);
  EXPECT_THAT(lower.err, HasSubstr("more than 1000 rows"));
  const Cost late = run_trace(folder_, {"describe", path, "--max-time", "0s"});
  EXPECT_THAT(late.err, HasSubstr("raise --max-time"));
  const Cost wrong = run_trace(folder_, {"import", path, "--max-points", "lots"});
  EXPECT_THAT(wrong.err, HasSubstr("--max-points 'lots': expected"));
}

}  // namespace
}  // namespace starling::system_test
