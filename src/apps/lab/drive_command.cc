// starling-lab drive: replays a trace as open-loop traffic against running gateways.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>

#include "apps/lab/commands.h"
#include "apps/lab/drive_client.h"
#include "apps/lab/drive_payload.h"
#include "apps/lab/drive_run.h"
#include "apps/lab/long_run.h"
#include "apps/lab/output_option.h"
#include "apps/lab/refusal.h"
#include "apps/lab/seed_option.h"
#include "base/file.h"
#include "base/json.h"
#include "base/nearest.h"
#include "base/units.h"
#include "trace/read.h"
#include "trace/write.h"

namespace starling::lab {
namespace {

constexpr double kLagWorthSaying_s = 0.005;

struct DriveArguments {
  std::string trace;
  std::vector<std::string> gateways;
  std::string speed = "1x";
  std::string duration;
  std::vector<std::string> models, bodies, slos;
  double rate_scale = 1;
  std::uint64_t seed = 0;
  std::string output = "table";
  std::string record;
};

/// "name=value" texts as a map.
std::map<std::string, std::string> pairs(const std::string& option,
                                         const std::vector<std::string>& texts) {
  std::map<std::string, std::string> result;
  for (const auto& text : texts) {
    const auto equals = text.find('=');
    if (equals == 0 || equals == std::string::npos || equals + 1 == text.size()) {
      refuse(fmt::format("{} '{}': expected model=value", option, text));
    }
    result[text.substr(0, equals)] = text.substr(equals + 1);
  }
  return result;
}

double parse_speed(const std::string& text) {
  const std::string number = text.substr(0, text.size() - (text.ends_with('x') ? 1 : 0));
  char* end = nullptr;
  const double speed = std::strtod(number.c_str(), &end);
  if (number.empty() || *end != '\0' || !(speed > 0 && speed <= 1e6)) {
    refuse(fmt::format("--speed '{}': expected a factor such as 60x", text));
  }
  return speed;
}

/// A body for the model from a file, or made from what a gateway says of its inputs.
std::string body_for(const std::string& model, const std::map<std::string, std::string>& files,
                     const DriveArguments& arguments) {
  if (const auto file = files.find(model); file != files.end())
    return value_or_fail(read_file(file->second));
  std::string last;
  for (const auto& gateway : arguments.gateways) {
    const auto answer = http_get(gateway + "/v2/models/" + model, 10s);
    if (!answer) {
      last = answer.error().message;
      continue;
    }
    const auto metadata = parse_json(*answer);
    auto body = random_payload(metadata, Rng(arguments.seed));
    if (body) return *body;
    last = body.error().message;
  }
  refuse(fmt::format("model '{}': {}; state its request with --body {}=request.json", model, last,
                     model));
}

std::vector<DriveModel> plan(const DriveArguments& arguments, const std::vector<Series>& trace,
                             double speed) {
  std::vector<std::string> workloads;
  for (const auto& series : trace) workloads.push_back(series.workload);
  auto wanted = pairs("--models", arguments.models);
  if (wanted.empty()) {
    for (const auto& workload : workloads) wanted[workload] = workload;
  }
  const auto bodies = pairs("--body", arguments.bodies);
  const auto slos = pairs("--slo", arguments.slos);
  for (const auto* given : {&bodies, &slos}) {
    for (const auto& [model, value] : *given) {
      if (!wanted.contains(model))
        refuse(fmt::format("'{}={}': no such model is driven", model, value));
    }
  }
  std::vector<DriveModel> models;
  for (const auto& [model, workload] : wanted) {
    const auto at = std::find(workloads.begin(), workloads.end(), workload);
    if (at == workloads.end()) {
      refuse(fmt::format("{}: no workload '{}'{}", arguments.trace, workload,
                         did_you_mean(workload, workloads)));
    }
    DriveModel one;
    one.name = model;
    one.plan = plan_rates(trace[static_cast<std::size_t>(at - workloads.begin())], speed,
                          arguments.rate_scale);
    one.body = body_for(model, bodies, arguments);
    if (const auto slo = slos.find(model); slo != slos.end())
      one.slo = value_or_fail(parse_duration(slo->second));
    models.push_back(std::move(one));
  }
  return models;
}

/// Share of the requests sent that met the SLO; those still open at an interruption are left out.
double attainment(const DriveTally& tally) {
  const std::uint64_t settled = tally.sent - tally.unfinished;
  return settled == 0 ? 1 : static_cast<double>(tally.met_slo) / static_cast<double>(settled);
}

void print_table(const std::vector<DriveModel>& models, const DriveReport& report) {
  fmt::print("{:<16} {:>9} {:>8} {:>8} {:>9} {:>9} {:>9} {:>9}\n", "MODEL", "REQUESTS", "FAILED",
             "RETRIED", "P50", "P95", "P99", "SLO MET");
  for (std::size_t i = 0; i < models.size(); ++i) {
    const auto& tally = report.models[i];
    fmt::print("{:<16} {:>9} {:>8} {:>8} {:>6.1f} ms {:>6.1f} ms {:>6.1f} ms {:>9}\n",
               models[i].name, tally.sent, tally.failed, tally.retried,
               tally.latency.quantile(0.5) * 1e3, tally.latency.quantile(0.95) * 1e3,
               tally.latency.quantile(0.99) * 1e3,
               models[i].slo ? fmt::format("{:.2f} %", 100 * attainment(tally)) : "-");
  }
}

void print_json(const std::vector<DriveModel>& models, const DriveReport& report) {
  auto rows = nlohmann::json::array();
  for (std::size_t i = 0; i < models.size(); ++i) {
    const auto& tally = report.models[i];
    nlohmann::json row{{"model", models[i].name},
                       {"requests", tally.sent},
                       {"answered", tally.answered},
                       {"failed", tally.failed},
                       {"retried", tally.retried},
                       {"unfinished", tally.unfinished},
                       {"latency_ms",
                        {{"mean", tally.latency.mean() * 1e3},
                         {"p50", tally.latency.quantile(0.5) * 1e3},
                         {"p95", tally.latency.quantile(0.95) * 1e3},
                         {"p99", tally.latency.quantile(0.99) * 1e3}}}};
    if (models[i].slo) row["slo_attainment"] = attainment(tally);
    rows.push_back(std::move(row));
  }
  const nlohmann::json out{
      {"elapsed_s", report.elapsed_s},
      {"send_lag_ms",
       {{"p50", report.lag.quantile(0.5) * 1e3}, {"p99", report.lag.quantile(0.99) * 1e3}}},
      {"models", rows}};
  fmt::print("{}\n", out.dump(2, ' ', false, nlohmann::json::error_handler_t::replace));
}

Status record(const std::string& path, const std::vector<DriveModel>& models,
              const DriveReport& report) {
  std::vector<Series> sent;
  for (std::size_t i = 0; i < models.size(); ++i) {
    Series series;
    series.workload = models[i].name;
    series.step = from_seconds(models[i].plan.step_s);
    // Intervals without a request are known zeros; one that the end cut short is left out.
    const auto whole = static_cast<std::size_t>(report.elapsed_s / models[i].plan.step_s + 1e-9);
    series.values = report.models[i].sent_per_step;
    series.values.resize(whole, 0);
    series.present.assign(whole, 1);
    sent.push_back(std::move(series));
  }
  return write_trace(path, sent, {.form = usual_form(sent)});
}

Duration planned_duration(const DriveArguments& arguments, const std::vector<DriveModel>& models) {
  if (!arguments.duration.empty()) return value_or_fail(parse_duration(arguments.duration));
  double longest_s = 0;
  for (const auto& model : models) {
    longest_s =
        std::max(longest_s, model.plan.step_s * static_cast<double>(model.plan.rate_per_s.size()));
  }
  return from_seconds(longest_s);
}

void run_drive(DriveArguments arguments) {
  for (auto& gateway : arguments.gateways) {
    while (gateway.ends_with('/')) gateway.pop_back();
  }
  if (!arguments.record.empty()) ok_or_fail(check_writable(arguments.record));
  const auto trace = value_or_fail(read_trace(arguments.trace, {.is_demand = true}));
  const auto models = plan(arguments, trace, parse_speed(arguments.speed));
  DriveOptions options;
  options.gateways = arguments.gateways;
  options.duration = planned_duration(arguments, models);
  options.seed = arguments.seed;
  options.animate = isatty(STDERR_FILENO) != 0;

  note_interrupts();
  const auto report = value_or_fail(drive(models, options, interrupted));

  if (interrupted())
    fmt::print(stderr, "interrupted after {:.1f} s: this is what there is so far\n",
               report.elapsed_s);
  for (std::size_t i = 0; i < models.size(); ++i) {
    if (report.models[i].failed > 0)
      fmt::print(stderr, "{}: last failure: {}\n", models[i].name, report.models[i].problem);
  }
  if (report.lag.quantile(0.99) > kLagWorthSaying_s) {
    fmt::print(
        stderr,
        "this machine was too busy to send on time: 1 % of requests left more than {:.1f} ms late "
        "(their latencies include it)\n",
        report.lag.quantile(0.99) * 1e3);
  }
  arguments.output == "json" ? print_json(models, report) : print_table(models, report);
  if (!arguments.record.empty()) {
    if (const Status written = record(arguments.record, models, report); !written)
      refuse(written.error().message);
  }
}

}  // namespace

void add_drive_command(CLI::App& app) {
  auto arguments = std::make_shared<DriveArguments>();
  CLI::App* command =
      app.add_subcommand("drive", "Send a trace's traffic to running gateways, open loop");
  command->add_option("--trace", arguments->trace, "Trace file of requests per interval")
      ->required();
  command->add_option("--gateway", arguments->gateways, "Gateways, comma separated, used in turn")
      ->delimiter(',')
      ->required();
  command->add_option("--speed", arguments->speed, "How much faster the trace's time passes: 60x")
      ->capture_default_str();
  command->add_option("--duration", arguments->duration,
                      "Real time to drive (default: the whole trace)");
  command
      ->add_option("--models", arguments->models,
                   "model=workload, comma separated (default: all workloads)")
      ->delimiter(',');
  command
      ->add_option("--body", arguments->bodies,
                   "model=request.json (default: random, from the model's metadata)")
      ->delimiter(',');
  command->add_option("--slo", arguments->slos, "model=latency, such as digits=150ms")
      ->delimiter(',');
  command->add_option("--rate-scale", arguments->rate_scale, "Factor on the trace's rates")
      ->check(CLI::Range(1e-6, 1e6))
      ->capture_default_str();
  command->add_option("--seed", arguments->seed, "The same seed sends at the same instants")
      ->check(negative_seed)
      ->capture_default_str();
  add_output_option(*command, arguments->output);
  command->add_option("--record", arguments->record,
                      "Write the counts sent per interval as a trace");
  command->footer(
      "Examples:\n"
      "  starling-lab drive --trace day.csv --gateway http://127.0.0.1:8081 --speed 60x\n"
      "  starling-lab drive --trace day.csv --gateway http://127.0.0.1:8081,http://127.0.0.1:8082 "
      "--models digits=m0,tones=m1 --slo digits=150ms --duration 5m --record sent.csv\n");
  command->callback([arguments] { run_drive(*arguments); });
}

}  // namespace starling::lab
