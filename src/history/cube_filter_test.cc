#include "history/cube_filter.h"

#include <gmock/gmock.h>
#include <rapidcheck/gtest.h>

namespace starling::history {
namespace {

using testing::HasSubstr;

std::string error_of(std::string_view text) {
  const auto filter = parse_filter(text);
  return filter ? "no error" : filter.error().message;
}

TEST(CubeFilter, ReadsAConjunction) {
  const auto filter =
      parse_filter("tenant=demo and model in (a, 'it''s b') and cloud!=aws and hour_of_day>=9");
  ASSERT_TRUE(filter) << filter.error().message;
  ASSERT_EQ(filter->terms.size(), 4u);
  EXPECT_EQ(filter->terms[0],
            (FilterTerm{find_dimension("tenant"), Compare::kEqual, {Key("demo")}}));
  EXPECT_EQ(filter->terms[1],
            (FilterTerm{find_dimension("model"), Compare::kIn, {Key("a"), Key("it's b")}}));
  EXPECT_EQ(filter->terms[2],
            (FilterTerm{find_dimension("cloud"), Compare::kNotEqual, {Key("aws")}}));
  EXPECT_EQ(
      filter->terms[3],
      (FilterTerm{find_dimension("hour_of_day"), Compare::kGreaterEqual, {Key(std::int64_t{9})}}));
}

TEST(CubeFilter, NothingFiltersNothing) {
  EXPECT_TRUE(parse_filter("")->terms.empty());
  EXPECT_TRUE(parse_filter(" \n")->terms.empty());
}

TEST(CubeFilter, TimesAreTheStartOfTheirUnit) {
  const auto filter = parse_filter("day=2026-01-31T12:30 and minute<'2026-01-31 12:30:59'");
  ASSERT_TRUE(filter) << filter.error().message;
  EXPECT_EQ(to_text(*filter), "day=2026-01-31T00:00:00Z and minute<2026-01-31T12:30:00Z");
  // The week of a Sunday began six days before.
  EXPECT_EQ(to_text(*parse_filter("week=2026-02-01")), "week=2026-01-26T00:00:00Z");
}

TEST(CubeFilter, SaysWhereAndWhatWasExpected) {
  EXPECT_THAT(error_of("tennant=demo"), HasSubstr("did you mean 'tenant'?"));
  EXPECT_THAT(error_of("tenant"), HasSubstr("character 7: expected one of"));
  EXPECT_THAT(error_of("tenant="), HasSubstr("expected a value"));
  EXPECT_THAT(error_of("tenant=a or tenant=b"), HasSubstr("expected 'and'"));
  EXPECT_THAT(error_of("tenant=a and"), HasSubstr("expected a dimension"));
  EXPECT_THAT(error_of("model in a"), HasSubstr("expected '('"));
  EXPECT_THAT(error_of("model in (a"), HasSubstr("expected ',' or ')'"));
  EXPECT_THAT(error_of("model not = a"), HasSubstr("expected 'in' after 'not'"));
  EXPECT_THAT(error_of("model='a"), HasSubstr("closing quote"));
  EXPECT_THAT(error_of("model<a"), HasSubstr("model is a text"));
  EXPECT_THAT(error_of("hour_of_day=noon"), HasSubstr("a whole number"));
  EXPECT_THAT(error_of("hour=yesterday"), HasSubstr("is not a time"));
  EXPECT_THAT(error_of("day=9999-01-01"), HasSubstr("is not a time"));
  EXPECT_EQ(parse_filter(std::string(kFilterBytesMax + 1, ' ')).error().code, ErrorCode::kTooLarge);
}

rc::Gen<Key> a_key(const Dimension& dimension) {
  if (dimension.type == KeyType::kText)
    return rc::gen::map(rc::gen::arbitrary<std::string>(),
                        [](std::string t) { return Key(std::move(t)); });
  const std::int64_t unit = dimension.type == KeyType::kTime ? dimension.unit.count() : 1;
  const std::int64_t origin = dimension.type == KeyType::kTime ? dimension.origin.count() : 0;
  return rc::gen::map(rc::gen::inRange<std::int64_t>(0, 2000),
                      [=](std::int64_t n) { return Key(origin + n * unit); });
}

FilterTerm any_term() {
  const Dimension dimension =
      *rc::gen::elementOf(std::vector<Dimension>(dimensions().begin(), dimensions().end()));
  FilterTerm term{find_dimension(dimension.name), Compare::kEqual, {}};
  const bool text = term.dimension->type == KeyType::kText;
  term.compare = *rc::gen::suchThat(
      rc::gen::map(rc::gen::inRange(0, 8), [](int i) { return static_cast<Compare>(i); }),
      [&](Compare c) {
        return !text || c == Compare::kEqual || c == Compare::kNotEqual || c >= Compare::kIn;
      });
  const int values = term.compare >= Compare::kIn ? *rc::gen::inRange(1, 5) : 1;
  for (int i = 0; i < values; ++i) term.values.push_back(*a_key(*term.dimension));
  return term;
}

RC_GTEST_PROP(CubeFilter, TextAndFilterAreTheSame, ()) {
  Filter filter;
  for (int n = *rc::gen::inRange(0, 5); n > 0; --n) filter.terms.push_back(any_term());
  const auto again = parse_filter(to_text(filter));
  RC_ASSERT(again.has_value());
  RC_ASSERT(*again == filter);
}

RC_GTEST_PROP(CubeFilter, AnyTextIsAFilterOrAnError, (const std::string& text)) {
  const auto filter = parse_filter(text);
  if (filter) RC_ASSERT(parse_filter(to_text(*filter)) == *filter);
}

}  // namespace
}  // namespace starling::history
