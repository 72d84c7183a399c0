// starling cube: measures of the whole fleet's history along time, place and model.
#include <cstdio>

#include "apps/cli/commands.h"
#include "apps/cli/cube_parquet.h"
#include "apps/cli/cube_plot.h"
#include "apps/cli/cube_table.h"
#include "base/file.h"

namespace starling::cli {
namespace {

using Json = nlohmann::json;

constexpr std::string_view kParquet = "parquet:";

struct CubeOptions {
  Common common;
  std::vector<std::string> measures, rows, columns, drills;
  std::string where, since = "24h", until, plot;
  int limit = 1000;
  bool rollup = false;
  bool list = false;
};

Json question_of(const CubeOptions& options) {
  Json question{{"measures", options.measures}, {"rows", options.rows},
                {"columns", options.columns},   {"where", options.where},
                {"since", options.since},       {"drill", options.drills},
                {"rollup", options.rollup},     {"limit", options.limit}};
  if (!options.until.empty()) question["until"] = options.until;
  return question;
}

/// What a reader must know of the answer beside its numbers.
void warn(const Json& answer) {
  for (const Json& node : answer.at("missing")) {
    fmt::print(stderr, "partial: without node {}: {}\n", node.at("node").get<std::string>(),
               node.at("reason").get<std::string>());
  }
  if (answer.at("truncated").get<bool>()) {
    fmt::print(stderr, "only {} of {} rows: ask for more with --limit\n", answer.at("table").size(),
               answer.at("rows_total").get<std::int64_t>());
  }
}

void print_list(const CubeOptions& options) {
  const auto catalogue = fleet_of(options.common).call("GET", "/v1/cube/measures");
  if (!catalogue) stop_with(catalogue.error());
  if (options.common.output == "json") return fmt::print("{}\n", catalogue->dump(2));
  fmt::print("{}", cube_catalogue(*catalogue));
}

Status write_plot(const CubeOptions& options, const Json& answer) {
  const auto subtitle = fmt::format("{} to {}{}{}", answer.at("since").get<std::string>(),
                                    answer.at("until").get<std::string>(),
                                    options.where.empty() ? "" : ", where ", options.where);
  const auto page = cube_page(answer, subtitle);
  if (!page) return fail(page.error());
  return write_file_atomically(options.plot, *page);
}

void run_cube(const CubeOptions& options) {
  if (options.list) return print_list(options);
  if (options.measures.empty()) {
    stop_usage("say what to show: --measures requests,p99_latency (--list shows all of them)");
  }
  const auto answer = fleet_of(options.common).call("POST", "/v1/cube", question_of(options));
  if (!answer) stop_with(answer.error());
  warn(*answer);
  if (!options.plot.empty()) {
    if (auto status = write_plot(options, *answer); !status) stop_with(status.error());
    fmt::print(stderr, "wrote {}\n", options.plot);
  }
  const std::string& output = options.common.output;
  if (output == "json") return fmt::print("{}\n", answer->dump(2));
  if (output == "csv") return fmt::print("{}", cube_csv(*answer));
  if (output.starts_with(kParquet)) {
    const std::string file = output.substr(kParquet.size());
    if (auto status = write_parquet(*answer, file); !status) stop_with(status.error());
    return fmt::print(stderr, "wrote {}\n", file);
  }
  fmt::print("{}", cube_table(*answer));
}

std::string known_output(const std::string& output) {
  const bool parquet = output.starts_with(kParquet) && output.size() > kParquet.size();
  if (parquet || output == "table" || output == "json" || output == "csv") return "";
  return fmt::format("'{}' is none of table, json, csv, parquet:FILE", output);
}

}  // namespace

void add_cube_command(CLI::App& app) {
  auto* command = app.add_subcommand(
      "cube", "Measures of the whole fleet's history along time, place and model");
  auto options = std::make_shared<CubeOptions>();
  const auto names = [&](const char* flag, std::vector<std::string>& into, const char* help) {
    command->add_option(flag, into, help)->delimiter(',')->allow_extra_args(false);
  };
  names("--measures", options->measures, "What to show, such as requests,cost,p99_latency");
  names("--rows", options->rows, "Dimensions of the lines, such as cloud,model");
  names("--columns", options->columns, "Dimensions of the columns (pivot), such as hour");
  command->add_option("--where", options->where,
                      "Which part: \"tenant=demo and model in (a, b) and hour_of_day>=9\"");
  command->add_option("--since", options->since, "A duration back from now, or a time in UTC")
      ->capture_default_str();
  command->add_option("--until", options->until, "Likewise; default: now");
  command->add_flag("--rollup", options->rollup, "Subtotals and totals too");
  command
      ->add_option("--drill", options->drills,
                   "cloud=aws: that one only, one level further down (may be repeated)")
      ->allow_extra_args(false);
  command->add_option("--limit", options->limit, "At most so many rows")
      ->check(CLI::Range(1, 10000))
      ->capture_default_str();
  command->add_option("--plot", options->plot, "Also draw it into this HTML file");
  command->add_flag("--list", options->list, "Show all measures and dimensions");
  add_common(*command, options->common, {});
  command->add_option("-o,--output", options->common.output, "table, json, csv, parquet:FILE")
      ->check(CLI::Validator(known_output, ""))
      ->capture_default_str();
  command->footer(
      "Examples:\n"
      "  starling cube --measures requests,slo_attainment,p99_latency --rows model --since 1h\n"
      "  starling cube --measures cost --rows cloud,model --columns day --since 7d --rollup\n"
      "  starling cube --measures cost --rows cloud --drill cloud=aws\n"
      "  starling cube --measures arrival_rate --rows model --columns minute --since 1h "
      "--plot rates.html\n"
      "  starling cube --list\n");
  command->callback([options] { run_cube(*options); });
}

}  // namespace starling::cli
