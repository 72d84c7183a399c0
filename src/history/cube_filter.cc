#include "history/cube_filter.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

namespace starling::history {
namespace {

// Longer operators first: "<=" must not be read as "<".
constexpr std::array<std::pair<std::string_view, Compare>, 6> kSymbols{
    {{"!=", Compare::kNotEqual},
     {"<=", Compare::kLessEqual},
     {">=", Compare::kGreaterEqual},
     {"=", Compare::kEqual},
     {"<", Compare::kLess},
     {">", Compare::kGreater}}};

bool is_word_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("_-.:/+@").find(c) != std::string_view::npos;
}

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  Result<Filter> filter() {
    Filter filter;
    skip_blanks();
    if (at_end()) return filter;
    for (;;) {
      auto term = this->term();
      if (!term) return fail(term.error());
      filter.terms.push_back(std::move(*term));
      skip_blanks();
      if (at_end()) return filter;
      if (!keyword("and")) return expected("'and', or the end (for alternatives: model in (a, b))");
    }
  }

 private:
  bool at_end() const { return at_ == text_.size(); }

  void skip_blanks() {
    while (!at_end() && std::string_view(" \t\r\n").find(text_[at_]) != std::string_view::npos)
      ++at_;
  }

  tl::unexpected<Error> expected(std::string_view what) const {
    return fail(ErrorCode::kInvalid, "filter, character {}: expected {}, found {}", at_ + 1, what,
                at_end() ? "the end" : fmt::format("'{}'", text_.substr(at_, 20)));
  }

  /// The next word without taking it.
  std::string_view peek_word() {
    skip_blanks();
    std::size_t end = at_;
    while (end < text_.size() && is_word_character(text_[end])) ++end;
    return text_.substr(at_, end - at_);
  }

  bool keyword(std::string_view word) {
    if (peek_word() != word) return false;
    at_ += word.size();
    return true;
  }

  bool symbol(std::string_view symbol) {
    skip_blanks();
    if (text_.substr(at_, symbol.size()) != symbol) return false;
    at_ += symbol.size();
    return true;
  }

  Result<Compare> compare() {
    for (const auto& [text, compare] : kSymbols) {
      if (symbol(text)) return compare;
    }
    if (keyword("in")) return Compare::kIn;
    if (keyword("not")) {
      if (keyword("in")) return Compare::kNotIn;
      return expected("'in' after 'not'");
    }
    return expected("one of = != < <= > >= in, not in");
  }

  Result<std::string> value_text() {
    if (!symbol("'")) {
      const std::string word(peek_word());
      if (word.empty()) return expected("a value (quote it where it holds blanks: 'my model')");
      at_ += word.size();
      return word;
    }
    std::string value;
    for (;;) {
      const std::size_t quote = text_.find('\'', at_);
      if (quote == std::string_view::npos) return expected("a closing quote");
      value += text_.substr(at_, quote - at_);
      at_ = quote + 1;
      if (at_end() || text_[at_] != '\'') return value;
      value += '\'';
      ++at_;
    }
  }

  Result<Key> value(const Dimension& dimension) {
    skip_blanks();
    const std::size_t begin = at_;
    auto text = value_text();
    if (!text) return fail(text.error());
    switch (dimension.type) {
      case KeyType::kText:
        return Key(std::move(*text));
      case KeyType::kTime: {
        const auto time = parse_iso8601(*text);
        if (!time) return fail(time.error());
        return Key(key_of_index(dimension, time_index(dimension, *time)));
      }
      case KeyType::kInteger:
        break;
    }
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), number);
    if (error == std::errc() && end == text->data() + text->size()) return Key(number);
    at_ = begin;
    return expected(fmt::format("a whole number for {} ({})", dimension.name, dimension.meaning));
  }

  Result<FilterTerm> term() {
    const std::string_view name = peek_word();
    if (name.empty()) return expected("a dimension such as tenant, model, cloud or hour_of_day");
    const auto dimension = dimension_named(name);
    if (!dimension) return fail(dimension.error());
    at_ += name.size();
    skip_blanks();
    const std::size_t operator_at = at_;
    const auto compare = this->compare();
    if (!compare) return fail(compare.error());
    FilterTerm term{*dimension, *compare, {}};
    const bool list = *compare == Compare::kIn || *compare == Compare::kNotIn;
    const bool ordered = !list && *compare != Compare::kEqual && *compare != Compare::kNotEqual;
    if (ordered && (*dimension)->type == KeyType::kText) {
      at_ = operator_at;
      return expected(fmt::format("one of = != in, not in: {} is a text", name));
    }
    if (list && !symbol("(")) return expected("'(' and a list such as (a, b)");
    do {
      auto value = this->value(**dimension);
      if (!value) return fail(value.error());
      term.values.push_back(std::move(*value));
    } while (list && symbol(","));
    if (list && !symbol(")")) return expected("',' or ')'");
    return term;
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

std::string value_text(const Dimension& dimension, const Key& key) {
  if (const auto* number = std::get_if<std::int64_t>(&key)) {
    return dimension.type == KeyType::kTime ? iso8601(TimePoint{Duration{*number}})
                                            : std::to_string(*number);
  }
  std::string quoted = "'";
  for (const char c : std::get<std::string>(key)) {
    if (c == '\'') quoted += c;
    quoted += c;
  }
  return quoted + "'";
}

std::string_view symbol_of(Compare compare) {
  if (compare == Compare::kIn) return " in ";
  if (compare == Compare::kNotIn) return " not in ";
  return std::find_if(kSymbols.begin(), kSymbols.end(),
                      [&](const auto& entry) { return entry.second == compare; })
      ->first;
}

}  // namespace

Result<Filter> parse_filter(std::string_view text) {
  if (text.size() > kFilterBytesMax) {
    return fail(ErrorCode::kTooLarge, "the filter is longer than {} bytes", kFilterBytesMax);
  }
  return Parser(text).filter();
}

std::string to_text(const Filter& filter) {
  std::string text;
  for (const auto& term : filter.terms) {
    std::vector<std::string> values;
    for (const auto& value : term.values) values.push_back(value_text(*term.dimension, value));
    const bool list = term.compare == Compare::kIn || term.compare == Compare::kNotIn;
    text += fmt::format("{}{}{}{}{}{}", text.empty() ? "" : " and ", term.dimension->name,
                        symbol_of(term.compare), list ? "(" : "", fmt::join(values, ", "),
                        list ? ")" : "");
  }
  return text;
}

}  // namespace starling::history
