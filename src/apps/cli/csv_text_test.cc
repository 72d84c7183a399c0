// What programs read of a query's answer.
#include "apps/cli/csv_text.h"

#include <gtest/gtest.h>

namespace starling::cli {
namespace {

TEST(CsvText, AQuerysAnswerHasExactValuesAndEmptyCells) {
  const auto result = nlohmann::json::parse(R"({
    "columns": ["model", "p99, ms", "count"],
    "rows": [["digits", 35.962345678, 44], ["a \"b\"", null, 0]],
    "truncated": false})");
  EXPECT_EQ(query_csv(result),
            "model,\"p99, ms\",count\n"
            "digits,35.962345678,44\n"
            "\"a \"\"b\"\"\",,0\n");
}

TEST(CsvText, WithoutRowsItIsTheHeadingsAlone) {
  EXPECT_EQ(query_csv({{"columns", {"one", "two"}}, {"rows", nlohmann::json::array()}}),
            "one,two\n");
}

}  // namespace
}  // namespace starling::cli
