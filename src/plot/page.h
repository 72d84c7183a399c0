// A self-contained HTML page of text, charts and tables: one file that needs no network.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "base/result.h"
#include "plot/scripts.h"

namespace starling {

/// A part of a page: a heading, a paragraph, and a chart where `chart` is a Vega-Lite specification
/// (plot/charts.h makes the common ones; https://vega.github.io/vega-lite/docs/spec.html).
struct Section {
  std::string title;
  std::string text = {};
  nlohmann::json chart = nullptr;
};

struct PageColumn {
  std::string title;
  bool number = false;    // set to the right, in digits of one width
  std::string help = {};  // shown when the pointer rests on the title
};

struct PageTable {
  std::string title;
  std::string text = {};
  std::vector<PageColumn> columns;
  std::vector<std::vector<std::string>> rows;
};

/// Collects the parts of one page in order. Texts are plain text: names from users' files are
/// escaped wherever they appear, so a workload called `</script>` is harmless. A policy in the page
/// forbids the browser every connection.
class Page {
 public:
  explicit Page(std::string title, std::string subtitle = {})
      : title_(std::move(title)), subtitle_(std::move(subtitle)) {}

  Page& add(const Section& section);
  Page& table(const PageTable& table);

  /// The whole page with the drawing scripts in it (about 0.9 MB). Errors: the scripts are missing.
  Result<std::string> html() const;
  /// The same with scripts given; only a page with a chart carries them.
  std::string html(const PlotScripts& scripts) const;

 private:
  std::string title_;
  std::string subtitle_;
  std::string body_;
  int charts_ = 0;
};

/// The text as HTML shows it: & < > " and ' are escaped, control characters become U+FFFD.
std::string html_escaped(std::string_view text);

}  // namespace starling
