// Cells as RFC 4180 has them, and any cells through a line and back.
#include "base/csv.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace starling {
namespace {

using Cells = std::vector<std::string>;

TEST(Csv, AQuotedCellMayHoldDelimitersAndDoubledQuotes) {
  EXPECT_EQ(csv_cells(R"(aaa,"b,bb","c""cc",)"), (Cells{"aaa", "b,bb", "c\"cc", ""}));
  EXPECT_EQ(csv_cells("a;b,c", ';'), (Cells{"a", "b,c"}));
  EXPECT_EQ(csv_cells(""), Cells{""});
}

TEST(Csv, OnlyWhatWouldBreakTheRowIsQuoted) {
  EXPECT_EQ(csv_cell("plain text"), "plain text");
  EXPECT_EQ(csv_cell("a,b"), "\"a,b\"");
  EXPECT_EQ(csv_cell("say \"so\""), "\"say \"\"so\"\"\"");
  EXPECT_EQ(csv_cell("two\nlines"), "\"two\nlines\"");
}

RC_GTEST_PROP(Csv, WhatIsWrittenIsReadBack, ()) {
  const auto cells = *rc::gen::nonEmpty(rc::gen::container<Cells>(
      rc::gen::container<std::string>(rc::gen::element('a', ' ', ',', '"', '\n', '\r', ';'))));
  std::string line;
  for (const auto& cell : cells) line += (&cell == cells.data() ? "" : ",") + csv_cell(cell);
  RC_ASSERT(csv_cells(line) == cells);
}

}  // namespace
}  // namespace starling
