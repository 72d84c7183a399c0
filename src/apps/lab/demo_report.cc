#include "apps/lab/demo_report.h"

#include <algorithm>
#include <cmath>

#include "base/table.h"

namespace starling::lab {
namespace {

constexpr double kFailedShareMax = 0.005;
constexpr double kOwnersSecondsMax = 3;
constexpr double kReplacementSecondsMax = 10;  // beyond the cold start
constexpr Duration kTraceInterval = 1s;        // of the scenario

std::string seconds_or_never(const std::optional<double>& value) {
  return value ? fmt::format("{:.1f} s", *value) : "never";
}

/// What was sent in each step of the plan, as requests in each interval of the scenario: a step's
/// requests are spread evenly over the intervals that it lies in.
std::vector<double> demand_of(const std::vector<double>& sent_per_step, double step_s,
                              double elapsed_s) {
  const double interval_s = seconds(kTraceInterval);
  std::vector<double> demand(static_cast<std::size_t>(std::ceil(elapsed_s / interval_s)), 0);
  for (std::size_t k = 0; k < sent_per_step.size(); ++k) {
    const double begin = static_cast<double>(k) * step_s;
    const double end = std::min(begin + step_s, elapsed_s);
    if (end <= begin) break;
    for (auto i = static_cast<std::size_t>(begin / interval_s); i < demand.size(); ++i) {
      const double from = static_cast<double>(i) * interval_s;
      const double overlap = std::min(end, from + interval_s) - std::max(begin, from);
      if (overlap <= 0) break;
      demand[i] += sent_per_step[k] * overlap / (end - begin);
    }
  }
  return demand;
}

}  // namespace

Verdict judge(const DemoOutcome& outcome) {
  Verdict verdict;
  std::uint64_t sent = 0, failed = 0;
  for (std::size_t i = 0; i < outcome.drive.models.size(); ++i) {
    const auto& tally = outcome.drive.models[i];
    sent += tally.sent;
    failed += tally.failed + tally.unfinished;
    if (tally.answered == 0)
      verdict.failures.push_back(fmt::format("model {} answered nothing", outcome.driven[i].name));
  }
  verdict.failed_share = sent == 0 ? 1 : static_cast<double>(failed) / static_cast<double>(sent);
  if (verdict.failed_share > kFailedShareMax) {
    verdict.failures.push_back(fmt::format("{:.2f} % of the requests failed: at most {:.1f} % may",
                                           100 * verdict.failed_share, 100 * kFailedShareMax));
  }
  const auto& loss = outcome.loss;
  if (loss.victim.node.empty()) {
    verdict.failures.push_back("no node was killed: no agent said half-way which nodes there are");
    return verdict;
  }
  if (!loss.owners_s || *loss.owners_s > kOwnersSecondsMax) {
    verdict.failures.push_back(fmt::format("new owners after {}: at most {:.0f} s allowed",
                                           seconds_or_never(loss.owners_s), kOwnersSecondsMax));
  }
  const double replacement_max = kReplacementSecondsMax + loss.cold_start_s;
  if (!loss.replicas_s || *loss.replicas_s > replacement_max) {
    verdict.failures.push_back(fmt::format("replacements ready after {}: at most {:.1f} s allowed",
                                           seconds_or_never(loss.replicas_s), replacement_max));
  }
  return verdict;
}

std::string models_summary(const DemoOutcome& outcome) {
  Table table({"MODEL", "POLICY", ">REQUESTS", ">FAILED", ">RETRIED", ">SLO MET", ">P50", ">P95",
               ">P99", ">REPLICA-S", ">CPU USED", ">SCALE ACTIONS"});
  for (std::size_t i = 0; i < outcome.drive.models.size(); ++i) {
    const auto& t = outcome.drive.models[i];
    const auto account = outcome.accounts.find(outcome.driven[i].name);
    const ModelAccount a = account == outcome.accounts.end() ? ModelAccount{} : account->second;
    const auto ms = [&](double q) { return fmt::format("{:.0f}ms", 1000 * t.latency.quantile(q)); };
    table.add({outcome.driven[i].name, outcome.specs[i].policy, std::to_string(t.sent),
               std::to_string(t.failed + t.unfinished), std::to_string(t.retried),
               fmt::format("{:.2f}%", t.sent == 0 ? 0
                                                  : 100.0 * static_cast<double>(t.met_slo) /
                                                        static_cast<double>(t.sent)),
               ms(0.5), ms(0.95), ms(0.99), fmt::format("{:.0f}", a.replica_s),
               fmt::format("{:.0f}%", a.limit_s > 0 ? 100 * a.cpu_s / a.limit_s : 0),
               std::to_string(a.scale_actions)});
  }
  return table.text();
}

std::string loss_summary(const LossAccount& loss) {
  const auto& victim = loss.victim;
  if (victim.node.empty()) return "no node was killed\n";
  return fmt::format(
      "node {} was killed (SIGKILL): {}{}\n"
      "  new owners after       {}\n  replacements ready in  {} (a cold start takes {:.1f} s)\n",
      victim.node, text_of(victim), victim.owns_and_runs() ? "" : " (no node did both)",
      seconds_or_never(loss.owners_s), seconds_or_never(loss.replicas_s), loss.cold_start_s);
}

Scenario scenario_of(const DemoOutcome& outcome) {
  Scenario scenario;
  scenario.name = "demo";
  scenario.trace_interval = kTraceInterval;
  scenario.decision_interval = outcome.decision_interval;
  // Room for all that the models may have, as the fleet has it.
  int room = 0;
  for (const auto& spec : outcome.specs) room += spec.replicas.max;
  scenario.nodes = {{"all", "", "", "", room, room, static_cast<double>(room)}};
  for (std::size_t i = 0; i < outcome.driven.size(); ++i) {
    const auto& spec = outcome.specs[i];
    const auto account = outcome.accounts.find(spec.name);
    ScenarioModel m;
    m.name = spec.name;
    const ServiceTime& service = outcome.services.at(spec.name);
    m.service_time = lognormal_of(service.mean_s, service.scv);
    m.slo = spec.slo;
    m.cold_start = m.warm_start =
        from_seconds(account == outcome.accounts.end() ? 1.0 : account->second.cold_start_s);
    m.release = 1s;
    m.queue_limit = 1000;
    m.concurrency = spec.concurrency;
    m.replicas = spec.replicas;
    m.initial = spec.replicas.min;
    m.resources = {1, 1};
    m.demand = demand_of(outcome.drive.models[i].sent_per_step, outcome.driven[i].plan.step_s,
                         outcome.drive.elapsed_s);
    scenario.models.push_back(std::move(m));
  }
  return scenario;
}

Result<std::string> simulated_summary(const DemoOutcome& outcome, const Forecaster& forecaster) {
  const Scenario scenario = scenario_of(outcome);
  Table table({"POLICY", ">REQUESTS", ">SLO MET", ">DROPPED", ">P50", ">P95", ">P99", ">REPLICA-S",
               ">USED", ">SCALE ACTIONS"});
  for (const char* policy :
       {"predictive", "learned", "hpa", "static", "static-mean", "static-peak"}) {
    const auto run = replay(scenario, policy, &forecaster, scenario.seed);
    if (!run) return fail(run.error());
    table.add(
        {policy, std::to_string(run->requests), fmt::format("{:.2f}%", 100 * run->slo_attainment),
         std::to_string(run->dropped), fmt::format("{:.0f}ms", run->latency_p50_ms),
         fmt::format("{:.0f}ms", run->latency_p95_ms), fmt::format("{:.0f}ms", run->latency_p99_ms),
         fmt::format("{:.0f}", 3600 * run->replica_hours),
         fmt::format("{:.0f}%", 100 * run->utilization), std::to_string(run->scale_actions)});
  }
  std::string minima;
  for (const auto& m : scenario.models)
    minima += fmt::format("{}{} {}", minima.empty() ? "" : ", ", m.name, m.replicas.min);
  return table.text() +
         fmt::format(
             "static: what the manifests set as replicas.min ({}); static-mean and static-peak: "
             "sized in\nhindsight for the mean and for the busiest second.\n",
             minima);
}

}  // namespace starling::lab
