// Where files may be written, known beforehand.
#include "base/file.h"

#include <gtest/gtest.h>
#include <unistd.h>

namespace starling {
namespace {

TEST(CheckWritable, IsWhatWritingThenDoes) {
  const auto folder =
      std::filesystem::temp_directory_path() / ("starling-file-test-" + std::to_string(::getpid()));
  std::filesystem::create_directories(folder / "taken");
  const struct {
    std::filesystem::path path;
    const char* error;  // what it says; null: it can be written
  } table[] = {
      {folder / "new.csv", nullptr},
      {folder / "missing" / "new.csv", "there is no folder"},
      {folder / "taken", "is a folder"},
      {folder / "taken" / "", "is a folder"},
  };
  for (const auto& row : table) {
    const Status checked = check_writable(row.path);
    EXPECT_EQ(checked.has_value(), row.error == nullptr) << row.path;
    EXPECT_EQ(write_file_atomically(row.path, "x").has_value(), row.error == nullptr) << row.path;
    if (row.error == nullptr) continue;
    EXPECT_NE(checked.error().message.find(row.error), std::string::npos)
        << checked.error().message;
  }
  EXPECT_TRUE(check_writable("beside-the-program").has_value());
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace starling
