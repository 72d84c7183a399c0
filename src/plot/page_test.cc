// Pages: complete in themselves, and safe whatever names the user's files hold.
#include "plot/page.h"

#include <gmock/gmock.h>
#include <rapidcheck/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "plot/charts.h"

namespace starling {
namespace {

using testing::HasSubstr;
using testing::Not;

int count(const std::string& text, const std::string& part) {
  int found = 0;
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
  return found;
}

/// The specification of the page's only chart, as the browser's parser hands it to the script.
nlohmann::json only_spec(const std::string& html) {
  const std::string opening = "id=\"spec-0\">";
  const auto begin = html.find(opening) + opening.size();
  return nlohmann::json::parse(html.substr(begin, html.find("</script>", begin) - begin));
}

TEST(Page, HostileNamesCannotLeaveTheirPlace) {
  const std::string name = "</script><script>alert(1)</script><!--<script>\"'&";
  Page page(name, name);
  page.add({.title = name, .text = name, .chart = bar_chart({.names = {name}, .values = {1}})});
  page.table({.title = name, .columns = {{.title = name, .help = name}}, .rows = {{name}}});
  const std::string html = page.html(PlotScripts{.code = "/*code*/", .notices = name});
  EXPECT_THAT(html, Not(HasSubstr("alert(1)</script>")));
  EXPECT_THAT(html, Not(HasSubstr("<!--")));
  EXPECT_EQ(count(html, "<script"), 3);  // one specification, the libraries, the drawing
  EXPECT_EQ(count(html, "</script>"), 3);
  EXPECT_EQ(only_spec(html)["data"]["values"][0]["name"], name);
}

RC_GTEST_PROP(Page, AnyTextComesBackFromTheSpecification, (const std::string& text)) {
  // Bytes that are no UTF-8 are replaced, so the property is of ASCII.
  std::string ascii;
  for (const char c : text) ascii += static_cast<char>(c & 0x7f);
  Page page("t");
  page.add({.title = "s", .chart = {{"title", ascii}}});
  RC_ASSERT(only_spec(page.html(PlotScripts{}))["title"] == ascii);
}

TEST(Page, InvalidUtf8IsReplaced) {
  Page page("t");
  page.add({.title = "s", .chart = {{"title", "a\xff"}}});
  EXPECT_EQ(only_spec(page.html(PlotScripts{}))["title"], "a\xEF\xBF\xBD");
}

TEST(Page, CarriesItsScriptsAndTheirLicencesAndNoAddressToLoadFrom) {
  Page page("Requests");
  page.add({.title = "One", .chart = line_chart({.x = {0, 1}, .lines = {{"a", {1, 2}}}})});
  const auto html = page.html();
  ASSERT_TRUE(html) << html.error().message;
  EXPECT_THAT(*html, HasSubstr("vegaEmbed"));
  EXPECT_THAT(*html, HasSubstr("Redistribution and use in source and binary forms"));
  EXPECT_THAT(*html, HasSubstr("default-src 'none'"));
  EXPECT_THAT(*html, Not(HasSubstr("<script src")));
  EXPECT_THAT(*html, Not(HasSubstr("<link")));
  EXPECT_EQ(count(*html, "</script>"), 3) << "a library's text must not end its own element";
}

TEST(Page, WithoutChartsNeedsNoScripts) {
  Page page("Table");
  page.table({.title = "T", .columns = {{"a"}, {"b", true}}, .rows = {{"x", "1"}}});
  const auto html = page.html();
  ASSERT_TRUE(html);
  EXPECT_THAT(*html, Not(HasSubstr("<script")));
  EXPECT_THAT(*html, HasSubstr("<td class=\"n\">1</td>"));
}

TEST(Page, MissingScriptsAreNamed) {
  const auto scripts = load_plot_scripts("/nonexistent");
  ASSERT_FALSE(scripts);
  EXPECT_THAT(scripts.error().message, HasSubstr("/nonexistent/vega.min.js"));
}

}  // namespace
}  // namespace starling
