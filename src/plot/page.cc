#include "plot/page.h"

#include <fmt/format.h>

namespace starling {
namespace {

// Nothing may be fetched and nothing sent: only what the file itself holds runs. Vega compiles its
// expressions, hence unsafe-eval; images are what "save as PNG" makes.
constexpr std::string_view kPolicy =
    "default-src 'none'; script-src 'unsafe-inline' 'unsafe-eval'; style-src 'unsafe-inline'; "
    "img-src data: blob:";

constexpr std::string_view kStyle = R"css(
:root { --ink: #1d2733; --soft: #5b6775; --rule: #dfe4ea; --paper: #ffffff; --desk: #f4f6f8; }
* { box-sizing: border-box; }
body { margin: 0; background: var(--desk); color: var(--ink);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; }
main { max-width: 1180px; margin: 0 auto; padding: 28px 20px 60px; }
h1 { font-size: 26px; line-height: 1.2; margin: 0; overflow-wrap: anywhere; }
h2 { font-size: 17px; margin: 0 0 4px; overflow-wrap: anywhere; }
p { margin: 0; color: var(--soft); max-width: 88ch; white-space: pre-line; }
header { margin-bottom: 22px; }
header p { margin-top: 6px; }
section { background: var(--paper); border: 1px solid var(--rule); border-radius: 8px;
  padding: 18px 20px; margin-bottom: 18px; overflow-x: auto; }
.chart { width: 100%; margin-top: 12px; }
.chart-wrapper:has(.vega-bind) { display: flex; flex-direction: column; }
.vega-bindings { order: -1; display: flex; gap: 24px; margin-bottom: 12px; font-size: 13px; }
table { border-collapse: collapse; margin-top: 12px; font-size: 13px; width: 100%; }
th, td { text-align: left; padding: 4px 10px; border-bottom: 1px solid var(--rule); white-space: nowrap; }
th { color: var(--soft); font-weight: 600; }
table.wide { font-size: 12px; }
.wide th, .wide td { padding: 4px 6px; }
.wide th { white-space: normal; vertical-align: bottom; }
th[title] { cursor: help; text-decoration: underline dotted #b7c0ca; text-underline-offset: 3px; }
td:first-child { max-width: 34ch; overflow: hidden; text-overflow: ellipsis; }
.n { text-align: right; font-variant-numeric: tabular-nums; }
tbody tr:hover { background: #f7f9fb; }
details { color: var(--soft); font-size: 12px; }
pre { white-space: pre-wrap; }
@media print { body { background: none; } section { break-inside: avoid; } }
)css";

// One look for all charts; a chart's own specification may still say otherwise.
constexpr std::string_view kDraw = R"js(
const theme = {
  font: 'system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif',
  view: { stroke: null },
  bar: { color: '#2f6fb0' },
  axis: { labelColor: '#5b6775', titleColor: '#5b6775', titleFontWeight: 'normal', labelFontSize: 11,
    titleFontSize: 12, gridColor: '#e9edf1', labelSeparation: 8, domainColor: '#c3cad2', tickColor: '#c3cad2' },
  legend: { labelColor: '#1d2733', titleColor: '#5b6775', titleFontWeight: 'normal', labelFontSize: 12 },
  title: { color: '#1d2733', fontSize: 12, fontWeight: 600, anchor: 'start', offset: 6 },
  range: { category: ['#2f6fb0', '#d9822b', '#3a9a6b', '#b5485d', '#7a5fb0', '#8a6d4b', '#c46ba5',
    '#6f7b87', '#a8a13a', '#2a9db0'], heatmap: { scheme: 'tealblues' } },
};
for (const place of document.querySelectorAll('.chart')) {
  const spec = JSON.parse(document.getElementById(place.dataset.spec).textContent);
  vegaEmbed(place, spec, { config: theme, actions: { export: true, source: false, compiled: false, editor: false } })
    .catch(error => { place.textContent = 'This chart cannot be drawn: ' + error.message; });
}
)js";

/// JSON inside <script>: no '<' is left that could end the element or open a comment.
std::string script_json(const nlohmann::json& value) {
  const std::string plain = value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  std::string safe;
  safe.reserve(plain.size());
  for (const char c : plain) c == '<' ? safe.append("\\u003c") : safe.append(1, c);
  return safe;
}

std::string heading(const std::string& title, const std::string& text) {
  std::string html = fmt::format("<h2>{}</h2>\n", html_escaped(title));
  if (!text.empty()) html += fmt::format("<p>{}</p>\n", html_escaped(text));
  return html;
}

std::string cell(std::string_view tag, const PageColumn& column, const std::string& text) {
  const bool heads = tag == "th";
  const std::string help = heads && !column.help.empty()
                               ? fmt::format(" title=\"{}\"", html_escaped(column.help))
                               : std::string();
  return fmt::format("<{0}{1}{2}>{3}</{0}>", tag, column.number ? " class=\"n\"" : "", help,
                     html_escaped(text));
}

}  // namespace

std::string html_escaped(std::string_view text) {
  std::string safe;
  safe.reserve(text.size());
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    switch (c) {
      case '&':
        safe += "&amp;";
        break;
      case '<':
        safe += "&lt;";
        break;
      case '>':
        safe += "&gt;";
        break;
      case '"':
        safe += "&quot;";
        break;
      case '\'':
        safe += "&#39;";
        break;
      default:
        if ((byte < 0x20 && c != '\n') || byte == 0x7f) {
          safe += "\xEF\xBF\xBD";
        } else {
          safe += c;
        }
    }
  }
  return safe;
}

Page& Page::add(const Section& section) {
  body_ += "<section>\n" + heading(section.title, section.text);
  if (!section.chart.is_null()) {
    body_ += fmt::format(
        "<div class=\"chart\" data-spec=\"spec-{0}\"></div>\n"
        "<script type=\"application/json\" id=\"spec-{0}\">{1}</script>\n",
        charts_++, script_json(section.chart));
  }
  body_ += "</section>\n";
  return *this;
}

Page& Page::table(const PageTable& table) {
  constexpr std::size_t kWide = 10;  // columns, from which on they stand closer
  body_ += fmt::format("<section>\n{}<table{}>\n<thead><tr>", heading(table.title, table.text),
                       table.columns.size() > kWide ? " class=\"wide\"" : "");
  for (const PageColumn& column : table.columns) body_ += cell("th", column, column.title);
  body_ += "</tr></thead>\n<tbody>\n";
  for (const auto& row : table.rows) {
    body_ += "<tr>";
    for (std::size_t i = 0; i < row.size() && i < table.columns.size(); ++i) {
      body_ += cell("td", table.columns[i], row[i]);
    }
    body_ += "</tr>\n";
  }
  body_ += "</tbody>\n</table>\n</section>\n";
  return *this;
}

Result<std::string> Page::html() const {
  if (charts_ == 0) return html(PlotScripts{});
  const auto scripts = load_plot_scripts(plot_scripts_folder());
  if (!scripts) return fail(scripts.error());
  return html(*scripts);
}

std::string Page::html(const PlotScripts& scripts) const {
  const std::string title = html_escaped(title_);
  std::string page = fmt::format(
      "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"{}\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<title>{}</title>\n<style>{}</style>\n</head>\n<body>\n<main>\n"
      "<header>\n<h1>{}</h1>\n<p>{}</p>\n</header>\n",
      kPolicy, title, kStyle, title, html_escaped(subtitle_));
  page += body_;
  if (charts_ > 0) {
    page += fmt::format(
        "<details><summary>Charts drawn by Vega, Vega-Lite and Vega-Embed; their "
        "licences</summary><pre>{}</pre></details>\n</main>\n<script>",
        html_escaped(scripts.notices));
    page += scripts.code;
    page += fmt::format("</script>\n<script>{}</script>\n", kDraw);
  } else {
    page += "</main>\n";
  }
  page += "</body>\n</html>\n";
  return page;
}

}  // namespace starling
